# Captures of dom0 and a guest agree: the same operations on both sides, with tasks, stacks and clock samples. Losses are
# counted and a truncated capture is noticed, with exit status 3, and rotated files are complete.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder=
trap '[ -z "$recorder" ] || kill -KILL "$recorder" 2> /dev/null' EXIT

# record_here FILE [OPTION]...: starts record in dom0. Sets recorder.
record_here() {
	local file=$1
	shift
	rm -f /run/lab/recording
	grantwatch record -v -o "$file" --ready-file /run/lab/recording "$@" > "$file.log" 2>&1 &
	recorder=$!
	retry 120 test -e /run/lab/recording || fail "record did not begin: $(tail -n 2 "$file.log" | tr '\n' ' ')"
}

# record_stop FILE: ends record with SIGTERM and writes the capture's text to FILE.txt
record_stop() {
	local began status=0 ms
	began=$(date +%s%N)
	kill -TERM "$recorder"
	wait "$recorder" || status=$?
	ms=$((($(date +%s%N) - began) / 1000000))
	recorder=
	say "${1##*/}: ended with $status after $ms ms: $(tail -n 1 "$1.log")"
	[ $status = 0 ] || fail "record ended with $status: $(tail -n 1 "$1.log")"
	[ $ms -lt 1000 ] || fail "record took $ms ms to end"
	grantwatch dump "$1" > "$1.txt" || fail "dump ended with $?"
}

# ops FILE TYPE PATTERN: how many operations of records of TYPE match
ops() { awk -v type="$2" -v pattern="$3" '/^[a-z]/ { inside = $1 == type } /^  op/ && inside && $0 ~ pattern { n++ } END { print n + 0 }' "$1"; }

# owned FILE TYPE PATTERN: how many records of TYPE have a matching stack
owned() {
	awk -v type="$2" -v pattern="$3" '
		$1 == "stack" { owner[$3] = $0 ~ pattern }
		$1 == type && match($0, / stack [0-9]+/) { n += owner[substr($0, RSTART + 7, RLENGTH - 7)] }
		END { print n + 0 }' "$1"
}

same() { # A B WHAT
	[ "$1" = "$2" ] || fail "$3 differ: $1 and $2"
}

has() { # FILE LINE-PATTERN
	grep -qE -- "$2" "$1" || fail "${1##*/} has no line like: $2"
}

# is_blind CAPTURE TEXT: fails unless analyze ends with status 3 and a blind spot with TEXT
is_blind() {
	local status=0
	grantwatch analyze -j "$1" > "$1.json" || status=$?
	[ $status = 3 ] || fail "${1##*/}: analyze ended with $status, not 3"
	expect "$(tail -n 1 "$1.json" | grep -o '"blind":.*')" "$2" "blind spots of ${1##*/}"
}

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)
here=$OUT/dom0.gwc there=$OUT/guest.gwc

# --- both sides of block I/O, and one stream through gntalloc in the guest and gntdev in dom0

