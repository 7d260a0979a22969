# record --flight with persistent grants, the default: ends refused by design trigger nothing, a double map triggers it.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder=
trap '[ -z "$recorder" ] || kill -KILL "$recorder" 2> /dev/null' EXIT

here=$OUT/dom0.gwc
start_guests
rm -f /run/lab/recording
grantwatch record -v --flight 10 -o "$here" --ready-file /run/lab/recording 2> "$OUT/dom0.log" &
recorder=$!
guest_run g1 "setsid grantwatch record -v --flight 10 -o /run/guest.gwc --ready-file /run/ready 2> /run/log &
	echo \$! > /run/pid; until [ -e /run/ready ]; do sleep 0.2; done" 120 || fail "record did not begin in the guest"
retry 120 test -e /run/lab/recording || fail "record did not begin in dom0: $(tail -n 2 "$OUT/dom0.log")"

# --- ends refused by design, counted by a second recorder without --flight
guest_run g1 'grantwatch record -q -o /run/plain.gwc --ready-file /run/plain & until [ -e /run/plain ]; do sleep 0.2; done
	for i in 1 2 3 4; do dd if=/dev/xvdb of=/dev/null bs=44k count=50 iflag=direct 2> /dev/null & job="$job $!"; done
	wait $job; kill -TERM %1; wait %1' 120 > /dev/null || fail "the load ended with $?"
guest_get g1 /run/plain.gwc "$OUT/plain.gwc"
grantwatch dump "$OUT/plain.gwc" > "$OUT/plain.txt"
refused=$(grep -c '^revoke .*result refused' "$OUT/plain.txt") || true
say "$refused ends refused by design"
[ "$refused" -gt 100 ] || fail "only $refused ends were refused: the load did not use persistent grants"
# Ends in blkfront's interrupt handler have the interrupt flag. The recorder takes it from bits of preempt_count, whose meaning
# has changed between kernel versions.
unmarked=$(awk '{ for (i = 2; i < NF; i += 2) field[$i] = $(i + 1) }
	$1 == "stack" && /blkif_interrupt/ { handler[field["id"]] = 1 }
	$1 == "revoke" { if (handler[field["stack"]] && !/ flags 0x[2367abef] /) n++ }
	END { print n + 0 }' "$OUT/plain.txt")
[ "$unmarked" = 0 ] || fail "$unmarked ends in blkfront's interrupt handler have no interrupt flag"
guest_run g1 'grep "go into the capture" /run/log' && fail "refused ends of persistent grants triggered the guest's recorder"
grep 'go into the capture' "$OUT/dom0.log" && fail "dom0's recorder was triggered before the double map"

# --- two processes map one ref
gw_repro g1 double-map
retry 10 grep -q 'another process has mapped: .* go into the capture' "$OUT/dom0.log" ||
	fail "the double map did not trigger dom0's recorder: $(tail -n 1 "$OUT/dom0.log")"
sleep 1
status=0
kill -TERM "$recorder"
wait "$recorder" || status=$?
recorder=
[ $status = 0 ] || fail "record ended with $status: $(tail -n 1 "$OUT/dom0.log")"
status=0
grantwatch analyze -j "$here" > "$OUT/live.json" 2> "$OUT/analyze.log" || status=$?
[ $status = 2 ] || fail "analyze ended with $status: $(tail -n 1 "$OUT/live.json")"
expect "$(gw_finding double-map)" 'gui-daemon' "double-map"
result ok
