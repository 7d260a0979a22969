# Xen loses trace records because its buffers are small and xentrace is stopped: the run is blind. It needs a boot of its own,
# because the buffers' size can be set only once.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

xentrace -S 1 -T 1 -e 0x00361000 /run/lab/first > /dev/null 2>&1 || true
start_guests --extra "$GW_GUEST"
gw_watch g1
id=$(guest_spawn g1 "timeout 8 dd if=/dev/xvdb of=/dev/null bs=64k count=400 iflag=direct")
for n in 1 2 3; do
	pkill -STOP -x xentrace
	sleep 0.5
	pkill -CONT -x xentrace
	sleep 1
done
guest_join g1 "$id" 60 > /dev/null || true
gw_stop
gw_analyze
[ "$(gw_trace lost)" -gt 0 ] || fail "Xen lost no records: $(tail -n 1 "$OUT/live.json")"
say "$(gw_trace lost) records lost, $(gw_trace paired) of $(gw_trace operations) operations paired"
[ "$gw_status" = 3 ] || fail "exit status $gw_status, not 3"
expect "$(tail -n 1 "$OUT/live.json")" "Xen's trace: records lost" "blind spots"
expect "$(tail -n 1 "$OUT/live.json")" '"records lost":' "unpaired operations"
[ "$(gw_trace paired)" -gt 0 ] || fail "no operation was paired"
result ok
