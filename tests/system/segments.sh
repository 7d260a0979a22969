#!/bin/bash
# Several captures of one domain are read as one history: files of a rotation without a gap, two runs of a recorder with a blind
# spot between them. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
has_not() { [ -e "$2" ] && ! grep -qF -e "$1" "$2"; }
boot='fact time 0 key boot_id value 11111111-2222-3333-4444-555555555555'

split() { # NAME SECONDS GAP [OPTION]: makes $out/NAME.1.gwc and $out/NAME.2.gwc from $out/NAME.txt
	local name=$1 file
	shift
	python3 tests/system/segments.py "$1" "$2" "$out/$name.1.txt" "$out/$name.2.txt" "${@:3}" < "$out/$name.txt" || return 1
	for file in "$name.1" "$name.2"; do "$gw" pack --force -o "$out/$file.gwc" "$out/$file.txt" || return 1; done
}

whole() { # NAME: makes $out/NAME.gwc from $out/NAME.txt
	"$gw" pack --force -o "$out/$1.gwc" "$out/$1.txt"
}

run() { # STATUS COMMAND...: grantwatch COMMAND... exits with STATUS; its output goes to $out/run, its errors to $out/err
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
	try "rotation of dom0's capture at $at s: status 2" run 2 analyze -j "$out/d0.2.gwc" "$out/d1.gwc" "$out/d0.1.gwc"
	try "rotation of dom0's capture at $at s: the report is that of one file" cmp "$out/whole.json" "$out/run"
done
split d1 44 none
try "rotation of both captures: status 2" run 2 analyze -j "$out"/d[01].[12].gwc
try "rotation of both captures: the report is that of whole files" cmp "$out/whole.json" "$out/run"
try "rotation of both captures, events: status 0" run 0 events -j "$out"/d[01].[12].gwc
try "rotation of both captures, events: the output is that of whole files" cmp "$out/whole.events" "$out/run"
cp "$out/d0.2.txt" "$out/half.txt"
split half 84 none
mv "$out/half.2.gwc" "$out/d0.3.gwc"
mv "$out/half.1.gwc" "$out/d0.2.gwc"
try "rotation into three files: status 2" run 2 analyze -j "$out"/d0.[123].gwc "$out/d1.gwc"
try "rotation into three files: the report is that of one file" cmp "$out/whole.json" "$out/run"
try "rotation without the second of three files: status 2" run 2 analyze "$out"/d0.[13].gwc "$out/d1.gwc"
try "rotation without the second of three files: a blind spot" has 'between two of its captures' "$out/run"

# --- a recorder that was started again

# case_text NAME DOMAIN MARK: makes the captures of a case, and adds a mark to DOMAIN's text for the split
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
try "clean run with a gap of 0.25 s: status 3" run 3 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
try "clean run with a gap of 0.25 s: a blind spot with its length" has 'd5: nothing was recorded for 0.250 s between two of its captures' "$out/run"
try "clean run with a gap of 0.25 s: no other blind spot" test "$(grep -c 'blind:' "$out/run")" = 1
try "clean run with a gap of 0.25 s, events: status 3" run 3 events "$out/d0.gwc" "$out"/d5.[12].gwc
try "clean run with a gap of 0.25 s, events: an error with the length" has 'nothing was recorded for 0.250 s between captures of d5' "$out/err"
sed -i '/^clock/s/ system 1/ system 11/' "$out/d5.2.txt"
whole d5.2
try "two captures with different clocks: status 1" run 1 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
try "two captures with different clocks: an error" has 'd5.1.gwc and d5.2.gwc are both of d5, and not known to be of one boot' "$out/err"
split d5 1.5 none
try "clean run without a gap: status 0" run 0 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
case_text near-miss d0 101.4
split d0 101.4 0.1
try "announced before a gap, freed after it: status 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "announced before a gap, freed after it: not proven, as a map may be in the gap" has_not 'certainty proven' "$out/run"
try "announced before a gap, freed after it: the finding has the gap" has "d0's capture is incomplete at that time" "$out/run"
case_text stale-map-armed d5 2.5
split d5 2.5 1
try "a late map after a gap in the granter's capture: status 2" run 2 analyze "$out/d0.gwc" "$out"/d5.[12].gwc
grep -A 1 '^BUG: grantwatch: stale-map' "$out/run" > "$out/stale"
try "a late map after a gap in the granter's capture: likely, as a grant may be in the gap" has 'certainty likely' "$out/stale"
case_text stale-map-armed d0 102
split d0 102 0.5
try "announced before a gap, mapped late after it: status 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "announced before a gap, mapped late after it: proven by the frame" has 'certainty proven' "$out/run"

# A guest's recorder is restarted. A ref of the agent's was ended meanwhile, and blkfront granted it again.
head=$(sed -n '/^grantwatch-capture/p; /^fact time 0/p; /^task/p; /^stack/p' tests/cases/baseline-later-grant/d5.txt | sed "/key domid/a $boot")
clock() { echo "clock cpu 0 mono $1 tsc0 1000000 tsc1 1000100 stamp 0 system 10$1 mul 1 shift 0"; }
probe() { echo "probe time $1 state attached events 0xfff name all how fentry and fexit"; }
cat > "$out/again5.1.txt" << END
$head
$(probe 0.4)
$(clock 0.5)
grant out 0.6 task 1 stack 1 ref 80 peer 0 gflags 1 frame 0x1234
end time 1 events 1 lost 0
mark 1
END
cat > "$out/again5.2.txt" << END
$head
phase time 1.1 state attaching
$(probe 1.2)
$(clock 1.3)
phase time 1.4 state recording
mark 1.4
entry in 1.5 out 1.501
  op granter 32752 ref 80 peer 0 eflags 0x1 frame 0xbd3d3
fact time 1.503 key baseline value read
$(clock 9.5)
revoke out 3.95 stack 4 ref 80 result ok
free out 3.950001 stack 4 ref 80
end time 10 events 3 lost 0
mark 10
END
sed "/key domid/a ${boot/1111/2222}" tests/cases/baseline-later-grant/d0.txt > "$out/again0.txt"
for n in again0 again5.1 again5.2; do whole $n; done
try "granted anew while the recorder was restarted: status 3" run 3 analyze "$out"/again*.gwc
try "granted anew while the recorder was restarted: only the gap is a blind spot" test "$(grep -c 'blind:' "$out/run")" = 1
try "granted anew while the recorder was restarted, events: the baseline begins a generation" sh -c \
	'"$1" events "$2"/again*.gwc 2> /dev/null | grep -q "table-read 5:80 *2 "' - "$gw" "$out"

# --- captures which are no history

try "a capture and a part of it: status 1" run 1 analyze "$out/d0.gwc" "$out/d0.2.gwc" "$out/d5.gwc"
try "a capture and a part of it: the error says that they overlap" has 'd0.gwc and d0.2.gwc are both of d0 and overlap in time: give one capture per domain' "$out/err"
try "a capture and a part of it, holders: status 1" run 1 holders --capture "$out/d0.gwc" --capture "$out/d0.2.gwc"
try "a capture and a part of it, holders: the error says that they overlap" has 'overlap in time' "$out/err"
split d0 102 0.5 --other-boot
try "captures of two boots: status 1" run 1 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
try "captures of two boots: an error" has 'd0.1.gwc and d0.2.gwc are both of d0, and not known to be of one boot' "$out/err"
sed -i /boot_id/d "$out"/d0.[12].txt
for n in 1 2; do whole d0.$n; done
try "captures without a boot's id: status 1" run 1 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
sed -i '/key domid/a fact time 0 key boot_time value 1000.5' "$out/d0.1.txt"
sed -i '/key domid/a fact time 0 key boot_time value 1003.5' "$out/d0.2.txt"
for n in 1 2; do whole d0.$n; done
try "captures without a boot's id, with close boot times: status 2" run 2 analyze "$out"/d0.[12].gwc "$out/d5.gwc"
printf 'grantwatch-capture 1\nfact time 200 key domid value 0\n%s\nphase time 200 state attaching\nmark 200\n' "$boot" > "$out/none.txt"
whole none
try "a capture that ended while attaching: status 2" run 2 analyze "$out"/d0.[12].gwc "$out/none.gwc" "$out/d5.gwc"
try "a capture that ended while attaching: a message that it is left out" has 'none.gwc: nothing was recorded, it is left out' "$out/err"
done_testing
