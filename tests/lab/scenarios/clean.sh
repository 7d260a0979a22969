# The control: the same page shared, mapped, unmapped and only then freed, again and again, under block I/O with
# persistent grants off. No finding, nothing missed, exit 0.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
# Each call path is unwound when it is met first, which takes long under emulation; kprobes of an interrupt that comes just
# then are passed over (and counted). So let them all be met once in peace.
gw_repro g1 clean
guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=44k count=4 iflag=direct 2> /dev/null'
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
[ "$gw_status" = 0 ] || fail "exit status $gw_status: $last"
maps=$(tail -n 1 "$OUT/live.json" | grep -o '"operations":[0-9]*' | head -n 1 | cut -d: -f2)
[ "$maps" -gt 5000 ] || fail "only $maps operations seen: the load did nothing"
result ok
