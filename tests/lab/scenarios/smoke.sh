# The lab itself: dom0, guests, their disks, the command channel, cues, streams.
# shellcheck shell=bash

start_guests

# commands: output and status come back
[ "$(guest_run g1 'echo hello; uname -s')" = $'hello\nLinux' ] || fail "output of a command"
status=0
guest_run g1 'exit 7' || status=$?
[ $status = 7 ] || fail "status of a command: $status, not 7"

# binary output of some size, by the same channel
guest_run g1 'head -c 40000 /run/gw/lab/lib-dom0.sh /dev/urandom > /tmp/x; cat /tmp/x' > "$OUT/x"
[ "$(guest_run g1 'sha256sum < /tmp/x')" = "$(sha256sum < "$OUT/x")" ] || fail "output of 40 KB differs"

# a disk of dom0's
guest_run g1 'dd if=/dev/xvdb of=/tmp/mb bs=64k count=16 iflag=direct 2>&1'
[ "$(guest_run g1 'sha256sum < /tmp/mb')" = "$(head -c 1048576 /dev/vdd | sha256sum)" ] || fail "1 MB of the guest's disk differs"

# cues, both ways
id=$(guest_spawn g1 'lab-wait go > /tmp/go; lab-cue went "$(cat /tmp/go)"')
cue g1 go now
[ "$(cue_wait g1 went 20)" = now ] || fail "cues"
guest_join g1 "$id"

# a stream, byte for byte, with the command's status at its end
guest_run g1 'head -c 5000000 /dev/urandom > /tmp/big'
start=$SECONDS
guest_stream g1 'cat /tmp/big' > "$OUT/big"
say "5 MB in $((SECONDS - start)) s"
[ "$(guest_run g1 'sha256sum < /tmp/big')" = "$(sha256sum < "$OUT/big")" ] || fail "a stream of 5 MB differs"
rm "$OUT/big"
status=0
guest_stream g1 'echo some; exit 3' > "$OUT/some" || status=$?
[ "$status:$(cat "$OUT/some")" = 3:some ] || fail "status of a stream: $status"

result ok
