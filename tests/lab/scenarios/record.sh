# What record captures in dom0 and in a guest: the same operations on both sides, their tasks and stacks, clocks, losses.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder=
trap '[ -z "$recorder" ] || kill -KILL "$recorder" 2> /dev/null' EXIT

# record_here FILE [OPTION]...: record in dom0, in the background
record_here() {
	local file=$1
	shift
	rm -f /run/lab/recording
	grantwatch record -v -o "$file" --ready-file /run/lab/recording "$@" > "$file.log" 2>&1 &
	recorder=$!
	retry 120 test -e /run/lab/recording || fail "record did not begin: $(tail -n 2 "$file.log" | tr '\n' ' ')"
}

# record_stop FILE: as Ctrl-C does it; then its text is in FILE.txt
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

# ops FILE TYPE PATTERN: how many operations of batches of TYPE match
ops() { awk -v type="$2" -v pattern="$3" '/^[a-z]/ { inside = $1 == type } /^  op/ && inside && $0 ~ pattern { n++ } END { print n + 0 }' "$1"; }

# owned FILE TYPE PATTERN: how many records of TYPE have a stack that matches
owned() {
	awk -v type="$2" -v pattern="$3" '
		$1 == "stack" { owner[$3] = $0 ~ pattern }
		$1 == type && match($0, / stack [0-9]+/) { n += owner[substr($0, RSTART + 7, RLENGTH - 7)] }
		END { print n + 0 }' "$1"
}

same() { # A B WHAT
	[ "$1" = "$2" ] || fail "$3: $1 and $2"
}

has() { # FILE LINE-PATTERN
	grep -qE -- "$2" "$1" || fail "${1##*/} has no line like: $2"
}

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)
here=$OUT/dom0.gwc there=$OUT/guest.gwc

# --- both sides of block I/O; in between, one stream, which goes through gntalloc there and gntdev here

