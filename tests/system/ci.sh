#!/bin/bash
# The monitor for CI on recorded captures: start, status and stop, also after watch or the supervisor was killed; compare,
# metrics, alert rules and journald. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

grantwatch=$PWD/${GRANTWATCH:-build/grantwatch}
out=$(mktemp -d)

# The supervisor's process id, from its state file in $out. Processes of other monitors are left alone.
supervisor() { awk '{print $2}' "$out/$1/state" 2> /dev/null; }
child_of() { tr -d ' \n' < "/proc/$1/task/$1/children"; }
cleanup() {
	local dir
	for dir in "$out"/*/state; do
		[ ! -e "$dir" ] || "$grantwatch" ci stop -r "$(dirname "$dir")" > /dev/null 2>&1
	done
	rm -rf "$out"
}
trap cleanup EXIT

await() { # COMMAND...: repeats it until it succeeds, for five seconds at most
	local i
	for i in $(seq 100); do
		"$@" > /dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

mkdir "$out/race"
for d in d0 d1; do
	xz -dc "tests/captures/race/$d.gwc.xz" > "$out/race/$d.gwc"
done

# Starts a monitor whose sources stay open for STAY seconds after their captures, as recorders do.
start() { # DIR STAY [OPTION]...
	local dir=$1 stay=$2
	shift 2
	"$grantwatch" ci start -r "$out/$dir" --no-local \
		-s "0=sh -c 'cat $out/race/d0.gwc; exec sleep $stay'" -s "1=sh -c 'cat $out/race/d1.gwc; exec sleep $stay'" "$@"
}
tap_is_good() {
	head -n 1 "$1" | grep -q '\.tap \.\.$' && perl -MTAP::Parser -e 'local $/; open F, shift;
		my $p = TAP::Parser->new({tap => <F>}); $p->run; exit 1 if $p->parse_errors or !$p->tests_run;' "$1"
}
has() { grep -q -- "$1" "$2"; }
found() { [[ $("$grantwatch" ci status -r "$1") = *" 2 findings"* ]]; }

# A monitor which cannot record prints the reason, and no message that it watches.
started() { # STATUS TEXT DIR OPTION...
	local want=$1 text=$2 dir=$3 status=0
	shift 3
	timeout 60 "$grantwatch" ci start -r "$out/$dir" "$@" > "$out/said" 2>&1 || status=$?
	[ $status = "$want" ] || { echo "status $status"; cat "$out/said"; return 1; }
	grep -q -e "$text" "$out/said" && ! grep -q 'grantwatch watches' "$out/said"
}
if [ -e /sys/hypervisor/type ]; then
	skip "start without Xen: status 77, and the reason" "this machine runs under Xen"
else
	try "start without Xen: status 77, and the reason" started 77 'cannot record here' nowhere
	refused() {
		local status=0
		"$grantwatch" ci status -r "$out/nowhere" > "$out/said" || status=$?
		[ $status = 1 ] && grep -q 'ended before every source was recorded' "$out/said"
	}
	try "status after a refused start: status 1, and that nothing was recorded" refused
	started 77 'cannot record here' nowhere
	try "start after a refused start: no monitor was killed" sh -c '! grep -q "was killed" "$1"' - "$out/said"
fi
try "start with a source that ends: status 1, and the reason" started 1 'source of d5: empty' ended --no-local -s 5=false
try "start with a source whose command does not exist: status 1, and the reason" started 1 "cannot start 'nocommand': No such file" nocommand --no-local -s 5=nocommand
try "start with one of two sources that ends: status 1, and which" started 1 'source of d5 has ended before it recorded anything' one --no-local -s 5=false -s '6=sleep 300'
try "start with a source that sends nothing: status 1, and the reason" started 1 'not every source delivers after 2 s' silent --wait 2s --no-local -s '5=sleep 300'
try "start with a source that ends: no monitor keeps running" sh -c '! "$1" ci status -r "$2" | grep -q "^running"' - "$grantwatch" "$out/ended"

# a run
try_status 1 "stop without a start: status 1" "$grantwatch" ci stop -r "$out/none"
try_status 0 "start: status 0" start ci 600 --metrics "$out/race.prom"
try_status 1 "start while another one runs: status 1" start ci 600
try_status 0 "run: finds the race" await found "$out/ci"
try_status 2 "status after a race: 2" "$grantwatch" ci status -r "$out/ci"
try_status 0 "run: saves the finding's captures" await test -s "$out/ci/current/saved-2-stale-map/d1.gwc"
try_status 2 "run: analyze finds the race in the saved captures" "$grantwatch" analyze "$out"/ci/current/saved-2-stale-map/d{0,1}.gwc

# The supervisor starts watch again after it was killed.
first=$(child_of "$(supervisor ci)")
kill -9 "$first"
try_status 0 "killed watch: is started again" await test -d "$out/ci/part-1" -a -d "$out/ci/current"
found_again() { [[ $("$grantwatch" ci status -r "$out/ci") = *" 4 findings"* ]]; }
try_status 0 "killed watch: finds the race again" await found_again
try_status 2 "killed watch: stop has status 2" "$grantwatch" ci stop -r "$out/ci"
try_status 0 "killed watch: JUnit is XML" xmllint --noout "$out/ci/report.xml"
try_status 0 "killed watch: JUnit has both parts" has 'package="grantwatch.part-2-findings"' "$out/ci/report.xml"
try_status 0 "killed watch: JUnit has the gap as a failure" has 'without a gap" status="failure"' "$out/ci/report.xml"
try_status 0 "killed watch: JUnit has the domain and the time" grep -qE '<testsuite id="0" .* time="[0-9]*[1-9][0-9.]*" hostname="dom0"' "$out/ci/report.xml"
try_status 0 "killed watch: TAP is valid" tap_is_good "$out/ci/report.tap"

# The supervisor is killed, as by a reboot. The next start continues with its results.
try_status 0 "second run: start with older results" start ci 600
try_status 0 "second run: results of the first run are kept" test -s "$out/ci/previous/report.xml"
try_status 0 "second run: finds the race" await found "$out/ci"
kill -9 "$(supervisor ci)"
sleep 0.3
try_status 2 "killed supervisor: status is 2" "$grantwatch" ci status -r "$out/ci"
try_status 0 "killed supervisor: start again" await start ci 600
try_status 0 "killed supervisor: its results are part of the run" test -s "$out/ci/part-1/report.xml"
try_status 2 "killed supervisor: stop after the restart has status 2" "$grantwatch" ci stop -r "$out/ci"

# The captures of findings are kept when further runs replace the results.
finding_of() { sha256sum < "$1"/saved-2-stale-map/d1.gwc; }
kept=$(finding_of "$out/ci/current")
for run in 1 2; do
	try_status 0 "further run $run: start" await start ci 600
	try_status 0 "further run $run: finds the race" await found "$out/ci"
	try_status 2 "further run $run: stop has status 2" "$grantwatch" ci stop -r "$out/ci"
done
is "captures of findings are kept for two runs" "$(finding_of "$out/ci/previous-1/part-2")" "$kept"
try_status 1 "start with --save: status 1, as the monitor chooses which captures to save" start saved 600 -- --save "$out"

# --soft, and sources that end
try_status 0 "--soft: start" start soft 0 --soft
try_status 0 "--soft: stop has status 0 in spite of a race" "$grantwatch" ci stop -r "$out/soft"
try_status 0 "--soft: JUnit has the race as softfail" has 'status="softfail"' "$out/soft/report.xml"
try_status 1 "--soft: JUnit has no failure" has 'status="failure"' "$out/soft/report.xml"

# The flight recorder keeps its size limit.
try_status 0 "--keep-mib 1: start" start small 600 -- --keep-mib 1 --keep-seconds 1
try_status 2 "--keep-mib 1: stop has status 2" "$grantwatch" ci stop -r "$out/small"
flight=$(cat "$out"/small/current/flight-* | wc -c)
try_status 0 "--keep-mib 1: files are not larger than the limit" test "$flight" -gt 0 -a "$flight" -lt 1600000

# compare
try_status 0 "compare: a run with itself has status 0" "$grantwatch" compare "$out/race" "$out/race"
try_status 0 "compare: captures with the rates of their run have status 0" "$grantwatch" compare "$out/race" "$out/soft"
sed 's/"frees":[0-9]*/"frees":0/g' "$out/soft/rates.json" > "$out/kept.json"
try_status 2 "compare: without persistent grants in the new run the status is 2" "$grantwatch" compare -o "$out/gone.txt" "$out/kept.json" "$out/soft"
try_status 0 "compare: the output says that persistent grants are gone" has 'persistent grants are gone' "$out/gone.txt"
# A disk with persistent grants, all of which it granted before the run
python3 - "$out/soft/rates.json" > "$out/refused.json" << 'END'
import json, sys
run = json.load(open(sys.argv[1]))
for row in run["subsystems"]:
    if row["kind"] == "blkfront":
        row["refused_ends"] += row["frees"]
        row["grants"] = row["frees"] = 0
print(json.dumps(run, separators=(",", ":")))
END
try_status 2 "compare: with grants from before the old run the status is 2" "$grantwatch" compare -o "$out/gone-too.txt" "$out/refused.json" "$out/soft"
try_status 0 "compare: the output says so, too" has 'persistent grants are gone' "$out/gone-too.txt"
try_status 0 "compare: ends refused by persistent grants are not worse" "$grantwatch" compare -o "$out/more.txt" "$out/soft" "$out/refused.json"
try_status 0 "compare: they are more" has 'blkfront refused_ends .* more$' "$out/more.txt"
try_status 0 "compare: a high threshold is accepted" "$grantwatch" compare -t 1000000 "$out/race" "$out/race"
echo '{"type":"other"}' > "$out/bad.json"
try_status 1 "compare: a file without rates has status 1" "$grantwatch" compare "$out/bad.json" "$out/race"

# metrics
try_status 0 "metrics: promtool accepts them" sh -c "promtool check metrics < '$out/race.prom'"
try_status 0 "metrics: the time of writing is recent" sh -c '[ $(($(date +%s) - $(sed -n "s/^grantwatch_written_timestamp_seconds //p" "$1"))) -lt 120 ]' - "$out/race.prom"
try_status 0 "metrics: have the race" has 'grantwatch_findings{class="stale-map",severity="alarm"} 1$' "$out/race.prom"
if [ -d scripts/prometheus ]; then
	try_status 0 "alert rules: promtool accepts them" promtool check rules scripts/prometheus/grantwatch.rules.yml
	cp scripts/prometheus/grantwatch.rules.yml "$out/"
	tests/system/rules-test "$out/race.prom" > "$out/test.yml"
	try_status 0 "alert rules: the race fires GrantRace" promtool test rules "$out/test.yml"
	sed 's/\(class="stale-map"[^ ]*\) .*/\1 0/' "$out/race.prom" > "$out/clean.prom"
	tests/system/rules-test "$out/clean.prom" > "$out/test.yml"
	try_status 1 "alert rules: without a race GrantRace does not fire" promtool test rules "$out/test.yml"
	cp tests/system/silence.yml "$out/"
	try_status 0 "alert rules: fire for a dead monitor, a missing file, a lost host, no monitor" promtool test rules "$out/silence.yml"
	try_status 0 "alert rules and dashboard: all their metrics are written" python3 tests/system/dashboard.py "$out/race.prom" scripts/prometheus
fi

# The alert rules in Debian's Prometheus, with metrics from its node exporter
real() { # NAME METRICS WANTED...
	local name=$1 metrics=$2
	shift 2
	if command -v prometheus > /dev/null && command -v prometheus-node-exporter > /dev/null; then
		try_status 0 "$name" python3 tests/system/prometheus.py "$metrics" scripts/prometheus/grantwatch.rules.yml "$@"
	else
		skip "$name" "no prometheus or no prometheus-node-exporter here: run scripts/setup"
	fi
}
real "Prometheus: the race fires GrantRace" "$out/race.prom" GrantRace
real "Prometheus: without a race no alert fires" "$out/clean.prom"

# journald
journal=/run/systemd/journal/socket
if [ -S $journal ]; then
	skip "journald: watch --journal sends findings" "a real journald uses the socket"
else
	try_status 1 "journald: without its socket watch --journal has status 1" "$grantwatch" watch --no-local --journal --source 5=true
	try_status 2 "journald: watch --journal sends findings" python3 tests/system/journal.py $journal "$out/entries" "$grantwatch" watch \
		--no-local --journal -s "0=cat $out/race/d0.gwc" -s "1=cat $out/race/d1.gwc"
	try_status 0 "journald: the entry has the class" has '^GRANTWATCH_CLASS=stale-map$' "$out/entries"
	try_status 0 "journald: the entry has priority 2" has '^PRIORITY=2$' "$out/entries"
	try_status 0 "journald: the entry has the fingerprint" has '^GRANTWATCH_FINGERPRINT=gw1:stale-map:' "$out/entries"
	try_status 0 "journald: the entry has the finding's title" has '^MESSAGE=BUG: grantwatch: stale-map: ' "$out/entries"
fi
done_testing
