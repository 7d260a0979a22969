#!/bin/bash
# Several captures of one domain are read as one history: a rotation as if it were one file, two runs of a recorder with a blind spot between them. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
has_not() { [ -e "$2" ] && ! grep -qF -e "$1" "$2"; }
boot='fact time 0 key boot_id value 11111111-2222-3333-4444-555555555555'

split() { # TEXT SECONDS GAP [OPTION]: $out/NAME.1.gwc and $out/NAME.2.gwc of $out/NAME.txt
	local name=$1 file
	shift
	python3 tests/system/segments.py "$1" "$2" "$out/$name.1.txt" "$out/$name.2.txt" "${@:3}" < "$out/$name.txt" || return 1
	for file in "$name.1" "$name.2"; do "$gw" pack --force -o "$out/$file.gwc" "$out/$file.txt" || return 1; done
}

whole() { # NAME: $out/NAME.gwc of $out/NAME.txt
	"$gw" pack --force -o "$out/$1.gwc" "$out/$1.txt"
}

run() { # STATUS COMMAND...: ended with STATUS; its output is in $out/run, its errors in $out/err
	local want=$1 status=0
	shift
	"$gw" "$@" > "$out/run" 2> "$out/err" || status=$?
	[ $status = "$want" ] || echo "# $*: $status, not $want: $(tail -n 2 "$out/err")"
	[ $status = "$want" ]
}

# --- a rotation

for d in d0 d1; do
	xz -dc "tests/captures/race/$d.gwc.xz" > "$out/raw.gwc"
	"$gw" dump "$out/raw.gwc" | sed "/key domid/a $boot" > "$out/$d.txt"
	whole "$d"
done
"$gw" analyze -j "$out/d0.gwc" "$out/d1.gwc" > "$out/whole.json"
"$gw" events -j "$out/d0.gwc" "$out/d1.gwc" > "$out/whole.events"
for at in 78 82; do
	split d0 $at none
	try "dom0 in two files, from $at s on in the second: 2" run 2 analyze -j "$out/d0.2.gwc" "$out/d1.gwc" "$out/d0.1.gwc"
	try "byte for byte the answer of one file" cmp "$out/whole.json" "$out/run"
done
split d1 44 none
try "both domains in two files: 2" run 2 analyze -j "$out"/d[01].[12].gwc
try "byte for byte the answer of one file each" cmp "$out/whole.json" "$out/run"
try "events of both: 0" run 0 events -j "$out"/d[01].[12].gwc
try "the same events" cmp "$out/whole.events" "$out/run"
cp "$out/d0.2.txt" "$out/half.txt"
split half 84 none
mv "$out/half.2.gwc" "$out/d0.3.gwc"
mv "$out/half.1.gwc" "$out/d0.2.gwc"
try "dom0 in three files: 2" run 2 analyze -j "$out"/d0.[123].gwc "$out/d1.gwc"
try "byte for byte the answer of one file" cmp "$out/whole.json" "$out/run"
try "the one in the middle is missing: 2" run 2 analyze "$out"/d0.[13].gwc "$out/d1.gwc"
try "what was not recorded is a blind spot" has 'between two of its captures' "$out/run"

# --- a recorder that was started again

# case NAME DOMAIN MARK: its captures, DOMAIN's with a mark where it is split
case_text() {
	local d
	for d in d0 d5; do
		sed "/key domid/a $boot" "tests/cases/$1/$d.txt" > "$out/$d.txt"
		whole $d
	done
	awk -v at="$3" '/ out / && !done { for (i = 1; i < NF; i++) if ($i == "out" && $(i + 1) > at) { print "mark " at; done = 1 } } { print }' \
		"$out/$2.txt" > "$out/marked" && mv "$out/marked" "$out/$2.txt"
}

case_text clean-cycle d5 1.5
split d5 1.5 0.25
try "nothing happened, but a quarter of a second is missing: 3" run 3 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
try "which is a blind spot with its length" has 'd5: nothing was recorded for 0.250 s between two of its captures' "$out/run"
try "and the only one" test "$(grep -c 'blind:' "$out/run")" = 1
try "events of it: 3" run 3 events "$out/d0.gwc" "$out"/d5.[12].gwc
try "for that reason" has 'nothing was recorded for 0.250 s between captures of d5' "$out/err"
sed -i '/^clock/s/ system 1/ system 11/' "$out/d5.2.txt"
whole d5.2
try "a guest on another host, or after it booted: 1" run 1 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
try "which is said" has 'd5.1.gwc and d5.2.gwc are both of d5, and not known to be of one boot' "$out/err"
split d5 1.5 none
try "the same without a gap: 0" run 0 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
case_text near-miss d0 101.4
split d0 101.4 0.1
try "an announced ref is freed, after the gap: 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "not proven: it may have been mapped in the gap" has_not 'certainty proven' "$out/run"
try "which the finding says" has "d0's capture is incomplete at that time" "$out/run"
case_text stale-map-armed d5 2.5
split d5 2.5 1
try "the grant that a process mapped late may not be the last one before the map: 2" run 2 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
grep -A 1 '^BUG: grantwatch: stale-map' "$out/run" > "$out/stale"
try "that it did is likely" has 'certainty likely' "$out/stale"
case_text stale-map-armed d0 102
split d0 102 0.5
try "announced before the gap, mapped after it: 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "the frame still proves which grant it was" has 'certainty proven' "$out/run"

# --- what is not one history

try "a capture and a part of it: 1" run 1 analyze "$out/d0.gwc" "$out/d0.2.gwc" "$out/d5.gwc"
try "they overlap" has 'd0.gwc and d0.2.gwc are both of d0 and overlap in time: give one capture per domain' "$out/err"
try "holders says so as well" run 1 holders --capture "$out/d0.gwc" --capture "$out/d0.2.gwc"
try "in the same words" has 'overlap in time' "$out/err"
split d0 102 0.5 --other-boot
try "of another boot: 1" run 1 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "which is said" has 'd0.1.gwc and d0.2.gwc are both of d0, and not known to be of one boot' "$out/err"
sed -i /boot_id/d "$out"/d0.[12].txt
for n in 1 2; do whole d0.$n; done
try "of a boot that is not known: 1" run 1 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
sed -i '/key domid/a fact time 0 key boot_time value 1000.5' "$out/d0.1.txt"
sed -i '/key domid/a fact time 0 key boot_time value 1003.5' "$out/d0.2.txt"
for n in 1 2; do whole d0.$n; done
try "booted at the same time, give or take a clock that was set: 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
printf 'grantwatch-capture 1\nfact time 200 key domid value 0\n%s\nphase time 200 state attaching\nmark 200\n' "$boot" > "$out/none.txt"
whole none
try "one that ended while it attached its probes is left out: 2" run 2 analyze "$out"/d0.[12].gwc "$out/none.gwc" "$out/d5.gwc"
try "which is said" has 'none.gwc: nothing was recorded, it is left out' "$out/err"
done_testing
