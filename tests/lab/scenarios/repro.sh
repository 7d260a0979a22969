# repro runs each of its scenarios between a guest and dom0, and some within one domain. At the end it runs the race with
# disk I/O by another program, and the guest loses its disk.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)

# refs LINE: the refs in a step's JSON line
refs() { grep -o '"refs":\[\[.*\]\]' <<< "$1"; }
# step FILE ACTOR VERB: the JSON line of the first such step
step() { grep "\"actor\":\"$2\",\"verb\":\"$3\"" "$1" | head -n 1; }

# Both sides print the same steps with the same refs.
gw_repro g1 clean -j
for side in granter mapper; do
	expect "$(tail -n 1 "$OUT/repro-$side.txt")" '"unexpected":0,"ok":true' "clean, $side"
done
granted=$(refs "$(step "$OUT/repro-granter.txt" granter grant)")
[ -n "$granted" ] && [ "$granted" = "$(refs "$(step "$OUT/repro-mapper.txt" granter tell)")" ] || fail "clean: the mapper got other refs than were granted: $granted"
expect "$(step "$OUT/repro-mapper.txt" mapper check)" '"note":"64 as granted"' "clean"

gw_repro g1 refused -j
expect "$(step "$OUT/repro-mapper.txt" mapper map)" '"errno":22' "refused"
gw_repro g1 near-miss
gw_repro g1 regranted -j
expect "$(step "$OUT/repro-mapper.txt" mapper check)" '"note":"64 of another window"' "regranted"
gw_repro g1 killed -j
expect "$(step "$OUT/repro-mapper.txt" mapper check)" '"note":"64 of another window"' "killed"
gw_repro g1 partial
gw_repro g1 double-map
gw_repro g1 lingering
gw_repro g1 copy -j
expect "$(step "$OUT/repro-mapper.txt" mapper check)" '"note":"16 as granted"' "copy"
gw_repro g1 copy-refused -j
expect "$(step "$OUT/repro-mapper.txt" mapper copy-from)" '"note":"16 refused, the first one, ref ' "copy-refused"
gw_repro g1 copy-late -j
expect "$(step "$OUT/repro-mapper.txt" mapper check)" ' foreign"' "copy-late"

# more pages than gntalloc's limit
gw_repro g1 clean --pages 3000
expect "$(cat "$OUT/repro-granter.txt")" "gntalloc's limit was 1024 and is now" "limit"
gw_repro g1 storm --repeat 5

# within one domain
grantwatch repro clean > "$OUT/dom0.txt" || fail "dom0 cannot map its own grants: $(tail -n 2 "$OUT/dom0.txt")"
grantwatch repro copy > "$OUT/dom0.txt" || fail "dom0 cannot copy its own grants: $(tail -n 2 "$OUT/dom0.txt")"
guest_run g1 'grantwatch repro regranted' > "$OUT/guest.txt" || fail "the guest cannot map its own grants: $(tail -n 2 "$OUT/guest.txt")"

# Over pipes, as with ssh
mkfifo /run/lab/back
timeout 60 grantwatch repro clean --role granter --peer 0 --channel stdio < /run/lab/back 2> "$OUT/pipe-granter.txt" |
	timeout 60 grantwatch repro clean --role mapper --peer 0 --channel stdio > /run/lab/back 2> "$OUT/pipe-mapper.txt" ||
	fail "over pipes: $(tail -n 2 "$OUT/pipe-granter.txt" "$OUT/pipe-mapper.txt" | tr '\n' ' ')"
expect "$(cat "$OUT/pipe-mapper.txt")" "64 as granted" "over pipes"
status=0
grantwatch repro clean --role granter --peer 0 --channel stdio < /dev/null > /dev/null 2> "$OUT/no-peer.txt" || status=$?
[ $status = 1 ] || fail "without a peer the granter ended with $status, not 1"
expect "$(cat "$OUT/no-peer.txt")" "Broken pipe" "without a peer"

# A missing device is an error.
status=0
guest_run g1 'rm /dev/xen/gntdev; grantwatch repro clean' > "$OUT/no-device.txt" || status=$?
[ $status = 1 ] || fail "without /dev/xen/gntdev repro ended with $status, not 1"
expect "$(cat "$OUT/no-device.txt")" "modprobe xen-gntdev" "without /dev/xen/gntdev"

# The race, with reads of the disk by another program than repro.
node=/local/domain/$domid/data/lab/cue
guest_spawn g1 "lab-wait freed
	for i in 1 2 3 4; do while dd if=/dev/xvdb of=/dev/null bs=256k iflag=direct; do :; done & done
	lab-cue io" > /dev/null
gw_repro g1 race-cued --cues "xenstore:$node"
expect "$(cat "$OUT/repro-mapper.txt")" "tries in" "race-cued"
console=$(guest_console g1)
retry 20 grep -q "disabled for further use" "$console" || fail "the guest did not lose its disk: $(tail -n 3 "$OUT/repro-mapper.txt")"
grep -q "backed has not unmapped grant" "$console" || fail "the guest's kernel did not report a refused end"
grep "mapper map" "$OUT/repro-mapper.txt"
result ok