record_here "$here"
rss=$(awk '/VmRSS/ { print $2 }' "/proc/$recorder/status")
id=$(guest_spawn g1 'grantwatch record -o /run/guest.gwc --ready-file /run/ready 2> /run/log & r=$!
	until [ -e /run/ready ]; do sleep 0.2; done
	dd if=/dev/xvdb of=/dev/null bs=4k count=300 iflag=direct 2> /dev/null
	dd if=/dev/xvdb of=/dev/null bs=64k count=60 iflag=direct 2> /dev/null
	lab-cue read; lab-wait streamed 60
	sleep 0.5; cat /proc/$r/status | grep VmRSS; kill -TERM $r; wait $r; echo "status $?"; cat /run/log')
cue_wait g1 read 120 > /dev/null || fail "the guest's load failed: $(guest_join g1 "$id" 5)"
guest_stream g1 'head -c 200000 /dev/zero' | cmp - <(head -c 200000 /dev/zero) || fail "the stream has other data than the guest sent"
cue g1 streamed
said=$(guest_join g1 "$id" 60) || fail "the guest's recorder failed: $said"
say "guest: $said"
sleep 0.5
record_stop "$here"
guest_get g1 /run/guest.gwc "$there"
grantwatch dump "$there" > "$there.txt" || fail "dump of the guest's capture ended with $?"

has "$here.txt" '^fact .* key domid value 0$'
has "$here.txt" '^fact .* key role value dom0$'
has "$there.txt" "^fact .* key domid value $domid\$"
has "$there.txt" '^fact .* key role value guest$'
has "$there.txt" "^fact .* key guest_type value ${LAB_KIND^^}\$"
has "$there.txt" '^fact .* key clocksource value '
has "$there.txt" '^fact .* key vbd\.[0-9]+\.persistent value (no|backend-only)$'
for file in "$here.txt" "$there.txt"; do
	grep '^probe .* state missing events 0x[1-9a-f]' "$file" && fail "a probe is missing in ${file##*/}"
	grep '^loss ' "$file" && fail "events lost in ${file##*/}"
	has "$file" '^end .* lost 0$'
	[ "$(grep -c '^clock ' "$file")" -gt 10 ] || fail "at most 10 clock samples in ${file##*/}"
	noentry=$(grep -cE '^(grant|revoke|map|unmap) .* flags 0x[0-9a-f]*[4567cdef] ' "$file" || true)
	[ "$noentry" -lt 10 ] || fail "$noentry events without the record of their call's entry in ${file##*/}"
done
[ "$(grep '^clock ' "$here.txt" | awk '{ print $3 }' | sort -u | wc -l)" = 2 ] || fail "clock samples are not of both CPUs"
[ "$rss" -lt 16384 ] || fail "record takes $rss KB"

# Each grant of blkfront is mapped, unmapped and ended once.
grants=$(owned "$there.txt" grant 'xen_blkfront')
say "grants $grants, ends $(grep -c '^revoke .* result ok' "$there.txt"), maps $(ops "$here.txt" map "granter $domid .* status 0"), unmaps $(ops "$here.txt" unmap "granter $domid .* status 0")"
[ "$grants" -ge 1200 ] || fail "only $grants grants by blkfront"
same "$grants" "$(owned "$there.txt" revoke 'xen_blkfront')" "numbers of grants and ends by blkfront"
same 0 "$(grep -c '^revoke .* result refused' "$there.txt")" "numbers of refused ends, expected and recorded,"
maps=$(awk -v domid="$domid" '
	$1 == "stack" { blk[$3] = $0 ~ /xen_blkback/ }
	/^[a-z]/ { inside = 0; if ($1 == "map" && match($0, / stack [0-9]+/)) inside = blk[substr($0, RSTART + 7, RLENGTH - 7)] }
	/^  op/ && inside && $3 == domid && $7 == 0 { n++ } END { print n + 0 }' "$here.txt")
[ "$maps" -ge "$grants" ] || fail "blkback mapped $maps, blkfront granted $grants"
# The btf tier reads the unmapped ref from the kernel's structures. The kprobe tier does not know their layout, and analyze
# finds the ref by the handle.
grep -q '^fact .* key tier value kprobe$' "$here.txt" || same 0 "$(ops "$here.txt" unmap 'granter 65535 .* status 0')" "numbers of unmaps without a ref, expected and recorded,"
[ "$(ops "$here.txt" map "granter $domid .* status 0 .* frame 0x[1-9a-f]")" -gt 0 ] || fail "no map has a machine frame"

# The stream: a map belongs to the announcement with the same file and offset. It is unmapped when the stream ends.
has "$there.txt" '^stack .*gntalloc_ioctl'
link=$(awk '
	$1 == "arm" && match($0, /file [0-9]+.*/) { arm[substr($0, RSTART)] = 1 }
	$1 == "map" && match($0, /file [0-9]+.*/) { n += substr($0, RSTART) in arm }
	END { print n + 0 }' "$here.txt")
[ "$link" -ge 1 ] || fail "no map has the file and offset of an announcement"
has "$here.txt" '^disarm .* flags 0x8 .*file [0-9]+'
has "$here.txt" '^task .* comm [0-9]+\.xvd[a-z]-[0-9]'

# --- a recorder which is too slow counts its losses

record_here "$OUT/slow.gwc" --ring-size 64
kill -STOP "$recorder"
guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=4k count=1000 iflag=direct 2> /dev/null'
kill -CONT "$recorder"
sleep 0.5
record_stop "$OUT/slow.gwc"
has "$OUT/slow.gwc.txt" '^loss .* kind ring '
lost=$(awk '$1 == "end" { print $NF }' "$OUT/slow.gwc.txt")
counted=$(awk '$1 == "loss" { n += $7 } END { print n + 0 }' "$OUT/slow.gwc.txt")
same "$lost" "$counted" "losses in the last record and their sum"
seen=$(grep -cE '^(map|unmap) ' "$OUT/slow.gwc.txt" || true)
say "slow recorder: $seen maps and unmaps recorded, $lost lost"
[ $((seen + lost)) -ge 2000 ] || fail "slow recorder: $seen maps and unmaps recorded, $lost lost, together not 2000"
is_blind "$OUT/slow.gwc" 'lost '

# --- a capture that ends in the middle of a block

head -c $(($(stat -c %s "$there") - 20)) "$there" > "$OUT/cut.gwc"
is_blind "$OUT/cut.gwc" 'cut short'

# --- --rotate: a restart keeps old captures, files have a limited size, and no event is missing between two files

rotated=$OUT/rotated.gwc
record_here "$rotated" --rotate 64M,2
record_stop "$rotated"
first=$(sha256sum < "$rotated")
status=0
grantwatch record -q -o "$rotated" 2> "$OUT/refused.log" || status=$?
[ $status = 1 ] && grep -q 'exists already' "$OUT/refused.log" || fail "record -o with an existing capture: exit status $status, or no message that it exists"
same "$first" "$(sha256sum < "$rotated")" "checksums of a capture before and after record without --force"
record_here "$rotated" --rotate 64K,2
same "$first" "$(sha256sum < "$rotated.1")" "checksums of a capture before and after a restart"
full() { [ "$(grantwatch dump "$rotated.2" | sha256sum)" != "$first_text" ] && [ -e "$rotated.2" ]; }
first_text=$(grantwatch dump "$rotated.1" | sha256sum)
for _ in $(seq 20); do
	guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=4k count=1000 iflag=direct 2> /dev/null'
	sleep 1
	! full 2> /dev/null || break
done
full || fail "files did not rotate at 64 KiB: $(ls -l "$rotated"*)"
kill -TERM "$recorder"
wait "$recorder" || fail "record --rotate ended with $?: $(tail -n 2 "$rotated.log" | tr '\n' ' ')"
recorder=
for file in "$rotated" "$rotated.1" "$rotated.2"; do
	grantwatch dump "$file" > "$file.txt" || fail "dump ${file##*/} ended with $?"
	has "$file.txt" '^end '
	has "$file.txt" '^clock '
	has "$file.txt" '^probe .* state attached '
	[ "$(stat -c %s "$file")" -lt 4000000 ] || fail "${file##*/} has $(stat -c %s "$file") bytes"
done
same 1 "$(grep -c 'probes attached' "$rotated.log")" "how often probes were attached, expected and counted,"
# continues OLDER NEWER: fails unless NEWER begins at the time at which OLDER ends
continues() {
	local end
	end=$(awk '$1 == "end" { sub(/[.]/, "", $3); sub(/^0+/, "", $3); print $3 }' "$1.txt")
	same "$end" "$(awk '/^fact .* key continues value / { print $NF }' "$2.txt")" "the end of ${1##*/} and the start of ${2##*/}"
	same "$end" "$(awk '/^phase .* state recording/ { sub(/[.]/, "", $3); sub(/^0+/, "", $3); print $3 }' "$2.txt")" "the end of ${1##*/} and the start of recording in ${2##*/}"
}
has "$rotated.1.txt" '^stack .*xen_blkback'
continues "$rotated.2" "$rotated.1"
continues "$rotated.1" "$rotated"
# Each unmap by blkback has its map in the same file or an older one. Only maps from before the oldest file are unknown.
strays=$(cat "$rotated.2.txt" "$rotated.1.txt" "$rotated.txt" | awk '
	/^[a-z]/ { type = $1 }
	/^  op/ && type == "map" && $7 == 0 { open[$9] = 1; maps++ }
	/^  op/ && type == "unmap" && $7 == 0 { if (open[$9]) delete open[$9]; else strays++ }
	END { print strays + 0, maps + 0 }')
say "rotated: ${strays#* } maps in three files, ${strays% *} unmaps without their map"
[ "${strays% *}" -lt 64 ] || fail "${strays% *} unmaps without their map"
[ ! -e "$rotated.3" ] || fail "there are three old files, --rotate keeps two"

# --- no process of record stays behind

retry 20 sh -c '! pgrep -x grantwatch' > /dev/null || fail "a process of record is still running"
result ok
