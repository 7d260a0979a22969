# The eight steps of 2022-08-23 for real: a window's refs are freed after they were announced, blkfront gets them,
# the daemon maps one late, and the guest loses its disk. Reported live, and again from the captures.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 race
sleep 2
gw_stop
gw_analyze
gw_report

# it really happened
console=$(guest_console g1)
grep -q "backed has not unmapped grant" "$console" || fail "the guest's console knows of no refused revoke"
grep -q "disabled for further use" "$console" || fail "the guest did not lose its disk"

# it was seen
finding=$(gw_finding stale-map)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"map_by":{"kind":"gntdev","domid":0,' "mapper"
expect "$finding" '"comm":"gui-daemon"' "mapper's task"
expect "$finding" '"previous_owner":{"kind":"gntalloc"' "previous owner"
expect "$finding" '"comm":"gui-agent"' "previous owner's task"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
# as in every other run of it, and in tests/golden/race
expect "$finding" '"fingerprint":"gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent"' "fingerprint"
# An interrupt's kprobes are passed over now and then, and that is said.
gw_by_kprobes || expect "$finding" '"blind":[]' "blind spots"
ref=$(echo "$finding" | grep -o '"ref":[0-9]*' | head -n 1 | cut -d: -f2)
expect "$(cat "$OUT/report.txt")" "$(printf 'ref %u (0x%x)' "$ref" "$ref")" "report"
expect "$(cat "$OUT/report.txt")" "gui-daemon" "report"

# what else to read: the part of each journal, and the events around it
expect "$(cat "$OUT/report.txt")" "journalctl -S '20" "the journal's window"
grantwatch events --around gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent --ref "$ref" "$OUT"/save/*.gwc > "$OUT/events.txt" ||
	[ $? = 3 ] || fail "events failed"
expect "$(grep ' gntdev/gui-daemon' "$OUT/events.txt" | grep ' map ')" " blkfront " "events"

# The disk may be lost before, for a map of another ref that Xen refused (case refused-in-the-way): that is said then.
if ! grep -q "backed has not unmapped grant: $ref" "$console"; then
	say "the guest lost its disk for another ref than $ref"
	finding=$(grep '"class":"stale-map-refused"' "$OUT/live.json" | grep '"state":"device-lost"')
	ref=$(sed -n 's/.*backed has not unmapped grant: \([0-9]*\).*/\1/p' "$console" | head -n 1)
	expect "$finding" "no recorded mapper had ref $ref mapped" "stale-map-refused"
fi
expect "$finding" '"outcome":{"state":"device-lost"' "outcome"

# in time
lag=$(grep -o '"class":"stale-map".*"lag_ms":[0-9]*' "$OUT/watch.json" | head -n 1 | grep -o '[0-9]*$')
say "alert $lag ms after the map"
[ -n "$lag" ] && [ "$lag" -lt 1000 ] || fail "the alert came ${lag:-never} ms after the map"
result ok
