# Heavy block I/O with Xen's trace: every operation is paired with its record. When watch or xentrace is killed, tracing is
# turned off. A trace that another process reads is left alone.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST" --vcpus 2
gw_watch g1
ids=()
for n in 1 2 3; do
	ids+=("$(guest_spawn g1 "timeout 20 dd if=/dev/xvdb of=/dev/null bs=64k count=200 skip=$n iflag=direct")")
done
for id in "${ids[@]}"; do guest_join g1 "$id" 60 > /dev/null; done
gw_stop
gw_analyze
gw_clean
[ "$(gw_trace lost)" = 0 ] || fail "$(gw_trace lost) records lost"
ops=$(gw_trace operations) paired=$(gw_trace paired)
say "$paired of $ops operations paired, clock error $(gw_trace clock_error_ns) ns"
[ "$ops" -gt 5000 ] || fail "only $ops operations"
[ "$paired" = "$ops" ] || fail "$paired of $ops operations are paired: $(tail -n 1 "$OUT/live.json" | grep -o '"trace":.*')"

gw_watch
pgrep -x xentrace > /dev/null || fail "xentrace does not run"
kill -KILL "$gw_pid"
wait "$gw_pid" || true
retry 10 gw_tracing_is_off || fail "tracing is still on after watch was killed"

gw_watch
pkill -KILL -x xentrace
sleep 3
gw_stop
grep -q "xentrace has ended" "$OUT/watch.log" || fail "watch did not print that xentrace has ended: $(cat "$OUT/watch.log")"
gw_tracing_is_off || fail "tracing is still on after xentrace was killed"

xentrace -D -e 0x0010f000 /run/lab/other > /dev/null 2>&1 & other=$!
sleep 1
gw_watch
kill -0 $other || fail "the other reader of the trace was ended"
gw_stop
[ "$gw_status" = 0 ] || [ "$gw_status" = 3 ] || fail "with another reader watch ended with $gw_status"
grep -q "process $other already reads Xen's trace buffers" "$OUT/watch.log" || fail "watch did not name the other reader of the trace: $(cat "$OUT/watch.log")"
[ ! -e "$OUT/save/xentrace.bin" ] || fail "watch saved a trace although another process reads it"
kill $other
result ok
