# The race in one of two guests (lab run --guests 2), while the other one shares windows correctly, under load, with the same
# refs. There is no finding about the other guest.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

[ "$LAB_GUESTS" = 2 ] || fail "needs --guests 2"
start_guests --extra "$GW_GUEST"
gw_watch g1 g2
load=$(guest_spawn g2 'until [ -e /run/stop ]; do
	dd if=/dev/xvdb of=/dev/null bs=44k count=40 iflag=direct 2> /dev/null; done')
gw_repro g2 clean --repeat 2
gw_repro g1 race
guest_run g2 'touch /run/stop' > /dev/null
guest_join g2 "$load" 60 > /dev/null
sleep 1
gw_stop
gw_analyze
one=$(guest_domid g1) two=$(guest_domid g2)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" "\"granter\":$one," "stale-map"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"owner":{"kind":"blkfront","domid":'"$one" "owner"
! grep '"type":"finding"' "$OUT/live.json" | grep -q "\"granter\":$two," || fail "a finding about g2, which had no race"
guest_run g2 'dd if=/dev/xvdb of=/dev/null bs=44k count=4 iflag=direct' > /dev/null || fail "g2 cannot read its disk"
result ok
