#!/bin/bash
# What the reader of a report meets: the headline, alarms before warnings, nothing said twice, a colour for each severity. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for d in 0 1; do xz -dc "tests/captures/race/d$d.gwc.xz" > "$out/d$d.gwc"; done
race=("$gw" analyze "$out/d0.gwc" "$out/d1.gwc")
count() { grep -cE -- "$1" "$2"; }
classes() { grep -oE "$1" "$2" | grep -oE 'stale-map|near-miss' | tr '\n' ' '; }

"${race[@]}" > "$out/text"
is "the headline" "$(head -n 1 "$out/text")" "1 alarm (stale-map), 1 warning (near-miss); d1: xvdb disabled for further use"
is "text: alarms before warnings, though the warning came first" "$(classes '^BUG: grantwatch: [a-z-]*' "$out/text")" "stale-map near-miss "
for format in github mail; do
	"${race[@]}" -f $format > "$out/$format"
	is "$format: alarms before warnings" "$(classes 'BUG: grantwatch: [a-z-]*' "$out/$format")" "stale-map near-miss "
done
"${race[@]}" -j > "$out/json"
is "JSON: alarms before warnings" "$(classes '"class":"[a-z-]*"' "$out/json")" "stale-map near-miss "
is "findings keep their numbers" "$(grep -oE 'severity [a-z]*, finding [0-9]' "$out/text" | tr '\n' ' ')" "severity alarm, finding 2 severity warning, finding 1 "
for format in text github mail; do
	is "$format: the system once" "$(count '(guest PV, Linux)' "$out/$format")" 2 # and in the summary
	is "$format: a known bug's fix once" "$(count 'G1\**: workaround' "$out/$format")" 1
	is "$format: later it is named" "$(count '\(described' "$out/$format")" 1
done
"${race[@]}" -f junit > "$out/junit"
is "JUnit: each test case is complete" "$(count 'G1: workaround' "$out/junit")" 2

"$gw" watch --no-local -s 0="cat $out/d0.gwc" -s 1="cat $out/d1.gwc" > "$out/watch" 2> /dev/null
is "watch: what an alert shows is printed once" "$(count '^BUG: grantwatch' "$out/watch")" 2
is "watch: and the end refers to it" "$(classes '^finding [12], shown by the alert above: .*' "$out/watch" | tr ' ' '\n' | sort -u | xargs)" "near-miss stale-map"
mkdir "$out/results"
"$gw" watch --no-local --results "$out/results" -s 0="cat $out/d0.gwc" -s 1="cat $out/d1.gwc" > /dev/null 2>&1
try "watch: results are complete" cmp "$out/text" "$out/results/report.txt"

"${race[@]}" --color=always > "$out/coloured"
E=$'\033'
is "an alarm's colour" "$(grep -cF "${E}[1;31mBUG: grantwatch: stale-map" "$out/coloured")" 1
is "a warning's colour" "$(grep -cF "${E}[1;33mBUG: grantwatch: near-miss" "$out/coloured")" 1
done_testing
