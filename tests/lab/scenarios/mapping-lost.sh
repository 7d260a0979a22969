# A process of a PV dom0 loses the pages of a window by mprotect, mremap, madvise and clear_refs: mapping-lost, with the
# call's stack. There is no finding when the process unmaps by munmap (also half of a window), exit, kill or an ioctl.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# window STEPS: the mapper announces and maps a window of four pages, then takes STEPS
window() { gw_repro g1 -e "granter grant 4; granter tell; mapper arm; mapper map; mapper check; $1; granter ?free"; }
# lost CAUSE: the finding with this cause
lost() { grep '"class":"mapping-lost"' "$OUT/live.json" | grep "\"cause\":\"$1\"" | head -n 1; }

start_guests --extra "$GW_GUEST"
gw_watch g1
# After mprotect the mapper's next access kills it.
window 'mapper protect; mapper !check'
window 'mapper move; mapper unmap; mapper disarm'
window 'mapper zap; mapper wait 0.5; mapper unmap; mapper disarm; mapper arm; mapper map; mapper check; mapper unmap'
window 'mapper clear-refs; mapper unmap'
gw_stop
gw_analyze
gw_report
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
for cause in protect move zap clear-refs; do
	finding=$(lost "$cause")
	expect "$finding" '"certainty":"proven"' "$cause"
	expect "$finding" '"count":4' "$cause: occurrences"
	expect "$finding" '"unmapped_by":{' "$cause"
	expect "$finding" 'gntdev_invalidate' "$cause: the stack"
	expect "$finding" '"owner":{"kind":"gntalloc"' "$cause: the owner"
	say "$cause: $(grep -o 'because of [^"]*' <<< "$finding" | head -n 1)"
done
expect "$(lost zap)" 'mapped the ref again' "zap"
[ "$(grep -c '"type":"finding"' "$OUT/live.json")" = 4 ] || fail "$(grep -c '"type":"finding"' "$OUT/live.json") findings, not 4"
grep -q '^unmapped by: gntdev in ' "$OUT/report.txt" || fail "the report does not say who unmapped"

gw_watch g1
window 'mapper halve; mapper check; mapper unmap; mapper disarm'
window 'mapper disarm; mapper exit'
window 'mapper exit'
window 'mapper kill'
gw_stop
gw_analyze
gw_clean
result ok
