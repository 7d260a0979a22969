#!/bin/bash
# grantwatch events: filters, --around, wall clocks, hostile and damaged captures. tests/golden has its output
# for whole cases. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# says STATUS PATTERN ARGUMENT...: events ARGUMENT... exits with STATUS and prints PATTERN on standard error
says() {
	local status=$1 pattern=$2
	shift 2
	"$gw" events "$@" > "$out/stdout" 2> "$out/stderr"
	[ $? = "$status" ] && grep -qE -e "$pattern" "$out/stderr" || { cat "$out/stderr"; return 1; }
}
# rows EXPECTED ARGUMENT...: events ARGUMENT... prints so many lines, without headings
rows() {
	local expected=$1 got
	shift
	got=$("$gw" events "$@" 2> "$out/stderr" | grep -vc '^#')
	[ "$got" = "$expected" ] || { echo "$got rows"; cat "$out/stderr"; return 1; }
}
# every AWK-CONDITION ARGUMENT...: events ARGUMENT... prints at least one line, and the condition holds for each
every() {
	local condition=$1
	shift
	"$gw" events "$@" 2> /dev/null | awk "/^#/ { next } { n++ } !($condition) { print; bad = 1 } END { exit bad || !n }"
}
# all_json PYTHON-EXPRESSION ARGUMENT...: the expression is true for each event e of `events -j ARGUMENT...`
all_json() {
	local expression=$1
	shift
	"$gw" events -j "$@" 2> /dev/null | python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
last, events = lines[-1], lines[:-1]
assert last["type"] == "events" and last["shown"] == len(events), last
bad = [e for e in events if not eval(sys.argv[1])]
for e in bad[:3]: print(e)
sys.exit(bool(bad) or not events)' "$expression"
}

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
race=("$out/d0.gwc" "$out/d1.gwc")
all=$("$gw" events -j "${race[@]}" | sed -n '$s/.*"read":\([0-9]*\).*/\1/p')

try "all operations are printed" rows "$all" "${race[@]}"
try "the order of the files does not matter" cmp <("$gw" events "${race[@]}") <("$gw" events "$out/d1.gwc" "$out/d0.gwc")
try "events are in the order of time" all_json 'e["system_ns"] >= events[max(events.index(e), 1) - 1]["system_ns"] - 256' --ref 1:155 "${race[@]}"
try "--ref REF: only events of this ref" every '$5 == "1:155"' --ref 155 "${race[@]}"
try "--ref DOMID:REF: only events of this granter's ref" every '$5 == "1:155"' --ref 1:0x9b "${race[@]}"
try "--ref twice: events of either ref" every '$5 == "1:155" || $5 == "1:19"' --ref 155 --ref 19 "${race[@]}"
try "--ref of another granter: no event" says 0 "none of $all events is wanted" --ref 2:155 "${race[@]}"
try "--domid: only events of this domain and its grants" every '$3 == "d0" || $5 ~ /^0:/' --domid 0 "${race[@]}"
try "--domid: also maps of its grants by other domains" sh -c '"$0" events --domid 1 "$@" | grep -q " d0   map "' "$gw" "${race[@]}"
try "--owner: events of a subsystem" every '$7 == "blkfront"' --owner blkfront "${race[@]}"
try "--owner: events of a program" every '$7 == "gntalloc/gui-agent"' --owner gui-agent "${race[@]}"
try "--mapper: events of a program" every '$9 == "gntdev/gui-daemon(278)" && $4 ~ /announce|withdraw|map/' --mapper gui-daemon "${race[@]}"
try "--since and --until: events between the two times" every '$1 >= 89.8 && $1 <= 89.9' --since 89.8 --until 89.9 "${race[@]}"
try "several filters: events which pass all of them" every '$5 == "1:155" && $9 ~ /gui-daemon/ && $1 > 89' \
	--ref 155 --mapper gntdev --since 89 "${race[@]}"
