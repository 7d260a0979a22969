# The race: a window's refs are freed after they were announced, blkfront gets them, the daemon maps one late, and the guest
# loses its disk. The alert comes at once, and analyze reports the same from the captures.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
gw_watch g1
gw_repro g1 race
sleep 2
gw_stop
gw_analyze
gw_report

# The guest's kernel noticed the race.
console=$(guest_console g1)
grep -q "backed has not unmapped grant" "$console" || fail "the guest's kernel did not report a refused end"
grep -q "disabled for further use" "$console" || fail "the guest did not lose its disk"

# grantwatch reports it.
finding=$(gw_finding stale-map)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"map_by":{"kind":"gntdev","domid":0,' "mapper"
expect "$finding" '"comm":"gui-daemon"' "mapper's task"
expect "$finding" '"previous_owner":{"kind":"gntalloc"' "previous owner"
expect "$finding" '"comm":"gui-agent"' "previous owner's task"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
# The fingerprint is the same in each run, and in tests/golden/race.
expect "$finding" '"fingerprint":"gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent"' "fingerprint"
# With kprobes there may be a blind spot: the kernel sometimes skips the kprobes in an interrupt.
gw_by_kprobes || expect "$finding" '"blind":[]' "blind spots"
ref=$(echo "$finding" | grep -o '"ref":[0-9]*' | head -n 1 | cut -d: -f2)
expect "$(cat "$OUT/report.txt")" "$(printf 'ref %u (0x%x)' "$ref" "$ref")" "report"
expect "$(cat "$OUT/report.txt")" "gui-daemon" "report"

# The report names the part of each journal to read, and `events --around` prints the finding's events.
expect "$(cat "$OUT/report.txt")" "journalctl -S '20" "the command for the journal"
grantwatch events --around gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent --ref "$ref" "$OUT"/save/*.gwc > "$OUT/events.txt" ||
	[ $? = 3 ] || fail "events --around ended with $?"
expect "$(grep ' gntdev/gui-daemon' "$OUT/events.txt" | grep ' map ')" " blkfront " "events"

# The guest may have lost its disk earlier, when Xen refused a map of another ref (as in the case refused-in-the-way). Then the
# finding for that ref names the lost disk.
if ! grep -q "backed has not unmapped grant: $ref" "$console"; then
	say "the guest lost its disk because of another ref than $ref"
	finding=$(grep '"class":"stale-map-refused"' "$OUT/live.json" | grep '"state":"device-lost"')
	ref=$(sed -n 's/.*backed has not unmapped grant: \([0-9]*\).*/\1/p' "$console" | head -n 1)
	expect "$finding" "no recorded mapper had ref $ref mapped" "stale-map-refused"
fi
expect "$finding" '"outcome":{"state":"device-lost"' "outcome"

# The alert comes within a second.
lag=$(grep -o '"class":"stale-map".*"lag_ms":[0-9]*' "$OUT/watch.json" | head -n 1 | grep -o '[0-9]*$')
say "alert $lag ms after the map"
[ -n "$lag" ] && [ "$lag" -lt 1000 ] || fail "the alert came ${lag:-never} ms after the map: $(grep "alert .* after the map" "$OUT/watch.log" | head -n 1)"
result ok
