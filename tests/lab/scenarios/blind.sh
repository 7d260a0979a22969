# Blind spots are reported, with exit status 3: a ring buffer that is too small, a truncated capture, a recorder killed
# in the guest.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
busy='for i in 1 2 3 4 5 6; do dd if=/dev/xvdb of=/dev/null bs=44k count=300 iflag=direct 2> /dev/null & done; wait'

# The recorder is stopped under load, so its ring buffer gets full.
grantwatch record -q --ring-size 64 --ready-file /run/lab/rec-ready -o "$OUT/small.gwc" 2> "$OUT/small.log" &
pid=$!
retry 30 test -e /run/lab/rec-ready || fail "record did not begin: $(tail -n 1 "$OUT/small.log")"
kill -STOP $pid
guest_run g1 "$busy" 120 > /dev/null
kill -CONT $pid
sleep 1
kill -TERM $pid
wait $pid || fail "record ended with $?"
grantwatch dump "$OUT/small.gwc" > "$OUT/small.txt"
grep -q '^loss .*kind ring' "$OUT/small.txt" || fail "a full ring left no loss record"
status=0
grantwatch analyze -j "$OUT/small.gwc" > "$OUT/small.json" || status=$?
[ $status = 3 ] || fail "lost events: analyze ended with $status, not 3"
expect "$(tail -n 1 "$OUT/small.json")" 'lost ' "lost events"

# A capture that ends in the middle of a block
grantwatch record -q --duration 3 -o "$OUT/whole.gwc" || fail "record ended with $?"
guest_run g1 true
head -c $(($(stat -c %s "$OUT/whole.gwc") - 20)) "$OUT/whole.gwc" > "$OUT/cut.gwc"
status=0
grantwatch analyze -j "$OUT/cut.gwc" > "$OUT/cut.json" || status=$?
[ $status = 3 ] || fail "truncated capture: analyze ended with $status, not 3"
expect "$(tail -n 1 "$OUT/cut.json")" 'cut short' "truncated capture"

# The recorder in the guest is killed.
gw_watch g1
guest_run g1 'pkill -KILL -x grantwatch'
sleep 2
gw_stop
[ "$gw_status" = 3 ] || fail "killed recorder: watch ended with $gw_status, not 3"
expect "$(tail -n 1 "$OUT/live.json")" 'cut short' "killed recorder"
result ok
