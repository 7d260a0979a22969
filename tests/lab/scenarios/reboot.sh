# A guest goes and comes back with another domid, and uses the same refs again. dom0 is recorded all the time: its view of
# the old domain is not mixed up with the new one's.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# record_guest: its capture in the background, until it is told to end
record_guest() {
	lab-stream g1 'grantwatch record -q --ready-file /run/recording -o -' > "$OUT/d$(guest_domid g1).gwc" &
	stream=$!
	retry 120 guest_run g1 'test -e /run/recording' || fail "the guest's recorder did not begin"
}
work() {
	guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=44k count=60 iflag=direct 2> /dev/null' > /dev/null
	gw_repro g1 clean --repeat 3
	guest_run g1 'pkill -TERM -x grantwatch'
	wait $stream || fail "the guest's recorder ended with $?"
}

grantwatch record -q --ready-file /run/lab/rec-ready -o "$OUT/d0.gwc" &
dom0=$!
retry 120 test -e /run/lab/rec-ready || fail "record did not begin"
start_guests --extra "$GW_GUEST"
old=$(guest_domid g1)
record_guest
work
guest_shutdown g1
guest_start g1 --extra "$GW_GUEST"
new=$(guest_domid g1)
[ "$new" != "$old" ] || fail "the same domid again"
record_guest
work
kill -TERM $dom0
wait $dom0 || fail "record ended with $?"
status=0
grantwatch analyze -j "$OUT"/d*.gwc > "$OUT/all.json" || status=$?
say "$(tail -n 1 "$OUT/all.json")"
expect "$(tail -n 1 "$OUT/all.json")" '"findings":{}' "no finding"
[ $status = 0 ] || fail "exit status $status"
result ok
