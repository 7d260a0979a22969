# Xen refuses a late map of a ref that was not granted again: stale-map-refused. A ref that is freed between announcement and
# map, and never mapped, is a near miss.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 refused
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "refused: exit status $gw_status, not 2"
finding=$(gw_finding stale-map-refused)
expect "$finding" '"certainty":"proven"' "stale-map-refused"
expect "$finding" '"previous_owner":{"kind":"gntalloc"' "stale-map-refused"
[ -z "$(gw_finding stale-map)" ] || fail "refused: reports a stale-map"

gw_watch g1
gw_repro g1 near-miss
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "near-miss: exit status $gw_status, not 2"
finding=$(gw_finding near-miss)
expect "$finding" '"certainty":"proven"' "near-miss"
[ -z "$(gw_finding stale-map-refused)" ] || fail "near-miss: reports a stale-map-refused"
result ok
