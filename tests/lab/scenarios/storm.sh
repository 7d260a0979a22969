# A storm of windows of 8100 pages at the default sizes of all buffers: each grant, announcement, map, unmap and end is recorded,
# or is counted as lost.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

rounds=4 pages=8100

# count FILE: how many refs of windows each type of events names, as "arm=N map=N unmap=N grant=N revoke=N lost=N". The refs of a
# call are in lines "  op".
count() {
	grantwatch dump "$1" | awk '
		$1 == "task" && / comm gui-(agent|daemon)/ { wanted[$3] = 1 }
		/^[a-z]/ {
			inside = match($0, / task [0-9]+/) && wanted[substr($0, RSTART + 6, RLENGTH - 6)] ? $1 : ""
			if (inside && / ref /) n[inside]++
		}
		/^  op/ && inside { n[inside]++ }
		$1 == "loss" { for (i = 2; i < NF; i += 2) if ($i == "count") lost += $(i + 1) }
		END { printf "arm=%d map=%d unmap=%d grant=%d revoke=%d lost=%d\n", n["arm"], n["map"], n["unmap"], n["grant"], n["revoke"], lost }'
}

# number COUNTS TYPE
number() { sed -nE "s/.*\b$2=([0-9]+).*/\1/p" <<< "$1"; }

start_guests --extra "$GW_GUEST" --memory 512
gw_watch g1
gw_repro g1 storm --repeat $rounds
# The watch judges the last windows, and reads what Xen's trace has left.
sleep 10
gw_stop
gw_analyze
here=$OUT/save/local.gwc there=$OUT/save/d$(guest_domid g1).gwc
for file in "$here" "$there"; do
	counts=$(count "$file")
	lost=$(number "$counts" lost)
	say "${file##*/}: $counts"
	types="arm map unmap"
	[ "$file" = "$here" ] || types="grant revoke"
	for type in $types; do
		n=$(number "$counts" $type)
		[ "$n" = $((rounds * pages)) ] || { [ "$n" -lt $((rounds * pages)) ] && [ "$lost" -gt 0 ]; } ||
			fail "${file##*/}: $n refs of $type are recorded, not $((rounds * pages)), and $lost events are counted as lost"
	done
done
last=$(tail -n 1 "$OUT/live.json")
expect "$last" '"findings":{}' "findings"
# Xen's trace may lose records at this rate, which is a blind spot of its own.
if [ "$(gw_trace lost)" != 0 ]; then
	[ "$gw_status" = 3 ] || fail "exit status $gw_status, not 3, with $(gw_trace lost) lost records of Xen's trace"
	expect "$last" "Xen's trace: records lost: $(gw_trace lost)" "blind spots"
elif [ "$(gw_number lost)" = 0 ]; then
	gw_clean
fi
result ok
