# The race after the agent was killed: the kernel ends the agent's grants, blkfront gets the refs, and the daemon maps one late.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 race-killed
sleep 2
gw_stop
gw_analyze
gw_report
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"cause":"killed"' "stale-map"
expect "$finding" '"previous_owner":{"kind":"gntalloc"' "previous owner"
expect "$finding" '"comm":"gui-agent"' "previous owner's task"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
expect "$finding" '"state":"device-lost"' "outcome"
expect "$finding" '"blind":[]' "blind spots"
grep -q ', cause killed' "$OUT/report.txt" || fail "the report does not say that the agent was killed"
result ok
