#!/bin/bash
# events --follow: captures that grow, end, are rotated or stall; Ctrl-C; captures of a running watch. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null; rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
rows() { grep -vc '^#' "$out/got"; }
# appears NUMBER: waits until so many rows are printed, ten seconds at most
appears() {
	for _ in $(seq 100); do
		[ "$(rows)" -lt "$1" ] || return 0
		sleep 0.1
	done
	echo "only $(rows) rows"
	return 1
}
follow() { # ARGUMENT...: starts `events --follow ARGUMENT...`
	"$gw" events --follow "$@" > "$out/got" 2> "$out/err" &
	pid=$!
}
ends() { # STATUS [SIGNAL]: it ends with STATUS, after SIGNAL if one is given
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

# --- captures that grow

grow=$out/grow
mkdir "$grow"
size() { stat -c %s "$out/$1.gwc"; }
half() { head -c $(($(size "$1") / 2 + 11)) "$out/$1.gwc" > "$grow/$1.gwc"; }
rest() { tail -c +$(($(size "$1") / 2 + 12)) "$out/$1.gwc" >> "$grow/$1.gwc"; }
half d0
half d1
follow "$grow/d0.gwc" "$grow/d1.gwc"
try "growing captures: events before the earlier end are printed" appears 100
first=$(rows)
try "growing captures: later events are not printed" test "$first" -lt "$all"
rest d1
sleep 1
try "growing captures: events wait for the slower capture" test "$(rows)" -lt "$all"
rest d0
try "growing captures: all events are printed" appears "$all"
try "growing captures: status 0 when both have ended" ends 0
try "growing captures: the output is that of whole captures" cmp "$out/all" "$out/got"
try "growing captures: no error" test ! -s "$out/err"

# --- Ctrl-C

half d0
half d1
follow "$grow/d0.gwc" "$grow/d1.gwc"
appears 100
try "SIGTERM: status 0" ends 0 TERM
try "SIGTERM: all events so far are printed" cmp <("$gw" events "$grow/d0.gwc" "$grow/d1.gwc" 2> /dev/null) "$out/got"
try "SIGTERM: no error" test ! -s "$out/err"
follow -j "$grow/d0.gwc" "$grow/d1.gwc"
appears 100
ends 0 TERM
try "SIGTERM: JSON ends with the number of events" test "$(tail -n 1 "$out/got")" = "{\"type\":\"events\",\"schema\":1,\"read\":$(($(wc -l < "$out/got") - 1)),\"shown\":$(($(wc -l < "$out/got") - 1)),\"exit\":0}"
follow --ref 1:155 --mapper blkback "$grow/d0.gwc" "$grow/d1.gwc"
sleep 1
ends 0 TERM
try "filters: only events of the ref" test "$(awk '!/^#/ && $5 != "1:155" { bad = 1 } END { print bad + 0 }' "$out/got")" = 0

# --- a capture that stops growing

cp "$out/d1.gwc" "$grow/d1.gwc"
follow "$grow/d0.gwc" "$grow/d1.gwc"
try "stalled capture: after ten seconds the others' events are printed" sh -c 'sleep 13; [ "$(grep -c " d1 " "$1")" -gt 5000 ]' - "$out/got"
try "stalled capture: an error" has 'd0.gwc: does not grow' "$out/err"
try "stalled capture: status 3" ends 3 TERM

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
try "rotation: the new file is read" appears "$all"
try "rotation: status 0" ends 0
try "rotation: the output is that of one file" cmp "$out/all" "$out/got"
mv "$grow/d0.gwc" "$grow/d0.gwc.new"
cp "$out/a.gwc" "$grow/d0.gwc"
follow "$grow/d0.gwc" "$grow/d1.gwc"
sleep 0.5
mv "$grow/d0.gwc" "$grow/d0.gwc.1"
cp tests/system/segments.py "$grow/d0.gwc"
try "replaced by another file: the capture ends there, status 0" ends 0
try "replaced by another file: a message" has 'another file has its name now' "$out/err"
mv "$grow/d0.gwc.new" "$grow/d0.gwc"
follow "$grow/d0.gwc.1" "$grow/d0.gwc" "$grow/d1.gwc"
try "both files of a rotation: status 0" ends 0
try "both files of a rotation: the output is that of one file" cmp "$out/all" "$out/got"

# --- captures of a running watch

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
try "running watch: events of its saved captures are printed" appears 100
try "running watch: it has not ended then" kill -0 $watch
wait $watch
try "running watch: status 0 when it has ended" ends 0
try "running watch: the output is that of the finished captures" cmp "$out/all" "$out/got"

# --- arguments that cannot be followed

mkfifo "$out/fifo"
"$gw" events --follow "$out/fifo" > /dev/null 2> "$out/err" &
pid=$!
cat "$out/d0.gwc" > "$out/fifo"
try "a pipe: status 1" ends 1
try "a pipe: an error" has 'only a file can be followed' "$out/err"
follow --around 1 "$grow/d0.gwc"
try "--around: status 1" ends 1
try "--around: an error" has '--follow goes without --around' "$out/err"
done_testing
