# A race whose window was granted before the watch started: the guest's baseline has the window's refs, which proves the late
# map.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

mapper=
trap '[ -z "$mapper" ] || kill "$mapper" 2> /dev/null' EXIT

steps='granter grant 128; granter tell; mapper cue granted; mapper await go 300; mapper arm each; granter free;
	granter read; mapper map retry 60; granter lost; mapper !check; mapper unmap; granter idle'

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1) cues=/run/lab/cues
path=/local/domain/$domid/data/repro
mkdir -p "$cues"
xenstore-write "$path" '' && xenstore-chmod "$path" "n$domid"
window=$(guest_spawn g1 "grantwatch repro --role granter --peer 0 --channel xenstore:$path --granter-name gui-agent \
	--disk /dev/xvdb --limit 400 -e ${steps@Q}")
grantwatch repro --role mapper --peer "$domid" --channel "xenstore:$path" --mapper-name gui-daemon --cues "dir:$cues" \
	--limit 400 -e "$steps" > "$OUT/mapper.txt" 2>&1 &
mapper=$!
retry 60 test -e "$cues/granted" || fail "the window is not granted: $(tail -n 1 "$OUT/mapper.txt")"
gw_watch g1
touch "$cues/go"
status=0
wait "$mapper" || status=$?
mapper=
guest_join g1 "$window" 90 > "$OUT/granter.txt" || status=$?
[ $status = 0 ] || fail "the race ended with $status: $(tail -n 2 "$OUT/mapper.txt" "$OUT/granter.txt" | tr '\n' ' ')"
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
