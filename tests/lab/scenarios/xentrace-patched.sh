# Xen with the project's patch (lab run --patched) names granter and ref in its trace: the order of the race is known without
# pairing. With both kinds of records, names and pairing agree on each operation.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# names_only: traces grant operations and scheduling, but no hypercalls, so that pairing is impossible
names_only() {
	xentrace -D -e 0x0012f000 "$OUT/names.bin" > /dev/null 2>&1 & tracer=$!
	sleep 1
	kill -0 $tracer || fail "xentrace has ended"
}

start_guests --extra "$GW_GUEST"
names_only
gw_watch g1
gw_repro g1 race
sleep 2
gw_stop
kill -INT $tracer
wait $tracer || true
grantwatch xentrace "$OUT/names.bin" | grep -c page_grant_map_op > "$OUT/names" || fail "the trace has no grant records: Xen is without the patch"

status=0
grantwatch analyze -j --xentrace "$OUT/names.bin" "$OUT"/save/*.gwc > "$OUT/names.json" || status=$?
[ $status = 2 ] || fail "exit status $status, not 2"
finding=$(grep '"class":"stale-map"' "$OUT/names.json" | head -n 1)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '{"rule":"trace","text":"Xen'"'"'s own record, which names ref and handle: ' "evidence"
number() { tail -n 1 "$OUT/names.json" | grep -o '"trace":{.*' | grep -o "\"$1\":[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }
# seen: operations of maps (also refused) and unmaps in dom0's capture
seen() { grantwatch dump "$OUT/save/local.gwc" | awk '/^(map|unmap) / { on = 1; next } /^  op / { n += on; next } { on = 0 } END { print n + 0 }'; }
say "without hypercalls: $(number named) of $(seen) operations named, $(number paired) paired"
[ "$(number paired)" = 0 ] || fail "$(number paired) operations were paired without hypercalls"
[ "$(seen)" -gt 20 ] && [ "$(number named)" = "$(seen)" ] || fail "$(number named) of $(seen) operations named"

# With hypercalls, and under load. The disk is xvda, because the guest lost xvdb in the race.
gw_watch g1
id=$(guest_spawn g1 "timeout 10 dd if=/dev/xvda of=/dev/null bs=64k count=300 iflag=direct")
guest_join g1 "$id" 60 > /dev/null || true
gw_stop
blind=$(tail -n 1 "$OUT/live.json" | grep -o '"blind":.*')
case $blind in *"names another"*) fail "$blind" ;; esac
ops=$(gw_trace operations) paired=$(gw_trace paired) named=$(gw_trace named)
say "with hypercalls: $named of $(seen) operations named; $paired of $ops operations paired"
[ "$ops" -gt 1000 ] || fail "only $ops operations"
[ $((paired * 1000)) -ge $((ops * 999)) ] || fail "$paired of $ops operations paired"
[ $((named * 1000)) -ge $(($(seen) * 990)) ] || fail "$named of $(seen) operations named"
result ok
