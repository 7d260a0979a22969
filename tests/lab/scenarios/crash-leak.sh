# The agent dies while the daemon maps its window, and the daemon does not unmap: a deferral that never resolves. The guest
# cannot use these refs as long as the map exists.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 -e 'granter grant 16; granter tell; mapper arm; mapper map; granter kill; mapper hold 25' &
repro=$!
sleep 13
gw_stop
wait $repro || true
gw_analyze
finding=$(gw_finding deferral)
expect "$finding" '"severity":"info"' "deferral"
expect "$finding" '"cause":"killed"' "deferral"
status=0
grantwatch analyze -j --limit lingering-map=5 "$OUT"/save/*.gwc > "$OUT/linger.json" || status=$?
[ $status = 2 ] || fail "with a limit of 5 s: exit status $status, not 2"
finding=$(grep '"class":"lingering-map"' "$OUT/linger.json")
expect "$finding" '"certainty":"proven"' "lingering-map"
expect "$finding" '"cause":"killed"' "lingering-map"
expect "$finding" '"state":"deferred"' "lingering-map"
result ok
