# A driver domain (lab run --guests 2): g1 serves a disk of g2 and maps its refs, first correctly, then in the race. The
# verdict is from three captures and blames g1, as dom0 maps none of these refs.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

[ "$LAB_GUESTS" = 2 ] || fail "needs --guests 2"
# g1's own blkfront must use persistent grants. It copies data to its own pages then, as g1 cannot grant g2's pages to dom0.
guest_create g1
guest_create g2 --extra "$GW_GUEST"
guest_wait g1
guest_wait g2
one=$(guest_domid g1) two=$(guest_domid g2)

# serve_disk: makes g1's xvdc the disk xvde of g2. Writes the same nodes as libxl for a disk with backend=g1.
serve_disk() {
	local vdev=51776 front back
	front=/local/domain/$two/device/vbd/$vdev back=/local/domain/$one/backend/vbd/$two/$vdev
	guest_run g1 'modprobe xen-blkback' > /dev/null || fail "g1 has no blkback"
	# Permissions come first: blkback writes its state as soon as the nodes exist.
	xenstore-write "$back" '' "$front" ''
	xenstore-chmod "$back" "n$one" "r$two"
	xenstore-chmod "$front" "n$two" "r$one"
	xenstore-write "$front/backend" "$back" "$front/backend-id" "$one" "$front/virtual-device" $vdev \
		"$front/device-type" disk
	xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$two" "$back/online" 1 "$back/removable" 0 \
		"$back/bootable" 0 "$back/dev" xvde "$back/type" phy "$back/mode" r "$back/device-type" disk \
		"$back/params" /dev/xvdc "$back/physical-device" ca:20 "$back/physical-device-path" /dev/xvdc \
		"$back/hotplug-status" connected
	xenstore-write "$front/state" 1 "$back/state" 1
	guest_run g2 'for i in $(seq 100); do [ -b /dev/xvde ] && exit; sleep 0.2; done; exit 1' 40 > /dev/null ||
		fail "g1 does not serve the disk: front $(xenstore-read "$front/state"), back $(xenstore-ls "$back" | tr '\n' ' ')"
}

# repro_between SCENARIO: plays it with the granter in g2 and the mapper in g1
repro_between() {
	local path=/local/domain/$two/data/repro granter mapper status=0
	xenstore-write "$path" ''
	xenstore-chmod "$path" "n$two" "b$one" "b$two"
	granter=$(guest_spawn g2 "grantwatch repro --role granter --peer $one --channel xenstore:$path \
		--granter-name gui-agent --disk /dev/xvde $1")
	mapper=$(guest_spawn g1 "grantwatch repro --role mapper --peer $two --channel xenstore:$path --mapper-name gui-daemon $1")
	guest_join g1 "$mapper" 120 > "$OUT/mapper-$1.txt" || status=$?
	guest_join g2 "$granter" 90 > "$OUT/granter-$1.txt" || status=$?
	[ $status = 0 ] || fail "repro $1 ended with $status: $(tail -n 2 "$OUT/mapper-$1.txt" "$OUT/granter-$1.txt" | tr '\n' ' ')"
}

serve_disk
gw_watch g1 g2
repro_between clean
sleep 1
gw_stop
gw_analyze
gw_clean

gw_watch g1 g2
repro_between race
sleep 2
gw_stop
gw_analyze
grep -q "backed has not unmapped grant" "$(guest_console g2)" || fail "g2's kernel did not report a refused end"
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" "\"granter\":$two," "granter"
expect "$finding" "\"mapper\":$one," "mapper"
expect "$finding" "\"map_by\":{\"kind\":\"gntdev\",\"domid\":$one," "mapper"
expect "$finding" '"comm":"gui-daemon"' "mapper's task"
expect "$finding" "\"owner\":{\"kind\":\"blkfront\",\"domid\":$two" "owner"
expect "$finding" '"previous_owner":{"kind":"gntalloc"' "previous owner"
expect "$finding" '"rule":"word"' "provenance"
! grep '"type":"finding"' "$OUT/live.json" | grep -q '"mapper":0,' || fail "dom0 is blamed"
result ok
