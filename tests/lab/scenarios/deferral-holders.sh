# A hundred refs are freed while two processes have them mapped: the report names both, with their refs and delays, and the
# events have the unmap of each ref.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# unmaps FILE: for each ref with a refused end, the task of the last unmap before its access ended, as "REF TASK"
unmaps() {
	awk '$4 == "d0" && $5 == "unmap" { by[$6] = $10 }
		$5 == "end" && / refused / { late[$6] = 1 }
		$5 == "end" && !/ refused / && late[$6] { print $6, by[$6]; delete late[$6] }' "$1"
}

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 -e 'granter grant 60; granter tell; mapper arm; mapper map; granter2 grant 40; granter2 tell; mapper2 arm; mapper2 map;
	granter free; granter2 free; mapper hold 2; mapper unmap; mapper2 hold 3; mapper2 unmap'
# The kernel retries ten refs a second.
sleep 15
gw_stop
gw_analyze
gw_report
gw_clean
finding=$(gw_finding deferral)
expect "$finding" '"severity":"info"' "deferral"
expect "$finding" '"count":100' "deferral of 100 refs"
expect "$finding" '"state":"unmapped"' "deferral"
[ "$(grep -c '"class":"deferral"' "$OUT/live.json")" = 1 ] || fail "more than one finding for one cause"

# The first process lets go after two seconds, the second one after five.
grep -qE 'gui-daemon \(pid [0-9]+\) unmapped 60 refs, 2\.[0-9]+ to 2\.[0-9]+ s after the refused end of each' "$OUT/report.txt" ||
	fail "the report does not say who unmapped 60 refs, and when: $(grep unmapped "$OUT/report.txt")"
grep -qE 'gui-daemon2 \(pid [0-9]+\) unmapped 40 refs, 5\.[0-9]+ to 5\.[0-9]+ s after the refused end of each' "$OUT/report.txt" ||
	fail "the report does not say who unmapped 40 refs, and when: $(grep unmapped "$OUT/report.txt")"
grantwatch events "$OUT"/save/*.gwc > "$OUT/events.txt" || [ $? = 3 ] || fail "events ended with $?"
unmaps "$OUT/events.txt" > "$OUT/unmaps.txt"
[ "$(wc -l < "$OUT/unmaps.txt")" = 100 ] || fail "events have $(wc -l < "$OUT/unmaps.txt") refs with a refused end and a later one, not 100"
tasks=$(awk '{ n[$2]++ } END { for (task in n) print n[task] }' "$OUT/unmaps.txt" | sort -n | tr '\n' ' ')
[ "$tasks" = "40 60 " ] || fail "events name other tasks than the two: $(cut -d ' ' -f 2 "$OUT/unmaps.txt" | sort | uniq -c | tr '\n' ' ')"
result ok