try "--since: an error for what is no time" says 1 'error: --since yesterday: give seconds' --since yesterday "${race[@]}"
try "--since: an error for a date if the captures have no wall clock" says 1 'the captures have no wall-clock time' --since 2026-03-30T12:53:08 "${race[@]}"
try "--ref: an error for what is no ref" says 1 'error: --ref 1:: give a ref' --ref 1: "${race[@]}"
try "--domid: an error for what is no domain" says 1 'error: --domid -1: give the number' --domid=-1 "${race[@]}"
try "an error without a capture" says 1 'events needs captures'
try "an error for a file that is no capture" says 1 'render: not a grantwatch capture' "$out/d0.gwc" tests/golden/render

# --around takes the number or the fingerprint which analyze prints for a finding.
fingerprint=gw1:stale-map:gntdev/gui-daemon:gntalloc/gui-agent
try "--around: number and fingerprint print the same events" cmp <("$gw" events --around 2 "${race[@]}") \
	<("$gw" events --around $fingerprint "${race[@]}")
try "--around: the finding's map is printed" sh -c '"$0" events --around 2 --window 0 "$@" | grep -qE " map .* gntdev/gui-daemon.*handle 510"' \
	"$gw" "${race[@]}"
try "--around --window 0: events of the finding's ref, and others at the same time" every '$5 == "1:155" || ($1 > 89.8108 && $1 < 89.811)' \
	--around 2 --window 0 "${race[@]}"
try "--around --window 10: events of other refs are within 10 ms" every '$5 == "1:155" || ($1 > 89.8008 && $1 < 89.821)' \
	--around 2 --window 10 "${race[@]}"
try "--around --window 10: events of other refs are printed" sh -c '"$0" events --around 2 --window 10 "$@" | grep -v "^#" | grep -qv " 1:155 "' \
	"$gw" "${race[@]}"
try "--around and other filters: events which pass all of them" every '$5 == "1:155" && $3 == "d0"' --around 2 --window 0 --domid 0 --ref 155 --mapper gntdev "${race[@]}"
try "--around: the error for an unknown finding lists the findings" says 1 "2 \($fingerprint\)" --around 3 "${race[@]}"
for d in d0 d5; do "$gw" pack -o "$out/clean-$d.gwc" "tests/cases/clean-cycle/$d.txt"; done
try "--around: an error if there is no finding" says 1 'there is no finding' --around 1 "$out/clean-d0.gwc" "$out/clean-d5.gwc"

# Pairs: an event names the earlier event which it belongs to.
try "an unmap belongs to its map" all_json 'e["pair"]["what"] == "map" and e["pair"]["system_ns"] <= e["system_ns"]' \
	--mapper blkback --mapper gntdev --ref 1:155 --since 89.934 "${race[@]}"
try "a map by a process belongs to its announcement" all_json \
	'e["what"] != "map" or (e["pair"] == {"what": "arm", "system_ns": 88981607754} and e["generation"] == 14)' \
	--mapper gui-daemon --ref 1:155 "${race[@]}"

# The wall clock is shown and can be a filter. Nothing else depends on it.
for d in d0 d5; do
	"$gw" pack -o "$out/wall-$d.gwc" "tests/cases/wall-clock/$d.txt"
	grep -v '^wall' "tests/cases/wall-clock/$d.txt" > "$out/plain-$d.txt"
	"$gw" pack -o "$out/plain-$d.gwc" "$out/plain-$d.txt"
done
wall=("$out/wall-d0.gwc" "$out/wall-d5.gwc")
plain=("$out/plain-d0.gwc" "$out/plain-d5.gwc")
without_times() { sed -E 's/"(time|since|until)":"[^"]*",?//g; s/"logs":\[[^]]*\],//; s/,?"wall_step_ns":-?[0-9]+//; s/,\}/}/g; s/(-d[05])\.gwc/\1/'; }
try "wall clock: findings and fingerprints are the same without it" cmp <("$gw" analyze -j "${wall[@]}" | without_times) \
	<("$gw" analyze -j "${plain[@]}" | without_times)
