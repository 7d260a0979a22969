#!/bin/bash
# The monitor of CI on replayed captures: start, status, a watch that dies, a supervisor that dies, stop; compare; metrics. TAP.
# xz, xmllint and perl are there already for reports.sh; promtool is for the alert rules.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

grantwatch=$PWD/${GRANTWATCH:-build/grantwatch}
out=$(mktemp -d)

# Only what belongs to our own results directories is ended, by the id in its state file.
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

await() { # COMMAND...: until it succeeds, five seconds at most
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

# Sources that stay, as recorders do, or that end with their capture.
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

# a monitor that cannot record says why, and does not pretend
started() { # STATUS TEXT DIR OPTION...
	local want=$1 text=$2 dir=$3 status=0
	shift 3
	timeout 60 "$grantwatch" ci start -r "$out/$dir" "$@" > "$out/said" 2>&1 || status=$?
	[ $status = "$want" ] || { echo "status $status"; cat "$out/said"; return 1; }
	grep -q -e "$text" "$out/said" && ! grep -q 'grantwatch watches' "$out/said"
}
if [ -e /sys/hypervisor/type ]; then
	skip "start without Xen: 77, and the reason" "this machine runs under Xen"
else
	try "start without Xen: 77, and the reason" started 77 'cannot record here' nowhere
fi
try "start with a source that ends: 1, and the reason" started 1 'source of d5: empty' ended --no-local -s 5=false
try "start with a source that is silent: 1" started 1 'not every source delivers after 2 s' silent --wait 2s --no-local -s '5=sleep 300'
try "nothing runs on behind one that failed" sh -c '! "$1" ci status -r "$2" | grep -q "^running"' - "$grantwatch" "$out/ended"

# a run
try_status 1 "stop without a start" "$grantwatch" ci stop -r "$out/none"
try_status 0 "start" start ci 600 --metrics "$out/race.prom"
try_status 1 "only one at a time" start ci 600
try_status 0 "finds the race" await found "$out/ci"
try_status 2 "status of a race" "$grantwatch" ci status -r "$out/ci"
try_status 0 "flight saved with the finding" await test -s "$out/ci/current/saved-2-stale-map/d1.gwc"
try_status 2 "the saved flight shows the race" "$grantwatch" analyze "$out"/ci/current/saved-2-stale-map/d{0,1}.gwc

# watch dies: the supervisor starts it again
first=$(child_of "$(supervisor ci)")
kill -9 "$first"
try_status 0 "a dead watch is started again" await test -d "$out/ci/part-1" -a -d "$out/ci/current"
found_again() { [[ $("$grantwatch" ci status -r "$out/ci") = *" 4 findings"* ]]; }
try_status 0 "and finds the race once more" await found_again
try_status 2 "stop" "$grantwatch" ci stop -r "$out/ci"
try_status 0 "JUnit is XML" xmllint --noout "$out/ci/report.xml"
try_status 0 "both parts are in it" has 'package="grantwatch.part-2-findings"' "$out/ci/report.xml"
try_status 0 "the gap is a failure" has 'without a gap" status="failure"' "$out/ci/report.xml"
try_status 0 "JUnit has the domain and the time" grep -qE '<testsuite id="0" .* time="[0-9]*[1-9][0-9.]*" hostname="dom0"' "$out/ci/report.xml"
try_status 0 "TAP" tap_is_good "$out/ci/report.tap"

# the supervisor dies too (a reboot): the next start goes on with its results
try_status 0 "start where results are" start ci 600
try_status 0 "results of the run before are kept" test -s "$out/ci/previous/report.xml"
try_status 0 "finds the race again" await found "$out/ci"
kill -9 "$(supervisor ci)"
sleep 0.3
try_status 2 "status tells that it was cut off" "$grantwatch" ci status -r "$out/ci"
try_status 0 "start after it was cut off" await start ci 600
try_status 0 "what it found is part of the run" test -s "$out/ci/part-1/report.xml"
try_status 2 "stop after a restart" "$grantwatch" ci stop -r "$out/ci"

# captures of findings outlive further runs
finding_of() { sha256sum < "$1"/saved-2-stale-map/d1.gwc; }
kept=$(finding_of "$out/ci/current")
for run in 1 2; do
	try_status 0 "start number $run" await start ci 600
	try_status 0 "finds the race again" await found "$out/ci"
	try_status 2 "stop" "$grantwatch" ci stop -r "$out/ci"
done
is "captures of the findings two runs ago are kept" "$(finding_of "$out/ci/previous-1/part-2")" "$kept"
try_status 1 "captures are the monitor's to keep" start saved 600 -- --save "$out"

# soft, and sources that end
try_status 0 "soft start" start soft 0 --soft
try_status 0 "soft stop" "$grantwatch" ci stop -r "$out/soft"
try_status 0 "soft findings are noted" has 'status="softfail"' "$out/soft/report.xml"
try_status 1 "and fail nothing" has 'status="failure"' "$out/soft/report.xml"

# the flight recorder stays in its bounds
try_status 0 "a small flight recorder" start small 600 -- --keep-mib 1 --keep-seconds 1
try_status 2 "small stop" "$grantwatch" ci stop -r "$out/small"
flight=$(cat "$out"/small/current/flight-* | wc -c)
try_status 0 "its disk is bounded" test "$flight" -gt 0 -a "$flight" -lt 1600000

# compare
try_status 0 "a run compared with itself" "$grantwatch" compare "$out/race" "$out/race"
try_status 0 "a run compared with its rates" "$grantwatch" compare "$out/race" "$out/soft"
sed 's/"frees":[0-9]*/"frees":0/g' "$out/soft/rates.json" > "$out/kept.json"
try_status 2 "persistent grants gone" "$grantwatch" compare -o "$out/gone.txt" "$out/kept.json" "$out/soft"
try_status 0 "which is said" has 'persistent grants are gone' "$out/gone.txt"
try_status 0 "a high threshold" "$grantwatch" compare -t 1000000 "$out/race" "$out/race"
echo '{"type":"other"}' > "$out/bad.json"
try_status 1 "what are no rates" "$grantwatch" compare "$out/bad.json" "$out/race"

# metrics
try_status 0 "promtool likes the metrics" sh -c "promtool check metrics < '$out/race.prom'"
try_status 0 "and when they were written" sh -c '[ $(($(date +%s) - $(sed -n "s/^grantwatch_written_timestamp_seconds //p" "$1"))) -lt 120 ]' - "$out/race.prom"
try_status 0 "the race is in them" has 'grantwatch_findings{class="stale-map",severity="alarm"} 1$' "$out/race.prom"
if [ -d scripts/prometheus ]; then
	try_status 0 "promtool likes the rules" promtool check rules scripts/prometheus/grantwatch.rules.yml
	cp scripts/prometheus/grantwatch.rules.yml "$out/"
	tests/system/rules-test "$out/race.prom" > "$out/test.yml"
	try_status 0 "the race fires the alert" promtool test rules "$out/test.yml"
	sed 's/\(class="stale-map"[^ ]*\) .*/\1 0/' "$out/race.prom" > "$out/clean.prom"
	tests/system/rules-test "$out/clean.prom" > "$out/test.yml"
	try_status 1 "no race does not" promtool test rules "$out/test.yml"
	cp tests/system/silence.yml "$out/"
	try_status 0 "silence fires one: a dead monitor, a missing file, a host that is gone, none at all" promtool test rules "$out/silence.yml"
	try_status 0 "rules and dashboard name only metrics that are written" python3 tests/system/dashboard.py "$out/race.prom" scripts/prometheus
fi

# Debian's own programs, from the file to the alert
real() { # NAME METRICS WANTED...
	local name=$1 metrics=$2
	shift 2
	if command -v prometheus > /dev/null && command -v prometheus-node-exporter > /dev/null; then
		try_status 0 "$name" python3 tests/system/prometheus.py "$metrics" scripts/prometheus/grantwatch.rules.yml "$@"
	else
		skip "$name" "no prometheus or no prometheus-node-exporter here: run scripts/setup"
	fi
}
real "the race fires the alert in Prometheus" "$out/race.prom" GrantRace
real "without it nothing fires" "$out/clean.prom"

# journald
journal=/run/systemd/journal/socket
if [ -S $journal ]; then
	skip "findings go to journald" "a real journald has its socket"
else
	try_status 1 "without a journald it says so" "$grantwatch" watch --no-local --journal --source 5=true
	try_status 2 "findings go to journald" python3 tests/system/journal.py $journal "$out/entries" "$grantwatch" watch \
		--no-local --journal -s "0=cat $out/race/d0.gwc" -s "1=cat $out/race/d1.gwc"
	try_status 0 "with their class" has '^GRANTWATCH_CLASS=stale-map$' "$out/entries"
	try_status 0 "as urgent" has '^PRIORITY=2$' "$out/entries"
	try_status 0 "with a fingerprint" has '^GRANTWATCH_FINGERPRINT=gw1:stale-map:' "$out/entries"
	try_status 0 "and a title" has '^MESSAGE=BUG: grantwatch: stale-map: ' "$out/entries"
fi
done_testing
