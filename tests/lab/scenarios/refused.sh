# Freed, never granted again, then mapped: Xen refuses. And freed before it was ever mapped, never mapped at all.
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
[ -z "$(gw_finding stale-map)" ] || fail "refused: a stale-map where there was none"

gw_watch g1
gw_repro g1 near-miss
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "near-miss: exit status $gw_status, not 2"
finding=$(gw_finding near-miss)
expect "$finding" '"certainty":"proven"' "near-miss"
[ -z "$(gw_finding stale-map-refused)" ] || fail "near-miss: a refused map where there was no map"
result ok