try "wall clock: events are the same without it" cmp <("$gw" events -j "${wall[@]}" | without_times) <("$gw" events -j "${plain[@]}")
try "wall clock: --since takes a date" every '$3 >= "12:51:41.500"' --since 2026-03-30T12:51:41.5 --until 2026-03-30T12:59:00Z "${wall[@]}"
try "wall clock: --since takes an offset from UTC" cmp <("$gw" events --since 2026-03-30T14:51:41.5+02:00 "${wall[@]}") \
	<("$gw" events --since "2026-03-30 12:51:41.5" "${wall[@]}")
try "wall clock set back during the run: the journal's period covers both times" sh -c \
	'"$0" analyze "$@" | grep -qF "journalctl -S '"'2026-03-30 11:51:42 UTC' -U '2026-03-30 12:51:45 UTC' # d0"'"' "$gw" "${wall[@]}"
try "wall clock set back during the run: the report has the step" sh -c '"$0" analyze "$@" | grep -q "wall clock: d0.s was set back by 3600.000 s"' "$gw" "${wall[@]}"
mkdir "$out/pictures"
"$gw" analyze -q --pictures "$out/pictures" -o /dev/null "${wall[@]}"
try "wall clock: a picture has it" grep -q 'seen 1 time, at 2026-03-30T11:51:45.000+00:00<' "$out"/pictures/*.svg
for format in text mail json html junit tap perfetto; do
	"$gw" analyze -f "$format" "${wall[@]}" > "$out/format"
	try "wall clock: $format has it" grep -qF '2026-03-30T11:51:45.000+00:00' "$out/format"
done
# A guest may report any time.
sed 's/^wall mono 0.5 .*/wall mono 0.5 real 7258118000/; s/^wall mono 5.5 .*/wall mono 5.5 real 0.000000001/' tests/cases/wall-clock/d5.txt > "$out/liar.txt"
"$gw" pack -o "$out/liar.gwc" "$out/liar.txt"
"$gw" analyze "${wall[0]}" "$out/liar.gwc" > "$out/liar.report"
try "wall clock: a guest's false times are shown for its own journal" grep -qF "journalctl -S '1970-01-01 00:00:00 UTC' -U '2199-12-31 23:53:2" \
	"$out/liar.report"
"$gw" watch -j --no-local --xentrace off --source 0="cat ${wall[0]}" --source 5="cat ${wall[1]}" > "$out/watch" 2> /dev/null
try "wall clock: alerts have the time" grep -q '^{"type":"alert".*"time":"2026-03-30T11:51:45.000+00:00"' "$out/watch"
try "wall clock: findings of watch and analyze are the same" cmp <(grep '"type":"finding"' "$out/watch") <("$gw" analyze -j "${wall[@]}" | grep '"type":"finding"')

# Without clock samples events of different domains cannot be ordered, and the output has a "?" for the domain's clock.
printf 'grantwatch-capture 1\nfact time 0 key domid value 5\ngrant out 1.0 ref 80 peer 0 frame 0x1\nend time 2 events 1 lost 0\nmark 2\n' \
	> "$out/own.txt"
"$gw" pack -o "$out/own.gwc" "$out/own.txt"
try "without clock samples: the clock column has a question mark" every '$2 == "?"' "$out/own.gwc"
for d in d0 d5; do "$gw" pack -o "$out/lossy-$d.gwc" "tests/cases/stale-map-lossy/$d.txt"; done
try "lost events: exit status 3, and an error names the captures" says 3 'lossy-d[05].gwc: [0-9]+ events were lost' "$out/lossy-d0.gwc" "$out/lossy-d5.gwc"
head -c 60000 "$out/d1.gwc" > "$out/cut.gwc"
try "a truncated capture: exit status 3, and an error names it" says 3 'cut.gwc: .*cut short' "$out/d0.gwc" "$out/cut.gwc"
try "a truncated capture: its events are printed" [ "$(wc -l < "$out/stdout")" -gt 500 ]