record_here "$here"
rss=$(awk '/VmRSS/ { print $2 }' "/proc/$recorder/status")
id=$(guest_spawn g1 'grantwatch record -o /run/guest.gwc --ready-file /run/ready 2> /run/log & r=$!
	until [ -e /run/ready ]; do sleep 0.2; done
	dd if=/dev/xvdb of=/dev/null bs=4k count=300 iflag=direct 2> /dev/null
	dd if=/dev/xvdb of=/dev/null bs=64k count=60 iflag=direct 2> /dev/null
	lab-cue read; lab-wait streamed 60
	sleep 0.5; cat /proc/$r/status | grep VmRSS; kill -TERM $r; wait $r; echo "status $?"; cat /run/log')
cue_wait g1 read 120 > /dev/null || fail "the guest's load: $(guest_join g1 "$id" 5)"
guest_stream g1 'head -c 200000 /dev/zero' | cmp - <(head -c 200000 /dev/zero) || fail "the stream"
cue g1 streamed
said=$(guest_join g1 "$id" 60) || fail "the guest's recorder: $said"
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
	grep '^loss ' "$file" && fail "losses in ${file##*/}"
	has "$file" '^end .* lost 0$'
	[ "$(grep -c '^clock ' "$file")" -gt 10 ] || fail "few clock samples in ${file##*/}"
	noentry=$(grep -cE '^(grant|revoke|map|unmap) .* flags 0x[0-9a-f]*[4567cdef] ' "$file" || true)
	[ "$noentry" -lt 10 ] || fail "$noentry events without their entry in ${file##*/}"
done
[ "$(grep '^clock ' "$here.txt" | awk '{ print $3 }' | sort -u | wc -l)" = 2 ] || fail "not every CPU's clock was sampled"
[ "$rss" -lt 16384 ] || fail "record takes $rss KB"

# Every grant of blkfront's is mapped, unmapped and ended once, and blkback's pages tell which it was.
grants=$(owned "$there.txt" grant 'xen_blkfront')
say "grants $grants, ends $(grep -c '^revoke .* result ok' "$there.txt"), maps $(ops "$here.txt" map "granter $domid .* status 0"), unmaps $(ops "$here.txt" unmap "granter $domid .* status 0")"
[ "$grants" -ge 1200 ] || fail "only $grants grants of blkfront's"
same "$grants" "$(owned "$there.txt" revoke 'xen_blkfront')" "grants and ends of blkfront's"
same 0 "$(grep -c '^revoke .* result refused' "$there.txt")" "refused ends"
maps=$(awk -v domid="$domid" '
	$1 == "stack" { blk[$3] = $0 ~ /xen_blkback/ }
	/^[a-z]/ { inside = 0; if ($1 == "map" && match($0, / stack [0-9]+/)) inside = blk[substr($0, RSTART + 7, RLENGTH - 7)] }
	/^  op/ && inside && $3 == domid && $7 == 0 { n++ } END { print n + 0 }' "$here.txt")
[ "$maps" -ge "$grants" ] || fail "blkback mapped $maps, blkfront granted $grants"
# What an unmapped ref was is kept in the page; the kprobe tier knows no layouts, and the handle tells it later.
grep -q '^fact .* key tier value kprobe$' "$here.txt" || same 0 "$(ops "$here.txt" unmap 'granter 65535 .* status 0')" "unmaps of unknown refs"
[ "$(ops "$here.txt" map "granter $domid .* status 0 .* frame 0x[1-9a-f]")" -gt 0 ] || fail "maps without machine frames"

# The stream: what was told to gntdev was mapped by the same file and offset, and let go by the end.
has "$there.txt" '^stack .*gntalloc_ioctl'
link=$(awk '
	$1 == "arm" && match($0, /file [0-9]+.*/) { arm[substr($0, RSTART)] = 1 }
	$1 == "map" && match($0, /file [0-9]+.*/) { n += substr($0, RSTART) in arm }
	END { print n + 0 }' "$here.txt")
[ "$link" -ge 1 ] || fail "no map belongs to what gntdev was told"
has "$here.txt" '^disarm .* flags 0x8 .*file [0-9]+'
has "$here.txt" '^task .* comm [0-9]+\.xvd[a-z]-[0-9]'

# --- a recorder that can't keep up says so

record_here "$OUT/slow.gwc" --ring-size 64
kill -STOP "$recorder"
guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=4k count=1000 iflag=direct 2> /dev/null'
kill -CONT "$recorder"
sleep 0.5
record_stop "$OUT/slow.gwc"
has "$OUT/slow.gwc.txt" '^loss .* kind ring '
lost=$(awk '$1 == "end" { print $NF }' "$OUT/slow.gwc.txt")
counted=$(awk '$1 == "loss" { n += $7 } END { print n + 0 }' "$OUT/slow.gwc.txt")
same "$lost" "$counted" "losses told at the end and counted"
seen=$(grep -cE '^(map|unmap) ' "$OUT/slow.gwc.txt" || true)
say "slow: $seen maps and unmaps seen, $lost lost"
[ $((seen + lost)) -ge 2000 ] || fail "of 2000 maps and unmaps at least, $seen were seen and $lost lost"

# --- --rotate: a restart keeps what was recorded, the files are bounded, and nothing is missing between two of them

rotated=$OUT/rotated.gwc
record_here "$rotated" --rotate 64M,2
record_stop "$rotated"
first=$(sha256sum < "$rotated")
status=0
grantwatch record -q -o "$rotated" 2> "$OUT/refused.log" || status=$?
[ $status = 1 ] && grep -q 'exists already' "$OUT/refused.log" || fail "record -o a capture that exists: $status"
same "$first" "$(sha256sum < "$rotated")" "a capture before and after record without --force"
record_here "$rotated" --rotate 64K,2
same "$first" "$(sha256sum < "$rotated.1")" "a capture before and after a restart"
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
same 1 "$(grep -c 'probes attached' "$rotated.log")" "times that probes were attached"
# continues OLDER NEWER: one is whole up to a time, the other one from that time on
continues() {
	local end
	end=$(awk '$1 == "end" { sub(/[.]/, "", $3); sub(/^0+/, "", $3); print $3 }' "$1.txt")
	same "$end" "$(awk '/^fact .* key continues value / { print $NF }' "$2.txt")" "the end of ${1##*/} and the start of ${2##*/}"
	same "$end" "$(awk '/^phase .* state recording/ { sub(/[.]/, "", $3); sub(/^0+/, "", $3); print $3 }' "$2.txt")" "the end of ${1##*/} and where ${2##*/} is whole"
}
has "$rotated.1.txt" '^stack .*xen_blkback'
continues "$rotated.2" "$rotated.1"
continues "$rotated.1" "$rotated"
# What blkback unmaps was mapped before, in this file or an older one; only what was mapped before the oldest is unknown.
strays=$(cat "$rotated.2.txt" "$rotated.1.txt" "$rotated.txt" | awk '
	/^[a-z]/ { type = $1 }
	/^  op/ && type == "map" && $7 == 0 { open[$9] = 1; maps++ }
	/^  op/ && type == "unmap" && $7 == 0 { if (open[$9]) delete open[$9]; else strays++ }
	END { print strays + 0, maps + 0 }')
say "rotated: ${strays#* } maps in three files, ${strays% *} unmaps of unknown handles"
[ "${strays% *}" -lt 64 ] || fail "${strays% *} unmaps of handles that no file has"
[ ! -e "$rotated.3" ] || fail "a third old file"

# --- nothing stays behind

retry 20 sh -c '! pgrep -x grantwatch' > /dev/null || fail "a process of the recorder stays behind"
result ok
