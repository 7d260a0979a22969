# Two processes of dom0 map one window at once: only one of them can be meant. One process may map it twice.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 double-map
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding double-map)
expect "$finding" '"certainty":"proven"' "double-map"
expect "$finding" '"count":64' "one finding for a window of 64"
expect "$finding" 'gui-daemon' "mapper's task"
[ "$(grep -c '"type":"finding"' "$OUT/live.json")" = 1 ] || fail "more than that one finding"

gw_watch g1
gw_repro g1 -e 'granter grant 8; granter tell; mapper arm; mapper map; mapper unmap; mapper disarm;
	mapper arm; mapper map; mapper unmap; mapper disarm; granter free'
gw_stop
gw_analyze
gw_clean
result ok