# A hostile guest's capture, meant to break terminals, columns, parsers and tables
{
	printf 'grantwatch-capture 1\nfact time 0 key domid value 5\nfact time 0 key guest_type value PV\n'
	printf 'task id 1 pid 4294967295 tid 4294967295 comm ESC! a"b\\\n'
	printf 'task id 2 pid 0 tid 7 comm %%s%%n-|<b>\n'
	printf 'stack id 1 frames gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 [xen_gntalloc]\n'
	printf 'stack id 2 frames gnttab_map_refs+0x5; gntdev_map_grant_pages+0x15d [xen_gntdev]\n'
	printf 'clock cpu 0 mono 0.5 tsc0 1000000 tsc1 1000100 stamp 0 system 100.5 mul 1 shift 0\n'
	printf 'clock cpu 0 mono 90.5 tsc0 1000000 tsc1 1000100 stamp 0 system 190.5 mul 1 shift 0\n'
	printf 'grant in 0 out 1.0 task 1 stack 1 ref 4294967295 peer 65535 gflags 0xffff frame 0xffffffffffffffff\n'
	printf 'grant out 1.1 task 2 stack 1 ref 4294967294 peer 5 frame 0x1\n'
	printf 'revoke in 0 out 1.2 task 1 stack 9 ref 1 result ok\nfree out 1.3 flags 0x1f ref 4194304\nreset out 1.4\n'
	printf 'arm out 1.5 task 1 stack 2 file 1 index 0xffffffffffffffff\n  op granter 4294967295 ref 4294967295\n  op granter 65534 ref 7\n'
	printf 'disarm out 1.6 task 1 file 9\nmap out 1.7 task 2 stack 2 file 1\n'
	for ref in $(seq 600); do printf '  op granter 65535 ref %s status -32768 handle 4294967295 mflags 0x2 frame 0xffffffffffffffff\n' "$ref"; done
	printf 'unmap out 1.8\n  op granter 65535 ref 4294967295 status 32767 handle 4294967295\n'
	printf 'log time 1.9 text ESC!0;pwnedBEL! backed has not unmapped grant: 80 ,"type":"finding"\n'
	printf 'copy out 2.0\n  op granter 5 ref 3 status 1 cflags 0xffffffff\nring out 2.1 file 2 ret -22\n  op granter 70000 ref 8\nring-unmap out 2.2 file 3\n'
	printf 'entry in 2.3 out 2.4\n  op granter 65535 ref 4294967295 peer 65535 eflags 0xffff frame 0xffffffffffffffff before 9.0\n'
	printf 'grant in 0 out 80.0 task 32768 stack 32768 ref 9\nend time 9 events 13 lost 0\nmark 90\n'
} > "$out/hostile.txt"
# derived REF: times and bounds of the events in a capture without clock samples, in which a ref has the number REF
derived() {
	local d
	for d in d0 d5; do
		sed "s/ref 71/ref $1/" "tests/cases/uncalibrated/$d.txt" | "$gw" pack --force -o "$out/derived-$d.gwc" -
	done
	"$gw" events -j "$out"/derived-d[05].gwc | sed -n 's/.*\("system_ns":.*\),"domid":5.*/\1/p'
}
derived 71 > "$out/derived"
try "a derived clock: events have times" test -s "$out/derived"
for ref in 72 73 74 75; do
	try "a derived clock: the times do not depend on a ref's number: $ref" diff "$out/derived" <(derived $ref)
done

