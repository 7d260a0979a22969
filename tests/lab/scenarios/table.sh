# Table reads by dom0 agree, entry by entry, with the guest's own capture and with Xen's debug key. A guest which is destroyed
# while its table is mapped leaves no zombie.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)

# share STEPS: starts both sides of a repro. Sets granter and mapper.
share() {
	local path=/local/domain/$domid/data/repro
	xenstore-write "$path" '' && xenstore-chmod "$path" "n$domid"
	granter=$(guest_spawn g1 "grantwatch repro --role granter --peer 0 --channel xenstore:$path --steps ${1@Q}")
	grantwatch repro --role mapper --peer "$domid" --channel "xenstore:$path" --steps "$1" > "$OUT/mapper.txt" 2>&1 &
	mapper=$!
}

# The guest's capture and dom0's table reads
grantwatch holders -j "$domid" > "$OUT/backends.ndjson"
grep -q '"type":"backend".*"granter":'"$domid"'.*"device":"vbd 51712","state":4' "$OUT/backends.ndjson" ||
	fail "holders does not show the guest's disk: $(tr '\n' ' ' < "$OUT/backends.ndjson")"
gw_watch g1
grantwatch table -j -i 8 "$domid" > "$OUT/changes.ndjson" &
changes=$!
share 'granter grant 64; granter tell; mapper arm; mapper map; mapper hold 14; mapper unmap; granter free'
granted() { [ "$(grantwatch table -j "$domid" | grep -c '"type":"entry"')" -ge 68 ]; }
retry 20 granted || fail "the window was not granted: $(tail -n 2 "$OUT/mapper.txt")"
sleep 2
grantwatch table -j "$domid" > "$OUT/table.ndjson"
grantwatch table -j -c "$OUT/save/local.gwc" "$domid" > "$OUT/held.ndjson"
held=$(grep -c '"held_by":"gntdev in gw-mapper (pid ' "$OUT/held.ndjson" || true)
[ "$held" -ge 64 ] || fail "table names the holder of only $held entries: $(tail -n 3 "$OUT/held.ndjson" | tr '\n' ' ')"
xl debug-keys g
sleep 1
xl dmesg > "$OUT/debug-keys"
wait "$changes"
changed=$(grep -c '"type":"entry-change".*"change":"granted","before":null' "$OUT/changes.ndjson" || true)
say "$changed entries granted within eight seconds"
[ "$changed" -ge 64 ] || fail "table --interval shows only $changed new entries"
gw_stop
grantwatch dump "$OUT/save/d$domid.gwc" > "$OUT/g1.txt"

# read_table FILE: ref and frame of each entry, in hexadecimal
read_table() { sed -n 's/.*"type":"entry".*"ref":\([0-9]*\),"peer":0,"frame":\([0-9]*\),.*/\1 \2/p' "$1" | while read -r ref frame; do
	printf '%x %x\n' "$ref" "$frame"; done | sort; }
read_table "$OUT/table.ndjson" > "$OUT/by-table"
awk '/^grant / && match($0, / ref [0-9]+/) { split(substr($0, RSTART + 5), r, " "); match($0, / frame 0x[0-9a-f]+/); frame[r[1]] = substr($0, RSTART + 9) }
	/^revoke / && / result ok/ && match($0, / ref [0-9]+/) { split(substr($0, RSTART + 5), r, " "); delete frame[r[1]] }
	END { for (ref in frame) printf "%x %s\n", ref, frame[ref] }' "$OUT/g1.txt" | sort > "$OUT/by-guest"
say "$(wc -l < "$OUT/by-table") entries read by dom0, $(wc -l < "$OUT/by-guest") live grants in the guest's capture"
[ "$(wc -l < "$OUT/by-guest")" -ge 64 ] || fail "the guest's capture has only $(wc -l < "$OUT/by-guest") live grants"
missing=$(comm -13 "$OUT/by-table" "$OUT/by-guest" | wc -l)
[ "$missing" = 0 ] || fail "$missing of the guest's grants are not in dom0's table read, or with another frame"

# Xen lists the mapped entries: [0x050] localdom mfn pin localdom gmfn flags
sed -n "/grant-table for remote d$domid /,/grant-table for remote/p; /grant-table for remote d$domid /,/print_all/p" "$OUT/debug-keys" |
	sed -n 's/.*\[0x\([0-9a-f]*\)\] *0 0x[0-9a-f]* 0x[0-9a-f]* *0 0x0*\([0-9a-f]*\) .*/\1 \2/p' | sed 's/^0*\([0-9a-f]\)/\1/' | sort -u > "$OUT/by-xen"
say "$(wc -l < "$OUT/by-xen") mapped entries by Xen's debug key"
[ "$(wc -l < "$OUT/by-xen")" -ge 64 ] || fail "Xen's debug key shows only $(wc -l < "$OUT/by-xen") entries"
missing=$(comm -13 "$OUT/by-table" "$OUT/by-xen" | wc -l)
[ "$missing" = 0 ] || fail "$missing of the entries by Xen's debug key are not in dom0's table read, or with another frame: $(comm -13 "$OUT/by-table" "$OUT/by-xen" | head -n 3 | tr '\n' ';')"
marked=$(grep -cE '"use":"(reading|writing)"' "$OUT/table.ndjson")
[ "$marked" -ge 64 ] || fail "table shows only $marked entries as mapped"
wait "$mapper" || fail "the mapper failed: $(tail -n 2 "$OUT/mapper.txt")"
guest_join g1 "$granter" 30 > /dev/null

# The guest is destroyed while dom0's recorder maps its table, which it does while refs are announced but not mapped (here by
# mapper2). The first process has mapped them, which keeps the domain as a zombie until this process ends. The recorder's map
# of the table must not keep it any longer.
gw_watch
share 'granter grant 64; granter tell; mapper arm; mapper map; mapper2 arm; mapper hold 60'
mapped() { grep -qs privcmd /proc/"$(pgrep -f 'record -q -o - --tier' | head -n 1)"/maps; }
retry 20 mapped || fail "the recorder did not map the guest's table"
sleep 1
guest_stop g1 || true
gone() { ! xl list | awk '{print $2}' | grep -qx "$domid"; }
is_zombie() {
	grantwatch holders -j "$domid" > "$OUT/holders.ndjson" || true
	grep -q '"type":"zombie","schema":1,"granter":'"$domid}" "$OUT/holders.ndjson"
}
retry 10 is_zombie || fail "holders shows no zombie: $(tr '\n' ' ' < "$OUT/holders.ndjson")"
grep -q '"type":"process".*"pages":64' "$OUT/holders.ndjson" || fail "holders does not show the process that maps 64 pages"
grantwatch holders -j -c "$OUT/save/local.gwc" "$domid" > "$OUT/captured.ndjson"
grep -q '"type":"holding".*"granter":'"$domid"'.*"kind":"gntdev".*"refs":64' "$OUT/captured.ndjson" ||
	fail "holders -c does not show who holds 64 refs: $(grep holding "$OUT/captured.ndjson" | tr '\n' ' ')"
pkill -f 'grantwatch repro --role mapper' || true
wait "$mapper" 2> /dev/null || true
retry 10 gone || fail "d$domid is still a zombie: $(xl list | tr '\n' ';')"
say "d$domid is gone"
gw_stop
result ok
