#!/bin/bash
# events --follow: captures that grow, end, are rotated, stall, and Ctrl-C. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null; rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
rows() { grep -vc '^#' "$out/got"; }
# appears NUMBER: so many rows are there in time
appears() {
	for _ in $(seq 100); do
		[ "$(rows)" -lt "$1" ] || return 0
		sleep 0.1
	done
	echo "only $(rows) rows"
	return 1
}
follow() { # ARGUMENT...: in the background
	"$gw" events --follow "$@" > "$out/got" 2> "$out/err" &
	pid=$!
}
ends() { # STATUS [SIGNAL]
	local status=0
	[ -z "${2-}" ] || kill "-$2" "$pid"
	timeout 20 tail --pid="$pid" -f /dev/null
	wait "$pid" || status=$?
	pid=
	[ $status = "$1" ] || { echo "ended with $status: $(tail -n 2 "$out/err")"; return 1; }
}

boot='fact time 0 key boot_id value 11111111-2222-3333-4444-555555555555'
for d in d0 d1; do
	xz -dc "tests/captures/race/$d.gwc.xz" > "$out/raw"
	"$gw" dump "$out/raw" | sed "/key domid/a $boot" > "$out/$d.txt"
	"$gw" pack -o "$out/$d.gwc" "$out/$d.txt"
done
"$gw" events "$out/d0.gwc" "$out/d1.gwc" > "$out/all"
all=$(grep -vc '^#' "$out/all")

# --- files that grow

grow=$out/grow
mkdir "$grow"
size() { stat -c %s "$out/$1.gwc"; }
half() { head -c $(($(size "$1") / 2 + 11)) "$out/$1.gwc" > "$grow/$1.gwc"; }
rest() { tail -c +$(($(size "$1") / 2 + 12)) "$out/$1.gwc" >> "$grow/$1.gwc"; }
half d0
half d1
follow "$grow/d0.gwc" "$grow/d1.gwc"
try "what both captures have is printed" appears 100
first=$(rows)
try "and no more" test "$first" -lt "$all"
rest d1
sleep 1
try "what one of them may still precede waits" test "$(rows)" -lt "$all"
rest d0
try "what comes later is printed" appears "$all"
try "the end of both recorders is the end: 0" ends 0
try "the same as of whole captures" cmp "$out/all" "$out/got"
try "nothing is complained of" test ! -s "$out/err"

# --- Ctrl-C

half d0
half d1
follow "$grow/d0.gwc" "$grow/d1.gwc"
appears 100
try "Ctrl-C ends it: 0" ends 0 TERM
try "with all that was there" cmp <("$gw" events "$grow/d0.gwc" "$grow/d1.gwc" 2> /dev/null) "$out/got"
try "which is not complained of" test ! -s "$out/err"
follow -j "$grow/d0.gwc" "$grow/d1.gwc"
appears 100
ends 0 TERM
try "JSON ends with the number of events" test "$(tail -n 1 "$out/got")" = "{\"type\":\"events\",\"schema\":1,\"read\":$(($(wc -l < "$out/got") - 1)),\"shown\":$(($(wc -l < "$out/got") - 1)),\"exit\":0}"
follow --ref 1:155 --mapper blkback "$grow/d0.gwc" "$grow/d1.gwc"
sleep 1
ends 0 TERM
try "filters hold" test "$(awk '!/^#/ && $5 != "1:155" { bad = 1 } END { print bad + 0 }' "$out/got")" = 0

# --- a capture that stops to grow

cp "$out/d1.gwc" "$grow/d1.gwc"
follow "$grow/d0.gwc" "$grow/d1.gwc"
try "a capture that does not grow for ten seconds is not waited for" sh -c 'sleep 13; [ "$(grep -c " d1 " "$1")" -gt 5000 ]' - "$out/got"
try "which is said" has 'd0.gwc: does not grow' "$out/err"
try "and is a blind spot: 3" ends 3 TERM

# --- a rotation

python3 tests/system/segments.py 80 none "$out/a.txt" "$out/b.txt" < "$out/d0.txt"
for n in a b; do "$gw" pack -o "$out/$n.gwc" "$out/$n.txt"; done
cp "$out/a.gwc" "$grow/d0.gwc"
follow "$grow/d0.gwc" "$grow/d1.gwc"
sleep 0.5
mv "$grow/d0.gwc" "$grow/d0.gwc.1"
head -c 1000 "$out/b.gwc" > "$grow/d0.gwc"
sleep 0.5
tail -c +1001 "$out/b.gwc" >> "$grow/d0.gwc"
try "a rotated capture goes on in the file that has its name" appears "$all"
try "to its end: 0" ends 0
try "the same as of one file" cmp "$out/all" "$out/got"
mv "$grow/d0.gwc" "$grow/d0.gwc.new"
cp "$out/a.gwc" "$grow/d0.gwc"
follow "$grow/d0.gwc" "$grow/d1.gwc"
sleep 0.5
mv "$grow/d0.gwc" "$grow/d0.gwc.1"
cp tests/system/segments.py "$grow/d0.gwc"
try "what has its name then may be no capture: the one before was whole, 0" ends 0
try "which is said" has 'another file has its name now' "$out/err"
mv "$grow/d0.gwc.new" "$grow/d0.gwc"
follow "$grow/d0.gwc.1" "$grow/d0.gwc" "$grow/d1.gwc"
try "a rotation from its first file on: 0" ends 0
try "the same as of one file" cmp "$out/all" "$out/got"

# --- a running watch

mkdir "$out/save"
for d in d0 d1; do
	head -c $(($(size $d) / 2)) "$out/$d.gwc" > "$out/$d.first"
	tail -c +$(($(size $d) / 2 + 1)) "$out/$d.gwc" > "$out/$d.last"
done
slow() { echo "sh -c 'cat $out/$1.first; sleep 3; cat $out/$1.last'"; }
"$gw" watch -q --no-local --save "$out/save" -o "$out/report" -s "0=$(slow d0)" -s "1=$(slow d1)" &
watch=$!
for _ in $(seq 50); do [ ! -s "$out/save/d1.gwc" ] || [ ! -s "$out/save/d0.gwc" ] || break; sleep 0.1; done
follow "$out/save/d0.gwc" "$out/save/d1.gwc"
try "what a running watch saves is printed" appears 100
try "before it is over" kill -0 $watch
wait $watch
try "to its end: 0" ends 0
try "the same as afterwards" cmp "$out/all" "$out/got"

# --- what it does not take

mkfifo "$out/fifo"
"$gw" events --follow "$out/fifo" > /dev/null 2> "$out/err" &
pid=$!
cat "$out/d0.gwc" > "$out/fifo"
try "a pipe: 1" ends 1
try "why" has 'only a file can be followed' "$out/err"
follow --around 1 "$grow/d0.gwc"
try "--around: 1" ends 1
try "why" has '--follow goes without --around' "$out/err"
done_testing
