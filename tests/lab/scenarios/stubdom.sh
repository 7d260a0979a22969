# A stub domain loses a race: xenstore names g1 as the target of g2 (lab run --guests 2). dom0's recorder reads this, and alerts,
# report and JSON name both. There is no finding about g1.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

[ "$LAB_GUESTS" = 2 ] || fail "needs --guests 2"
start_guests --extra "$GW_GUEST"
target=$(guest_domid g1) stub=$(guest_domid g2)
xenstore-write "/local/domain/$stub/target" "$target"
gw_watch g1 g2
gw_repro g1 clean
gw_repro g2 race
sleep 1
gw_stop
gw_analyze
gw_report
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" "\"granter\":$stub," "stale-map"
expect "$finding" "\"granter_target\":$target," "stale-map"
expect "$(grep '"type":"alert"' "$OUT/watch.json" | head -n 1)" "\"granter_target\":$target," "the alert"
expect "$(tail -n 1 "$OUT/live.json")" "\"stub_domains\":[{\"domid\":$stub,\"target\":$target" "the summary"
expect "$(cat "$OUT/report.txt")" "d$stub (stub domain of d$target)" "the report"
! grep '"type":"finding"' "$OUT/live.json" | grep -q "\"granter\":$target," || fail "a finding about the target, which had no race"
result ok
