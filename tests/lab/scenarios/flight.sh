# record --flight on both sides: block I/O writes nothing into the captures, the race does. analyze finds the stale map in
# what was written after the refused end.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder=
trap '[ -z "$recorder" ] || kill -KILL "$recorder" 2> /dev/null' EXIT

seconds=15
here=$OUT/dom0.gwc there=$OUT/guest.gwc
start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)

rm -f /run/lab/recording
grantwatch record -v --flight $seconds -o "$here" --ready-file /run/lab/recording 2> "$OUT/dom0.log" &
recorder=$!
guest_run g1 "setsid grantwatch record -v --flight $seconds -o /run/guest.gwc --ready-file /run/ready 2> /run/log &
	echo \$! > /run/pid; until [ -e /run/ready ]; do sleep 0.2; done" 120 || fail "record did not begin in the guest"
retry 120 test -e /run/lab/recording || fail "record did not begin in dom0: $(tail -n 2 "$OUT/dom0.log")"

# --- block I/O: nothing is written
before=$(stat -c %s "$here")
guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=4k count=300 iflag=direct' > /dev/null
sleep $((seconds + 3))
[ "$(stat -c %s "$here")" = "$before" ] || fail "dom0's capture grew from $before bytes to $(stat -c %s "$here") before the race"
grep -q 'go into the capture' "$OUT/dom0.log" && fail "dom0's recorder was triggered before the race: $(tail -n 1 "$OUT/dom0.log")"
guest_run g1 'grep "go into the capture" /run/log' && fail "the guest's recorder was triggered before the race"

# --- the race
gw_repro g1 race
sleep 2
console=$(guest_console g1)
grep -q "backed has not unmapped grant" "$console" || fail "the guest's kernel did not report a refused end"
# In dom0 a stale map which succeeds at once looks like any other map, so dom0's recorder is triggered by a signal.
kill -USR1 "$recorder"
retry 10 grep -q 'go into the capture' "$OUT/dom0.log" || fail "SIGUSR1 did not trigger dom0's recorder"
status=0
kill -TERM "$recorder"
wait "$recorder" || status=$?
recorder=
[ $status = 0 ] || fail "record ended with $status: $(tail -n 1 "$OUT/dom0.log")"
# shellcheck disable=SC2016 # the guest's
said=$(guest_run g1 'kill -TERM $(cat /run/pid); while [ -d /proc/$(cat /run/pid) ]; do sleep 0.2; done; cat /run/log') || true
echo "$said" > "$OUT/guest.log"
expect "$said" 'an end was refused' "the guest's recorder"
guest_get g1 /run/guest.gwc "$there"

# --- the captures name the discarded events, and the rest is enough to find the stale map
for side in dom0 guest; do
	grantwatch dump "$OUT/$side.gwc" > "$OUT/$side.txt" || fail "dump of $side.gwc ended with $?"
	grep -qE '^loss .* kind passed' "$OUT/$side.txt" || fail "$side.gwc does not count the discarded events"
done
status=0
grantwatch analyze -j "$here" "$there" > "$OUT/live.json" 2> "$OUT/analyze.log" || status=$?
grantwatch analyze "$here" "$there" > "$OUT/report.txt" 2>> "$OUT/analyze.log" || true
[ $status = 2 ] || fail "analyze ended with $status: $(tail -n 1 "$OUT/live.json")"
finding=$(gw_finding stale-map)
expect "$finding" '"class":"stale-map"' "stale-map"
expect "$finding" '"granter":'"$domid" "granter"
expect "$finding" '"comm":"gui-daemon"' "mapper's task"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
say "$(echo "$finding" | grep -o '"certainty":"[a-z]*"')"
result ok
