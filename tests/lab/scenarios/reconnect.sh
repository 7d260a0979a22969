# A disk is detached from a guest and attached again while both domains are recorded: the frontend ends all of its grants and grants
# anew, which is no finding and no blind spot. A race after another such change is proven, and the disk is named as the owner's.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

read_disk() { guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=44k count=40 iflag=direct 2> /dev/null' > /dev/null || fail "the guest cannot read xvdb"; }

# reattach: detaches xvdb from the guest and attaches it again
reattach() {
	local disk
	disk=$(sed -n "s/.*'\(format=raw,vdev=xvdb,[^']*\)'.*/\1/p" /run/lab/guests/g1.cfg)
	xl block-detach g1 xvdb > "$OUT/xl.log" 2>&1 || lab_error "xl block-detach: $(tail -n 2 "$OUT/xl.log" | tr '\n' ' ')"
	retry 30 guest_run g1 'test ! -e /sys/block/xvdb' || fail "xvdb is still in the guest"
	xl block-attach g1 "$disk" > "$OUT/xl.log" 2>&1 || lab_error "xl block-attach: $(tail -n 2 "$OUT/xl.log" | tr '\n' ' ')"
	retry 30 guest_run g1 'test -b /dev/xvdb' || lab_error "xvdb did not come back: $(guest_console_tail g1)"
}

guest_start g1 --extra "$GW_GUEST"
gw_watch g1
read_disk
reattach
read_disk
gw_repro g1 clean
sleep 1
gw_stop
gw_analyze
expect "$(tail -n 1 "$OUT/live.json")" '"findings":{}' "findings"
gw_clean
grantwatch dump "$OUT/save/local.gwc" > "$OUT/local.txt"
say "facts about the disk: $(grep -c '^fact .* key vbd\.[0-9.]*51728' "$OUT/local.txt")"

gw_watch g1
read_disk
reattach
gw_repro g1 race
sleep 1
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
result ok
