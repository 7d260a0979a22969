# A backend in user space answers requests before it unmaps their pages: blkfront's end is refused, and the guest loses the
# disk. The finding is revoke-blocked and names the backend. While the backend unmaps first, as it must, the run is clean.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

vdev=51760 # xvdd

# offer_disk: makes the nodes of a new disk in xenstore; blkfront adds its ring
offer_disk() {
	xenstore-write "$back" '' "$front" ''
	xenstore-chmod "$back" n0 "r$domid"
	xenstore-chmod "$front" "n$domid" r0
	xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$domid" "$back/online" 1 "$back/state" 2
	xenstore-write "$front/backend" "$back" "$front/backend-id" 0 "$front/virtual-device" $vdev \
		"$front/device-type" disk "$front/state" 1
}

has_ring() { [ "$(xenstore-read "$front/state" 2> /dev/null)" = 3 ]; }

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)
front=/local/domain/$domid/device/vbd/$vdev
back=/local/domain/0/backend/lab/$domid/$vdev

gw_watch g1
offer_disk
retry 40 has_ring || fail "blkfront made no ring: state $(xenstore-read "$front/state")"
tapdisk-lab "$domid" "$(xenstore-read "$front/ring-ref")" "$(xenstore-read "$front/event-channel")" 50 2> "$OUT/tapdisk.log" &
backend=$!
xenstore-write "$back/sectors" 65536 "$back/sector-size" 512 "$back/info" 0
xenstore-write "$back/state" 4
guest_run g1 'for i in $(seq 100); do [ -b /dev/xvdd ] && exit; sleep 0.2; done; exit 1' 40 > /dev/null ||
	fail "the disk does not come up: front $(xenstore-read "$front/state"), $(tail -n 1 "$OUT/tapdisk.log")"
guest_run g1 'dd if=/dev/xvdd of=/dev/null bs=16k count=128 iflag=direct' > /dev/null || fail "reading failed"
gw_stop
gw_analyze
gw_clean

gw_watch g1
kill -USR1 $backend
# The read never returns, because blkfront gives up the disk.
guest_spawn g1 'dd if=/dev/xvdd of=/dev/null bs=16k count=8 iflag=direct' > /dev/null
sleep 3
gw_stop
gw_analyze
gw_report
kill $backend
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding revoke-blocked)
expect "$finding" '"tapdisk-lab"' "mapper"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
expect "$finding" '"outcome":{"state":"device-lost"' "outcome"
[ -z "$(gw_finding stale-map)$(gw_finding double-map)$(gw_finding freed-while-mapped)" ] || fail "other findings than revoke-blocked about the backend"
result ok
