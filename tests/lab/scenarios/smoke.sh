# The lab itself works: dom0, guests, their disks, the command channel, cues, streams.
# shellcheck shell=bash

start_guests

# commands: output and status come back
[ "$(guest_run g1 'echo hello; uname -s')" = $'hello\nLinux' ] || fail "a guest's command has the wrong output"
status=0
guest_run g1 'exit 7' || status=$?
[ $status = 7 ] || fail "a guest's command has status $status, not 7"

# 40 KB of binary output through the command channel
guest_run g1 'head -c 40000 /run/gw/lab/lib-dom0.sh /dev/urandom > /tmp/x; cat /tmp/x' > "$OUT/x"
[ "$(guest_run g1 'sha256sum < /tmp/x')" = "$(sha256sum < "$OUT/x")" ] || fail "40 KB of a command's output differ from the guest's file"

# The guest reads the payload disk, which dom0 serves.
guest_run g1 'dd if=/dev/xvdb of=/tmp/mb bs=64k count=16 iflag=direct 2>&1'
[ "$(guest_run g1 'sha256sum < /tmp/mb')" = "$(head -c 1048576 "$payload_disk" | sha256sum)" ] || fail "1 MB of the guest's disk differs from dom0's disk"

# A cue in each direction
id=$(guest_spawn g1 'lab-wait go > /tmp/go; lab-cue went "$(cat /tmp/go)"')
cue g1 go now
[ "$(cue_wait g1 went 20)" = now ] || fail "the guest did not answer a cue with its value"
guest_join g1 "$id"

# A stream, with the command's status at its end
guest_run g1 'head -c 5000000 /dev/urandom > /tmp/big'
start=$SECONDS
guest_stream g1 'cat /tmp/big' > "$OUT/big"
say "5 MB in $((SECONDS - start)) s"
[ "$(guest_run g1 'sha256sum < /tmp/big')" = "$(sha256sum < "$OUT/big")" ] || fail "a stream of 5 MB differs from the guest's file"
rm "$OUT/big"
status=0
guest_stream g1 'echo some; exit 3' > "$OUT/some" || status=$?
[ "$status:$(cat "$OUT/some")" = 3:some ] || fail "a stream has status $status and output '$(cat "$OUT/some")'"

result ok
