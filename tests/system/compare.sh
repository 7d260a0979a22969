#!/bin/bash
# compare: worse rates are told apart from more work; also runs with rotated captures. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# rates NAME SECONDS FINDINGS ROW [LOST] [REUSES] [REUSE-P10] [REUSE-P50]: writes $out/NAME.json; ROW is "grants frees refused deferrals maps
# failed"
rates() {
	local row
	read -r -a row <<< "$4"
	printf '{"type":"rates","schema":1,"seconds":%s,"lost":%s,"kernels":"d0 6.1.0","findings":{%s},"subsystems":[{"kind":"blkfront",' \
		"$2" "${5:-0}" "$3" > "$out/$1.json"
	printf '"grants":%s,"frees":%s,"refused_ends":%s,"deferrals":%s,"maps":%s,"unmaps":0,"failed_maps":%s,' "${row[@]}" >> "$out/$1.json"
	printf '"reuse":{"count":%s,"p10_ns":%s,"p50_ns":%s,"p90_ns":9000000}}],"domains":[]}\n' "${6:-0}" "${7:-0}" "${8:-${7:-0}}" >> "$out/$1.json"
}

# change OLD NEW WHAT: the change of line WHAT, as compare prints it
change() {
	"$gw" compare -j "$out/$1.json" "$out/$2.json" | sed -n "s/.*\"what\":\"$3\".*\"change\":\"\([a-z]*\)\".*/\1/p"
}

# compares STATUS OLD NEW: compare exits with STATUS
compares() {
	local status=0
	"$gw" compare "$out/$2.json" "$out/$3.json" > "$out/text" 2> "$out/err" || status=$?
	[ $status = "$1" ] || { echo "ended with $status"; cat "$out/text" "$out/err"; return 1; }
}

rates old 100 '' '10000 9000 100 50 10000 40'
rates busy 100 '' '50000 45000 500 250 50000 200'
try "five times the work at the same rates: status 0" compares 0 old busy
is "more grants are 'more'" "$(change old busy 'blkfront grants')" more
is "fewer maps are 'less'" "$(change busy old 'blkfront maps')" less
is "more refused ends, of more ends, are 'same'" "$(change old busy 'blkfront refused_ends')" same
rates dear 100 '' '10000 9000 400 50 10000 40'
try "a larger part of the ends is refused: status 2" compares 2 old dear
is "a larger part of refused ends is 'worse'" "$(change old dear 'blkfront refused_ends')" worse
try "the part of refused ends is printed in per cent" grep -q '^blkfront refused_ends  *1.10 %  *4.26 %  worse' "$out/text"
is "a smaller part of refused ends is 'better'" "$(change dear old 'blkfront refused_ends')" better
rates denied 100 '' '10000 9000 100 50 10000 400'
is "a larger part of failed maps is 'worse'" "$(change old denied 'blkfront failed_maps')" worse

rates one 100 '"stale-map":1' '10000 9000 100 50 10000 40'
rates short 10 '"stale-map":1' '1000 900 10 5 1000 4'
rates many 100 '"stale-map":30' '10000 9000 100 50 10000 40'
try "the first race: status 2" compares 2 old one
is "the first race is 'worse'" "$(change old one stale-map)" worse
try "one race in a tenth of the time: status 0" compares 0 one short
is "one race in a tenth of the time is 'few'" "$(change one short stale-map)" few
is "no race after one race is 'few'" "$(change one old stale-map)" few
is "thirty races after one are 'worse'" "$(change one many stale-map)" worse
is "one race after thirty is 'better'" "$(change many one stale-map)" better
rates told 100 '"deferral":9' '10000 9000 100 50 10000 40'
try "more deferrals, which are routine: status 0" compares 0 old told

rates far 100 '' '10000 9000 100 50 10000 40' 0 5000 8000000
rates near 100 '' '10000 9000 100 50 10000 40' 0 5000 2000000
try "refs are reused sooner: status 2" compares 2 far near
is "refs reused sooner are 'worse'" "$(change far near 'blkfront re-use p10')" worse
rates wide 100 '' '10000 9000 100 50 10000 40' 0 5000 2000000 8000000
rates shifted 100 '' '10000 9000 100 50 10000 40' 0 5000 500000 3000000
try "refs are reused sooner, but half of them not sooner than nine of ten before: status 0" compares 0 wide shifted
is "times of reuse that overlap are 'same'" "$(change wide shifted 'blkfront re-use p50')" same
rates soon 100 '' '10000 9000 100 50 10000 40' 0 5000 500000 1900000
is "half of the refs reused sooner than nine of ten before are 'worse'" "$(change wide soon 'blkfront re-use p50')" worse
is "refs reused later are 'better'" "$(change near far 'blkfront re-use p10')" better

rates lossy 100 '' '10000 9000 100 50 10000 40' 7
try "the new run lost events: status 3" compares 3 old lossy
try "the new run lost events: the output has the number" grep -q '^blind: 7 events of the new run are lost' "$out/text"
try "the old run lost events: status 0" compares 0 lossy old
rates lossy-race 100 '"stale-map":1' '10000 9000 100 50 10000 40' 7
try "the new run lost events and has a race: status 2" compares 2 old lossy-race

# A directory of captures, and the same captures with one of them rotated
mkdir "$out/whole" "$out/rotated"
for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/whole/$d.gwc"; done
"$gw" dump "$out/whole/d0.gwc" | sed '/key domid/a fact time 0 key boot_id value 11111111-2222-3333-4444-555555555555' > "$out/d0.txt"
python3 tests/system/segments.py 82 none "$out/1.txt" "$out/2.txt" < "$out/d0.txt"
"$gw" pack -o "$out/rotated/d0.gwc.1" "$out/1.txt" && "$gw" pack -o "$out/rotated/d0.gwc" "$out/2.txt"
cp "$out/whole/d1.gwc" "$out/rotated/"
touch "$out/rotated/notes.1" "$out/rotated/gwc.1"
"$gw" compare -j "$out/whole" "$out/rotated" > "$out/lines" 2> "$out/err"
is "the files of a rotation are one capture: status 0" "$?" 0
try "the files of a rotation have the counts of the whole capture" python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
changes = [line for line in lines if line["type"] == "change"]
assert len(changes) > 10, len(changes)
bad = [line for line in changes if line["old_count"] != line["new_count"] or line["change"] not in ("same", "few")]
assert not bad, bad' "$out/lines"
try "the files of a rotation cause no error" test ! -s "$out/err"
python3 tests/system/segments.py 82 none "$out/1.txt" "$out/2.txt" --other-boot < "$out/d0.txt"
"$gw" pack --force -o "$out/rotated/d0.gwc" "$out/2.txt"
try_status 1 "captures of two boots in one directory: status 1" "$gw" compare "$out/whole" "$out/rotated"
done_testing
