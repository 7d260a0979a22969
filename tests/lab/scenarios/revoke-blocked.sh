# A backend in user space serves a disk through gntdev. Well behaved it is clean; when it answers before it unmaps, blkfront's
# end is refused and the disk is lost: revoke-blocked, which names that backend, and no stale map.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

vdev=51760 # xvdd

# offer_disk: the two ends of a new disk in xenstore; the frontend fills in its ring
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
# It never returns: nobody serves the disk any more.
guest_spawn g1 'dd if=/dev/xvdd of=/dev/null bs=16k count=8 iflag=direct' > /dev/null
sleep 3
gw_stop
gw_analyze
gw_report
kill $backend
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding revoke-blocked)
expect "$finding" '"tapdisk-lab"' "the backend"
expect "$finding" '"owner":{"kind":"blkfront"' "the owner"
expect "$finding" '"outcome":{"state":"device-lost"' "the outcome"
[ -z "$(gw_finding stale-map)$(gw_finding double-map)$(gw_finding freed-while-mapped)" ] || fail "a rightful backend is accused of more"
result ok
