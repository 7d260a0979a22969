# The race with Xen's trace: every operation is paired with its record, and Xen's order of events is evidence.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 race
sleep 2
gw_stop
gw_analyze

[ -s "$OUT/save/xentrace.bin" ] || fail "watch saved no trace: $(cat "$OUT/watch.log")"
finding=$(gw_finding stale-map)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '{"rule":"trace","text":"Xen' "evidence"
expect "$finding" ', TSC ' "history"
expect "$finding" '"blind":[]' "blind spots"
[ "$(gw_trace lost)" = 0 ] || fail "$(gw_trace lost) records lost"
ops=$(gw_trace operations) paired=$(gw_trace paired)
say "$paired of $ops operations paired"
[ "$ops" -gt 20 ] && [ "$paired" = "$ops" ] || fail "$paired of $ops operations paired: $(tail -n 1 "$OUT/live.json" | grep -o '"trace":.*')"
result ok
