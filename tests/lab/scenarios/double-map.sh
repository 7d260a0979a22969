# Two processes of dom0 map one window at the same time, which is a double map. One process that maps it twice, one map
# after the other, is clean.
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
[ "$(grep -c '"type":"finding"' "$OUT/live.json")" = 1 ] || fail "other findings than double-map"

gw_watch g1
gw_repro g1 -e 'granter grant 8; granter tell; mapper arm; mapper map; mapper unmap; mapper disarm;
	mapper arm; mapper map; mapper unmap; mapper disarm; granter free'
gw_stop
gw_analyze
gw_clean
result ok
