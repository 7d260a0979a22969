#!/bin/bash
# The monitor of CI on replayed captures: start, status, a watch that dies, a supervisor that dies, stop; compare; metrics. TAP.
# xz, xmllint and perl are there already for reports.sh; promtool is for the alert rules.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

grantwatch=$PWD/${GRANTWATCH:-build/grantwatch}
out=$(mktemp -d)
n=0 failed=0

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

check() { # NAME WANTED_STATUS COMMAND...
	local name=$1 want=$2 status=0
	shift 2
	n=$((n + 1))
	"$@" > "$out/.log" 2>&1 || status=$?
	if [ "$status" = "$want" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		echo "# status $status instead of $want"
		head -n 20 "$out/.log" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

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

# a run
check "stop without a start" 1 "$grantwatch" ci stop -r "$out/none"
check "start" 0 start ci 600 --metrics "$out/race.prom"
check "only one at a time" 1 start ci 600
check "finds the race" 0 await found "$out/ci"
check "status of a race" 2 "$grantwatch" ci status -r "$out/ci"
check "flight saved with the finding" 0 await test -s "$out/ci/current/saved-2-stale-map/d1.gwc"
check "the saved flight shows the race" 2 "$grantwatch" analyze "$out"/ci/current/saved-2-stale-map/d{0,1}.gwc

# watch dies: the supervisor starts it again
first=$(child_of "$(supervisor ci)")
kill -9 "$first"
check "a dead watch is started again" 0 await test -d "$out/ci/part-1" -a -d "$out/ci/current"
check "stop" 2 "$grantwatch" ci stop -r "$out/ci"
check "JUnit is XML" 0 xmllint --noout "$out/ci/report.xml"
check "both parts are in it" 0 has 'package="grantwatch.part-2-findings"' "$out/ci/report.xml"
check "the gap is a failure" 0 has 'without a gap" status="failure"' "$out/ci/report.xml"
check "TAP" 0 tap_is_good "$out/ci/report.tap"

# the supervisor dies too (a reboot): the next start goes on with its results
check "start where results are" 0 start ci 600
check "results of the run before are kept" 0 test -s "$out/ci/previous/report.xml"
check "finds the race again" 0 await found "$out/ci"
kill -9 "$(supervisor ci)"
sleep 0.3
check "status tells that it was cut off" 2 "$grantwatch" ci status -r "$out/ci"
check "start after it was cut off" 0 await start ci 600
check "what it found is part of the run" 0 test -s "$out/ci/part-1/report.xml"
check "stop after a restart" 2 "$grantwatch" ci stop -r "$out/ci"

# soft, and sources that end
check "soft start" 0 start soft 0 --soft
check "soft stop" 0 "$grantwatch" ci stop -r "$out/soft"
check "soft findings are noted" 0 has 'status="softfail"' "$out/soft/report.xml"
check "and fail nothing" 1 has 'status="failure"' "$out/soft/report.xml"

# the flight recorder stays in its bounds
check "a small flight recorder" 0 start small 600 -- --keep-mib 1 --keep-seconds 1
check "small stop" 2 "$grantwatch" ci stop -r "$out/small"
check "its disk is bounded" 0 test "$(cat "$out"/small/current/flight-* | wc -c)" -lt 1600000

# compare
check "a run compared with itself" 0 "$grantwatch" compare "$out/race" "$out/race"
check "a run compared with its rates" 0 "$grantwatch" compare "$out/race" "$out/soft"
sed 's/"frees":[0-9]*/"frees":0/g' "$out/soft/rates.json" > "$out/kept.json"
check "persistent grants gone" 2 "$grantwatch" compare -o "$out/gone.txt" "$out/kept.json" "$out/soft"
check "which is said" 0 has 'persistent grants are gone' "$out/gone.txt"
check "a high threshold" 0 "$grantwatch" compare -t 1000000 "$out/race" "$out/race"
echo '{"type":"other"}' > "$out/bad.json"
check "what are no rates" 1 "$grantwatch" compare "$out/bad.json" "$out/race"

# metrics
check "promtool likes the metrics" 0 sh -c "promtool check metrics < '$out/race.prom'"
check "the race is in them" 0 has 'grantwatch_findings{class="stale-map",severity="alarm"} 1$' "$out/race.prom"
if [ -d scripts/prometheus ]; then
	check "promtool likes the rules" 0 promtool check rules scripts/prometheus/grantwatch.rules.yml
	cp scripts/prometheus/grantwatch.rules.yml "$out/"
	tests/system/rules-test "$out/race.prom" > "$out/test.yml"
	check "the race fires the alert" 0 promtool test rules "$out/test.yml"
	sed 's/\(class="stale-map"[^ ]*\) .*/\1 0/' "$out/race.prom" > "$out/clean.prom"
	tests/system/rules-test "$out/clean.prom" > "$out/test.yml"
	check "no race does not" 1 promtool test rules "$out/test.yml"
fi

# Debian's own programs, from the file to the alert
real() { # NAME METRICS WANTED...
	local name=$1 metrics=$2
	shift 2
	if command -v prometheus > /dev/null && command -v prometheus-node-exporter > /dev/null; then
		check "$name" 0 python3 tests/system/prometheus.py "$metrics" scripts/prometheus/grantwatch.rules.yml "$@"
	else
		n=$((n + 1))
		echo "ok $n - $name # SKIP no prometheus or no prometheus-node-exporter here: run scripts/setup"
	fi
}
real "the race fires the alert in Prometheus" "$out/race.prom" GrantRace
real "without it nothing fires" "$out/clean.prom"

# journald
journal=/run/systemd/journal/socket
if [ -S $journal ]; then
	n=$((n + 1))
	echo "ok $n - findings go to journald # SKIP a real journald has its socket"
else
	check "without a journald it says so" 1 "$grantwatch" watch --no-local --journal --source 5=true
	check "findings go to journald" 2 python3 tests/system/journal.py $journal "$out/entries" "$grantwatch" watch \
		--no-local --journal -s "0=cat $out/race/d0.gwc" -s "1=cat $out/race/d1.gwc"
	check "with their class" 0 has '^GRANTWATCH_CLASS=stale-map$' "$out/entries"
	check "as urgent" 0 has '^PRIORITY=2$' "$out/entries"
	check "with a fingerprint" 0 has '^GRANTWATCH_FINGERPRINT=gw1:stale-map:' "$out/entries"
	check "and a title" 0 has '^MESSAGE=BUG: grantwatch: stale-map: ' "$out/entries"
fi

echo "1..$n"
[ $failed = 0 ]
