# The control: the same page shared, mapped, unmapped and only then freed, again and again, under block I/O with
# persistent grants off. No finding. Exit 0; or 3, if the kernel itself passed over one of our probes (a program is not
# entered while it runs on the same CPU) and the run says so: then nothing else may be blind.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
load=$(guest_spawn g1 'end=$((SECONDS + 15)); n=0
	while [ $SECONDS -lt $end ]; do
		dd if=/dev/xvdb of=/dev/null bs=44k count=40 skip=$((RANDOM % 100)) iflag=direct 2> /dev/null && n=$((n + 1))
	done; echo $n rounds')
gw_repro g1 clean --repeat 10
say "load: $(guest_join g1 "$load" 60)"
sleep 1
gw_stop
gw_analyze
last=$(tail -n 1 "$OUT/live.json")
expect "$last" '"findings":{}' "no finding"
if [ "$gw_status" = 3 ]; then
	blind=$(echo "$last" | grep -o '"blind":\[[^]]*\]' | grep -o '"d[0-9]* [^"]*"' | grep -v ' lost [0-9]* events"' || true)
	[ -z "$blind" ] || fail "blind for another reason than missed probes: $blind"
	for capture in "$OUT"/save/*.gwc; do
		! grantwatch dump "$capture" | grep '^loss' | grep -v ' kind missed ' || fail "events lost, not missed"
	done
	say "probes were passed over: $last"
else
	[ "$gw_status" = 0 ] || fail "exit status $gw_status: $last"
fi
maps=$(tail -n 1 "$OUT/live.json" | grep -o '"operations":[0-9]*' | head -n 1 | cut -d: -f2)
[ "$maps" -gt 5000 ] || fail "only $maps operations seen: the load did nothing"
result ok
