#!/bin/bash
# watch --log: a guest's console that grows is matched with what is found; what stood in it before is not. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
has_not() { [ -e "$2" ] && ! grep -qF -e "$1" "$2"; }

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
log=$out/guest-g1.log
echo '[1.0] xen:grant_table: WARNING: g.e. 0x111 still in use!' > "$log"
"$gw" watch --no-local -o "$out/report" --ready-file "$out/ready" --log "1=$log" \
	-s "0=sh -c 'cat $out/d0.gwc; exec sleep 20'" -s "1=sh -c 'cat $out/d1.gwc; exec sleep 20'" 2> "$out/err" &
pid=$!
for _ in $(seq 100); do [ ! -e "$out/ready" ] || break; sleep 0.05; done
# of the finding; of none; half a line that ends later; a line without end; a byte that ends strings, an escape sequence
echo '[41.9] vbd vbd-51728: backed has not unmapped grant: 155' >> "$log"
printf '[42.0] xen:grant_table: WARNING: g.e. 0x222 ' >> "$log"
sleep 1
printf 'still in use!\n%05000d\n' 0 >> "$log"
# parts of a line, as Kubernetes' runtimes write them: the first of 16 KiB
printf '2026-03-30T12:53:08.123456789Z stderr P [42.5] %016300d xen:grant_table: WARNING: g.e. 0x777 ' 0 >> "$log"
printf '\n2026-03-30T12:53:08.123456790Z stderr F still in use!\n' >> "$log"
printf '[43.0] \0\033[31m xen:grant_table: WARNING: leaking g.e. 0x333 and page\n' >> "$log"
sleep 3.5
# rotated by copying and cutting
: > "$log"
sleep 0.5
echo '[44.0] xen:grant_table: WARNING: leaking g.e. 0x444 and page' >> "$log"
sleep 0.5
# rotated by renaming
mv "$log" "$log.1"
echo '[44.5] xen:grant_table: WARNING: g.e. 0x555 still in use!' >> "$log.1"
sleep 1
echo '[45.0] xen:grant_table: WARNING: g.e. 0x666 still in use!' > "$log"
sleep 2
kill -TERM $pid
wait $pid
try "the verdict stands" test $? = 2
awk '/^BUG: grantwatch: stale-map/ { on = 1 } /^fingerprint/ { on = 0 } on' "$out/report" > "$out/race"
try "a line of the finding is its evidence" has 'backed has not unmapped grant: 155' "$out/race"
try "a line that nothing explains stands alone" has '0x222' "$out/report"
try "parts of a line are put together" has '0x777' "$out/report"
try "a byte that ends strings hides nothing" has '0x333' "$out/report"
try "nor does an escape sequence come through" has_not $'\033' "$out/report"
try "what comes after a cut is read" has '0x444' "$out/report"
try "what comes before it is renamed is read" has '0x555' "$out/report"
try "what comes under its name afterwards is read" has '0x666' "$out/report"
try "what stood there before is not" has_not '0x111' "$out/report"
try "nothing is complained of" has_not "$log" "$out/err"
mkfifo "$out/fifo"
timeout 5 "$gw" watch --no-local --log "$out/fifo" -s 5=true 2> "$out/err" &
exec 9> "$out/fifo"
wait $!
try "a pipe cannot be followed" test $? = 1
try "which is said" has 'only a file can be followed' "$out/err"
"$gw" watch --no-local --log "$out/none" -s 5=true 2> "$out/err"
try "nor what is not there" test $? = 1
done_testing
