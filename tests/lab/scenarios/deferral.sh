# Refs are freed while mapped and unmapped ten seconds later: a deferral which resolves. It is routine, so there is no
# alarm, but the report says who unmapped and when. With a limit below ten seconds the same captures have a lingering map.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 lingering
# the kernel retries ten refs a second
sleep 12
gw_stop
gw_analyze
gw_report
gw_clean
finding=$(gw_finding deferral)
expect "$finding" '"severity":"info"' "deferral"
expect "$finding" '"count":64' "deferral of 64 refs"
expect "$finding" '"state":"unmapped"' "deferral"
grep -qE 'gui-daemon \(pid [0-9]+\) unmapped 64 refs, (9|1[01])\.[0-9]+ to (9|1[01])\.[0-9]+ s after' "$OUT/report.txt" || fail "the report does not say who unmapped, and when"
! grep -q '"alert"' "$OUT/watch.json" || fail "watch printed an alert for a deferral"

status=0
grantwatch analyze -j --limit lingering-map=5 "$OUT"/save/*.gwc > "$OUT/linger.json" || status=$?
[ $status = 2 ] || fail "with a limit of 5 s: exit status $status, not 2"
finding=$(grep '"class":"lingering-map"' "$OUT/linger.json")
expect "$finding" '"certainty":"proven"' "lingering-map"
expect "$finding" 'gui-daemon' "lingering map's holder"
result ok
