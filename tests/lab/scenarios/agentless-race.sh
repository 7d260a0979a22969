# The race without a recorder in the guest: table reads by dom0 prove it. A clean run is not accused, and the reads do not
# make the guest's grant table larger.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)

# the clean run, under block I/O
gw_watch
gw_repro g1 clean
load=$(guest_spawn g1 'end=$((SECONDS + 4))
	while [ $SECONDS -lt $end ]; do dd if=/dev/xvdb of=/dev/null bs=44k count=40 iflag=direct 2> /dev/null; done')
gw_repro g1 clean --repeat 5
guest_join g1 "$load" 60
frames=$(gw_table_frames "$domid")
gw_stop
gw_analyze
last=$(tail -n 1 "$OUT/live.json")
expect "$last" '"findings":{}' "findings of the clean run"
[ "$gw_status" = 3 ] || fail "exit status $gw_status, not 3 (d$domid has no recorder)"
expect "$last" "no capture of d$domid" "blind spots"
reads=$(grantwatch dump "$OUT"/save/local.gwc | grep -c '^entry' || true)
say "$reads table reads with a change"
[ "$reads" -ge 10 ] || fail "only $reads table reads with a change in the clean run"

# the race
gw_watch
# The race with two pauses of a second, in which dom0 reads the table: while the window has the refs, and while the disk has them.
gw_repro g1 --steps "granter grant 128; granter tell; mapper arm each; mapper wait 1; granter free; granter read; mapper wait 1;
	mapper map retry 60; granter lost; mapper !check; mapper unmap; granter idle"
sleep 2
gw_stop
gw_analyze
gw_report
console=$(guest_console g1)
grep -q "backed has not unmapped grant" "$console" || fail "the guest's kernel did not report a refused end"
finding=$(gw_finding stale-map)
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"rule":"table"' "evidence by table reads"
expect "$finding" '"comm":"gui-daemon"' "mapper's task"
expect "$(cat "$OUT/report.txt")" "the entry of ref" "report"
now=$(gw_table_frames "$domid")
say "the guest's table: $frames frames before the race, $now after"
[ "$frames" = "$now" ] || fail "the guest's table grew from $frames to $now frames"
result ok
