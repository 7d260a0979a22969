# Faults during a watch: a guest is paused and destroyed, dom0's clock is set, maps overflow the ring buffer, the recorders are
# killed, xenstored does not answer. Nothing hangs, saved captures stay readable, the race is found. Needs --guests 2.
# shellcheck shell=bash disable=SC2154 # gw_pid, gw_status and gw_stop_ms come from gw-lib.sh
. /run/gw/lab-tests/gw-lib.sh

ms() { echo $((($(date +%s%N) - $1) / 1000000)); }
said() { grep -qE -- "$1" "$OUT/watch.log"; }
hear() { retry 60 said "$1" || fail "watch did not print: $1"; }

# readable FILE: fails unless dump reads the capture up to its last whole block
readable() {
	local status=0
	grantwatch dump "$1" > "$OUT/text" || status=$?
	[ $status = 0 ] || [ $status = 3 ] || fail "dump of ${1##*/} ended with $status"
	tail -n 2 "$OUT/text" | grep -q '^mark' || fail "dump of ${1##*/} ends within a block"
}

start_guests --extra "$GW_GUEST" --memory 512
one=$(guest_domid g1) two=$(guest_domid g2)

# --- one guest is paused and dom0's clock is set; the race of the other guest is found meanwhile, late, and watch says why
gw_watch g1 g2
xl pause g2
date -s "$(date -d '+1 hour' '+%Y-%m-%d %H:%M:%S')" > /dev/null
gw_repro g1 race
date -s "$(date -d '-2 hours' '+%Y-%m-%d %H:%M:%S')" > /dev/null
raced() { grep '"class":"stale-map"' "$OUT/watch.json" | grep -q "\"granter\":$one,"; }
retry 30 raced || fail "no alert for the race while d$two was paused"
said "source of d$two: silent for 5 seconds, going on without it" || fail "the alert came before d$two was silent for five seconds"
said "alert [3-5][.][0-9] s after the map, as source of d$two was [3-5][.][0-9] s behind" ||
	fail "watch did not say why the alert came late: $(tail -n 1 "$OUT/watch.log")"
xl unpause g2
sleep 2
id=$(guest_spawn g2 'dd if=/dev/xvdb of=/dev/null bs=4k count=20000 iflag=direct')
sleep 2
guest_stop g2
: "$id"
sleep 2
gw_stop
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$(gw_finding stale-map)" '"certainty":"proven"' "stale-map"
tail -n 1 "$OUT/live.json" | grep -q "\"blind\":\[.*d$two" || fail "no blind spot for d$two, which was destroyed"
! grep -o '"class":"[a-z-]*","certainty":"[a-z]*","severity":"alarm"' "$OUT/live.json" | grep -v stale-map ||
	fail "other alarms than stale-map"
for file in "$OUT"/save/*.gwc; do readable "$file"; done
grantwatch analyze -j "$OUT"/save/*.gwc > "$OUT/stored.json" && fail "analyze does not find the race in the saved captures"
grep -q '"class":"stale-map","certainty":"proven"' "$OUT/stored.json" || fail "analyze does not prove the race in the saved captures"

# --- more maps than the ring buffer holds
rm -f /run/lab/ready
grantwatch record --ring-size 64 -o "$OUT/storm.gwc" --ready-file /run/lab/ready > "$OUT/storm.log" 2>&1 &
recorder=$!
retry 120 test -e /run/lab/ready || fail "record did not begin: $(tail -n 1 "$OUT/storm.log")"
gw_repro g1 storm --pages 2000 --repeat 4 --every 50
kill -TERM $recorder
wait $recorder || fail "record ended with $?"
grantwatch dump "$OUT/storm.gwc" > "$OUT/storm.txt"
lost=$(awk '$1 == "loss" && /kind (ring|truncated)/ { for (i = 2; i < NF; i += 2) if ($i == "count") n += $(i + 1) } END { print n + 0 }' "$OUT/storm.txt")
say "storm: $lost events lost, $(grep -cE '^(arm|map|unmap|disarm) ' "$OUT/storm.txt") recorded"
[ "$lost" -gt 0 ] || fail "no event was lost: the load is too small for this test"
status=0
grantwatch analyze -j "$OUT/storm.gwc" > "$OUT/storm.json" || status=$?
[ $status = 3 ] || fail "lost events: analyze ended with $status, not 3: $(tail -n 1 "$OUT/storm.json")"
expect "$(tail -n 1 "$OUT/storm.json")" 'lost' "blind spots"

# --- the recorders of dom0 and the guest are killed
gw_watch g1
here=
for pid in $(pgrep -P "$gw_pid"); do
	[ "$(tr '\0' '\n' < "/proc/$pid/cmdline" | sed -n 2p)" != record ] || here=$pid
done
[ -n "$here" ] || fail "watch has started no recorder"
kill -KILL "$here"
guest_run g1 'pkill -KILL -x grantwatch'
sleep 3
gw_stop
[ "$gw_status" = 3 ] || fail "killed recorders: watch ended with $gw_status, not 3"
for domid in 0 "$one"; do
	tail -n 1 "$OUT/live.json" | grep -o '"blind":.*' | grep -qE "\"[^\"]*d$domid[^\"]*cut short" || fail "killed recorder of d$domid: no blind spot"
done
for file in "$OUT"/save/*.gwc; do readable "$file"; done

# --- xenstored does not answer
gw_watch g1
store=$(pgrep -x xenstored || pgrep -x oxenstored)
kill -STOP "$store"
# ticks PID: CPU time of the process and its children
ticks() { for pid in "$1" $(pgrep -P "$1"); do cat "/proc/$pid/stat"; done | awk '{ n += $14 + $15 } END { print n }'; }
before=$(ticks "$gw_pid")
sleep 10
used=$(($(ticks "$gw_pid") - before))
began=$(date +%s%N)
kill -TERM "$gw_pid"
ended() { ! kill -0 "$gw_pid" 2> /dev/null; }
retry 30 ended || { kill -CONT "$store"; fail "watch does not end while xenstored is stopped"; }
took=$(ms "$began")
status=0
wait "$gw_pid" || status=$?
kill -CONT "$store"
say "xenstored stopped: watch ended with $status after $took ms and used $used ticks of CPU in ten seconds"
[ $status = 0 ] || [ $status = 3 ] || fail "xenstored stopped: watch ended with $status"
[ "$used" -lt 500 ] || fail "xenstored stopped: watch used $used ticks of CPU in ten seconds"
for file in "$OUT"/save/*.gwc; do readable "$file"; done
result ok
