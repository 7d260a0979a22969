#!/bin/bash
# watch --log: lines that are added to a guest's console log are matched with findings; older lines are ignored. TAP.
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
# A line of the finding, half a line of no finding which ends later, and a line of zeros that is longer than the limit
echo '[41.9] vbd vbd-51728: backed has not unmapped grant: 155' >> "$log"
printf '[42.0] xen:grant_table: WARNING: g.e. 0x222 ' >> "$log"
sleep 1
printf 'still in use!\n%05000d\n' 0 >> "$log"
# Two parts of a line, as container runtimes write them. The first has 16 KiB.
printf '2026-03-30T12:53:08.123456789Z stderr P [42.5] %016300d xen:grant_table: WARNING: g.e. 0x777 ' 0 >> "$log"
printf '\n2026-03-30T12:53:08.123456790Z stderr F still in use!\n' >> "$log"
# A line with a NUL byte and an escape sequence
printf '[43.0] \0\033[31m xen:grant_table: WARNING: leaking g.e. 0x333 and page\n' >> "$log"
sleep 3.5
# A rotation that copies and truncates the file
: > "$log"
sleep 0.5
echo '[44.0] xen:grant_table: WARNING: leaking g.e. 0x444 and page' >> "$log"
sleep 0.5
# A rotation that renames the file
mv "$log" "$log.1"
echo '[44.5] xen:grant_table: WARNING: g.e. 0x555 still in use!' >> "$log.1"
sleep 1
echo '[45.0] xen:grant_table: WARNING: g.e. 0x666 still in use!' > "$log"
sleep 2
kill -TERM $pid
wait $pid
try "watch exits with 2" test $? = 2
awk '/^BUG: grantwatch: stale-map/ { on = 1 } /^fingerprint/ { on = 0 } on' "$out/report" > "$out/race"
try "a line of the finding is in its report" has 'backed has not unmapped grant: 155' "$out/race"
try "a line of no finding is reported separately" has '0x222' "$out/report"
try "the parts of a line are joined" has '0x777' "$out/report"
try "a NUL byte does not hide the rest of a line" has '0x333' "$out/report"
try "an escape sequence is not in the report" has_not $'\033' "$out/report"
try "lines after the file was truncated are read" has '0x444' "$out/report"
try "lines before the file was renamed are read" has '0x555' "$out/report"
try "lines of the new file after renaming are read" has '0x666' "$out/report"
try "lines from before the start are not read" has_not '0x111' "$out/report"
try "there is no error about the log" has_not "$log" "$out/err"
mkfifo "$out/fifo"
timeout 5 "$gw" watch --no-local --log "$out/fifo" -s 5=true 2> "$out/err" &
exec 9> "$out/fifo"
wait $!
try "a pipe as log: status 1" test $? = 1
try "a pipe as log: an error" has 'only a file can be followed' "$out/err"
"$gw" watch --no-local --log "$out/none" -s 5=true 2> "$out/err"
try "a missing log: status 1" test $? = 1
done_testing
