# A race whose window was granted before the watch started: the guest's baseline has the window's refs, which proves the late
# map.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

gw_mapper=
trap '[ -z "$gw_mapper" ] || kill "$gw_mapper" 2> /dev/null' EXIT

steps='granter grant 128; granter tell; mapper cue granted; mapper await go 300; mapper arm each; granter free;
	granter read; mapper map retry 60; granter lost; mapper !check; mapper unmap; granter idle'

start_guests --extra "$GW_GUEST"
gw_begin_steps g1 "$steps" --disk /dev/xvdb
gw_await_cue granted
gw_watch g1
touch "$gw_cues/go"
gw_end_steps g1
sleep 2
gw_stop
gw_analyze
gw_report

grep -q "disabled for further use" "$(guest_console g1)" || fail "the guest did not lose its disk"
finding=$(gw_finding stale-map)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
# The fingerprint is the same as for a recorded grant.
expect "$finding" '"fingerprint":"gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent"' "fingerprint"
expect "$(cat "$OUT/report.txt")" "granted to d0 when its recording begins" "report"
result ok
