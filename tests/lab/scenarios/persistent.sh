# Persistent grants, the default: every end is refused by design while the backend keeps the pages mapped. There is no alarm.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests
gw_watch g1
guest_run g1 'for i in 1 2 3 4; do dd if=/dev/xvdb of=/dev/null bs=44k count=100 iflag=direct 2> /dev/null & done; wait' 120 > /dev/null
gw_repro g1 clean --repeat 3
guest_run g1 'dd if=/dev/zero of=/dev/xvdc bs=44k count=100 oflag=direct 2> /dev/null' 120 > /dev/null
sleep 1
gw_stop
gw_analyze
grantwatch dump "$OUT/save/d$(guest_domid g1).gwc" > "$OUT/guest.txt"
grep -q 'key vbd\.[0-9]*\.persistent value yes' "$OUT/guest.txt" || fail "the guest's disk does not use persistent grants"
expect "$(tail -n 1 "$OUT/live.json")" '"findings":{}' "findings"
gw_clean
result ok
