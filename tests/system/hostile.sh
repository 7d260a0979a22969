#!/bin/bash
# watch with a lying guest: findings about two honest domains do not change, and the summary names the liar. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$1" "$2"; }
has_not() { [ -e "$2" ] && ! grep -qE -e "$1" "$2"; }

# The fields of each finding which must not change when a third domain lies
verdicts() { # FILE
	python3 - "$1" <<- 'EOF'
		import json, sys
		for line in open(sys.argv[1]):
		    found = json.loads(line)
		    if found["type"] == "finding":
		        print(*(found[k] for k in ("class", "certainty", "granter", "ref", "refs", "count", "mapper", "generation")),
		              [e["rule"] for e in found["evidence"]])
	EOF
}

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
"$gw" analyze -j -o "$out/honest" "$out/d0.gwc" "$out/d1.gwc"
try "honest domains alone: status 2" [ $? = 2 ]
verdicts "$out/honest" > "$out/honest.verdicts"
try "honest domains alone: the race is proven" has "^stale-map proven 1 155" "$out/honest.verdicts"

# All kinds of lies run at the same time, because most of them delay watch for some seconds.
begin() { # HOW
	"$gw" watch --no-local -j -o "$out/$1" -s "7=python3 tests/system/hostile.py $1" -s "0=cat $out/d0.gwc" \
		-s "1=cat $out/d1.gwc" 2> "$out/$1.err" &
	pid[$1]=$!
}
finish() { # HOW SUMMARY [ERROR]: patterns of the summary and of a message that is printed at once
	for _ in $(seq 400); do
		grep -qs '"class":"stale-map","certainty":"proven"' "$out/$1" && break
		kill -0 "${pid[$1]}" 2> /dev/null || break
		sleep 0.05
	done
	try "$1: an alert for the race during the watch" has '"type":"alert".*"class":"stale-map","certainty":"proven"' "$out/$1"
	if [ $# = 3 ]; then
		# Some messages come only when the guest is a stalled source.
		for _ in $(seq 200); do
			grep -qE "$3" "$out/$1.err" && break
			sleep 0.05
		done
		try "$1: a message during the watch" has "$3" "$out/$1.err"
	fi
	kill -TERM "${pid[$1]}" 2> /dev/null # Some have ended already, as watch has refused the guest.
	wait "${pid[$1]}"
	try "$1: watch exits with 2" [ $? = 2 ]
	verdicts "$out/$1" > "$out/$1.verdicts"
	try "$1: the findings are those of the honest domains alone" diff "$out/honest.verdicts" "$out/$1.verdicts"
	tail -n 1 "$out/$1" > "$out/$1.summary"
	try "$1: the summary names the liar" has "$2" "$out/$1.summary"
}

declare -A pid
ways="another_domain newer_version garbage silent drip flood no_marks no_clock future repeats changes_its_mind accuses"
for how in $ways; do begin "$how"; done
gone='going on without it'
finish another_domain "d7's capture: claims to be another domain than d7, refused" 'source of d7: claims to be another'
finish newer_version "d7's capture: capture format 2, this grantwatch reads 1" 'source of d7: capture format 2, this'
finish garbage "d7's capture: not a grantwatch capture" 'source of d7: not a grantwatch capture'
finish silent "d7's capture: stalled: the others went on" "source of d7: silent .*$gone"
finish drip "d7's capture: its times stood still or were long past" "held up the other sources for 5 seconds, $gone"
finish flood "d7.s capture: reached its rate or resource limit: [0-9]+ events of it were not kept" "held up the other sources for 5 seconds, $gone"
finish no_marks "d7's capture: (its times stood still or were long past|stalled)" "source of d7: .*$gone"
finish no_clock "d7: its clock is not calibrated" "source of d7: .*$gone"
finish future "d7's capture: stalled: the others went on" "source of d7: silent .*$gone"
finish repeats "d7's capture: repeats old blocks: [0-9]+ blocks" "held up the other sources for 5 seconds, $gone"
finish changes_its_mind "d7's capture: reports another kernel, type, role or tier [0-9]+ times" "source of d7: .*$gone"
finish accuses "1 maps or copies are not judged: the mapper reports success, but the granter reports no grant that permits it"
try "accuses: there is no finding with the liar as mapper" has_not '"mapper":7' "$out/accuses"
done_testing