# pack accepts only ASCII. So the hostile bytes are put into the packed capture, and its checksums are renewed.
"$gw" pack -o "$out/hostile.gwc" "$out/hostile.txt"
try "hostile: the capture is made" python3 - "$out/hostile.gwc" <<- 'EOF'
	import sys, zlib
	data, pos = bytearray(open(sys.argv[1], "rb").read()), 32
	number = lambda at: int.from_bytes(data[at:at + 4], "little")
	while pos < len(data):
	    payload = data[pos + 32:pos + 32 + number(pos + 4)]
	    payload = payload.replace(b"ESC!", b"\x1b[2J").replace(b"BEL!", b"\x07\xff\xe2\x80")
	    data[pos + 32:pos + 32 + len(payload)] = payload
	    data[pos + 24:pos + 28] = zlib.crc32(payload).to_bytes(4, "little")
	    data[pos + 28:pos + 32] = zlib.crc32(data[pos:pos + 28]).to_bytes(4, "little")
	    pos += 32 + len(payload)
	assert b"\x1b[2J" in data and b"\x07" in data
	open(sys.argv[1], "wb").write(data)
EOF
for redact in "" --no-redact; do
	"$gw" events $redact "$out/hostile.gwc" > "$out/hostile.out" 2> "$out/hostile.err"
	try "hostile ${redact:-redacted}: events exits with 3" [ $? = 3 ]
	try "hostile ${redact:-redacted}: a warning counts the dropped descriptions" grep -q 'warning: 3 descriptions.* were dropped' "$out/hostile.err"
	try "hostile ${redact:-redacted}: the output is printable ASCII" sh -c '! LC_ALL=C grep -n "[^ -~]" "$@"' - "$out/hostile.out" "$out/hostile.err"
	try "hostile ${redact:-redacted}: each operation is a line with all columns" awk '
		/^#/ { next } { n++ } $3 != "d5" || $10 !~ /^(ok|refused|-)$/ || $11 !~ /^(-|[0-9.]+)$/ || length > 330 { print; bad = 1 }
		END { exit bad || n != 615 }' "$out/hostile.out"
done
set +o pipefail
try "hostile: JSON is valid" all_json 'e["domid"] == 5 and e.get("frame", 1) > 0' "$out/hostile.gwc"
try "hostile: the program's name is a pseudonym" sh -c '! "$1" events "$2" | grep -q "a.b"' - "$gw" "$out/hostile.gwc"
"$gw" events -q --no-redact -f perfetto -o "$out/hostile.pftrace" "$out/hostile.gwc"
try "hostile: the Perfetto trace is consistent" tests/system/perfetto.py check "$out/hostile.pftrace"
try "hostile: the Perfetto trace has printable text only" sh -c '"$1" text "$2" | { ! LC_ALL=C grep -n "[^ -~]"; }' - tests/system/perfetto.py "$out/hostile.pftrace"
set -o pipefail

# damaged: for captures with damaged bytes events exits with 0, 1 or 3 in each format.
python3 - "$out/d1.gwc" "$out" <<- 'EOF'
	import random, sys
	whole = open(sys.argv[1], "rb").read()
	for n in range(12):
	    random.seed(n)
	    damaged = bytearray(whole)
	    for _ in range(1 << n):
	        damaged[random.randrange(32, len(damaged))] ^= 1 << random.randrange(8)
	    open(f"{sys.argv[2]}/damaged{n}", "wb").write(damaged)
EOF
damaged() {
	local n format status
	for n in $(seq 0 11); do
		for format in text json perfetto; do
			status=0
			"$gw" events -q -f $format --around 1 --window 1000 "$out/d0.gwc" "$out/damaged$n" > "$out/damaged" 2> /dev/null || status=$?
			[ $status -le 3 ] && [ $status != 2 ] || { echo "damaged$n $format: status $status"; return 1; }
			[ $status = 1 ] || [ $format != perfetto ] || tests/system/perfetto.py check "$out/damaged" || return 1
		done
	done
}
try "damaged captures: no crash in any format" damaged
done_testing
