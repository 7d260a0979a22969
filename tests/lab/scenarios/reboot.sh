# A guest reboots, gets another domid, and uses the same refs again. dom0 is recorded throughout, and its events of the old
# and the new domain are not mixed up.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# record_guest: starts a recorder in the guest. Its capture is copied through a disk. A stream would not do: the grants of its
# vchan would be in dom0's capture, but not in the guest's.
record_guest() {
	guest_run g1 'rm -f /run/recording
		setsid grantwatch record -q --ready-file /run/recording -o /run/g.gwc < /dev/null > /run/log 2>&1 & '
	retry 120 guest_run g1 'test -e /run/recording' || fail "the guest's recorder did not begin: $(guest_run g1 'cat /run/log')"
}
work() {
	local size
	guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=44k count=60 iflag=direct 2> /dev/null' > /dev/null
	gw_repro g1 clean --repeat 3
	size=$(guest_run g1 'pkill -TERM -x grantwatch; while pgrep -x grantwatch > /dev/null; do sleep 0.1; done
		stat -c %s /run/g.gwc; dd if=/run/g.gwc of=/dev/xvdc bs=4k conv=fsync 2> /dev/null')
	head -c "$size" /run/lab/guests/g1.disk > "$OUT/d$(guest_domid g1).gwc"
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
[ "$new" != "$old" ] || fail "the guest has the same domid after its reboot"
record_guest
work
kill -TERM $dom0
wait $dom0 || fail "record ended with $?"
status=0
grantwatch analyze -j "$OUT"/d*.gwc > "$OUT/all.json" || status=$?
say "$(tail -n 1 "$OUT/all.json")"
last=$(tail -n 1 "$OUT/all.json")
expect "$last" '"findings":{}' "findings"
gw_clean $status "$last"
result ok
