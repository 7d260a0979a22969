# A guest reads its disk and has a window mapped when watch starts: earlier grants are in the guest's baseline, and neither
# they nor their maps make a blind spot. All of them are ended correctly later, so the exit status is 0.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

gw_mapper=
trap '[ -z "$gw_mapper" ] || kill "$gw_mapper" 2> /dev/null' EXIT

# A window of 64 pages, which the mapper keeps until the cue `end`.
steps='granter grant 64; granter tell; mapper arm; mapper map; mapper check; mapper cue mapped; mapper await end 300;
	mapper check; mapper unmap; mapper disarm; granter free'

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)
load=$(guest_spawn g1 'n=0
	until [ -e /run/stop ]; do dd if=/dev/xvdb of=/dev/null bs=44k count=360 iflag=direct 2> /dev/null; n=$((n + 1)); done
	echo $n rounds')
gw_begin_steps g1 "$steps"
gw_await_cue mapped

grantwatch table -j "$domid" > "$OUT/before.ndjson"
gw_watch g1
grantwatch table -j "$domid" > "$OUT/after.ndjson"
sleep 20
touch "$gw_cues/end"
gw_end_steps g1
guest_run g1 'touch /run/stop'
say "load: $(guest_join g1 "$load" 60)"
sleep 1
gw_stop
gw_analyze
expect "$(tail -n 1 "$OUT/live.json")" '"findings":{}' "findings"

# The baseline has each grant (ref, peer, frame) which dom0 found in the guest's table both before and after the start. Left out are
# refs of the disk: blkfront may have ended such a grant and granted the same page again.
read_table() { sed -n 's/.*"type":"entry".*"ref":\([0-9]*\),"peer":\([0-9]*\),"frame":\([0-9]*\),.*/\1 \2 \3/p' "$1" | sort; }
grantwatch dump "$OUT/save/d$domid.gwc" > "$OUT/g1.txt"
awk '/^fact .* key baseline / { until = $3 + 15 }
	until && /^(grant|revoke) / && $3 < until && match($0, / ref [0-9]+/) { print substr($0, RSTART + 5, RLENGTH - 5) }' "$OUT/g1.txt" |
	sort -u > "$OUT/changing"
comm -12 <(read_table "$OUT/before.ndjson") <(read_table "$OUT/after.ndjson") | awk -v file="$OUT/changing" '
	BEGIN { while ((getline ref < file) > 0) changing[ref] } !($1 in changing)' > "$OUT/by-dom0"
sed -n 's/^  op granter 32752 ref \([0-9]*\) peer \([0-9]*\) eflags [^ ]* frame \(0x[0-9a-f]*\) .*/\1 \2 \3/p' "$OUT/g1.txt" |
	while read -r ref peer frame; do echo "$ref $peer $((frame))"; done | sort > "$OUT/by-guest"
grep '^fact .* key baseline ' "$OUT/g1.txt" | grep -q ' value read$' ||
	fail "the guest's recorder did not read the baseline: $(grep '^fact .* key baseline ' "$OUT/g1.txt")"
say "baseline: $(wc -l < "$OUT/by-guest") grants; dom0 read $(wc -l < "$OUT/by-dom0") both before and after"
[ "$(wc -l < "$OUT/by-dom0")" -ge 66 ] || fail "dom0 read only $(wc -l < "$OUT/by-dom0") grants both before and after"
missing=$(comm -13 "$OUT/by-guest" "$OUT/by-dom0" | wc -l)
[ "$missing" = 0 ] || fail "$missing of the guest's grants are not in its baseline"
[ "$(gw_number lost)" = 0 ] || gw_by_kprobes || fail "$(gw_number lost) events lost"
! grep -q 'going on without it' "$OUT/watch.log" || fail "a source was stalled: $(cat "$OUT/watch.log")"
gw_clean
[ "$(gw_number operations)" -gt 5000 ] || fail "only $(gw_number operations) operations: the load did not run"
result ok
