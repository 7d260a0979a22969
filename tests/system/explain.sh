#!/bin/bash
# explain: the kinds of input it takes, and that a report has nothing of a log but known messages. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# says REGEX ARGUMENT...: a line of `explain ARGUMENT...` matches
says() {
	local regex=$1
	shift
	{ "$gw" explain "$@" 2> "$out/err" < /dev/null || true; } | sed -z 's/\n     */ /g' | grep -E -- "$regex"
}
complains() { # REGEX ARGUMENT...: an error of `explain ARGUMENT...` matches
	local regex=$1
	shift
	{ "$gw" explain "$@" 2>&1 > /dev/null < /dev/null || true; } | grep -E -- "$regex"
}

# --- kinds of input
log=$out/log
printf '%s\n' '[  742.819824] xen:grant_table: WARNING: g.e. 0x13b still in use!' \
	'[  742.819828] deferring g.e. 0x13b (pfn 0x74d26)' > "$log"
gzip -c "$log" > "$out/log.gz"
xz -c "$log" > "$out/log.xz"
zstd -qc "$log" > "$out/log.zst"
gzip -c "$out/log.xz" > "$out/log.xz.gz"
for file in log log.gz log.xz log.zst log.xz.gz; do
	try "input: a log, $file" says 'ref 315 \(0x13b\)' "$out/$file"
done
try "input of analyze: a compressed log" sh -c "'$gw' analyze --log '$out/log.xz' | grep 'ref 315 (0x13b)'"
try "input: standard input" sh -c "'$gw' explain - < '$log' | grep 'ref 315 (0x13b)'"
try "input: a compressed log through a pipe" sh -c "cat '$out/log.gz' | '$gw' explain - | grep 'ref 315 (0x13b)'"
for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
try "input: captures" says 'stale-map, ?|stale-map 1' "$out/d0.gwc" "$out/d1.gwc"
try "input: compressed captures" says 'stale-map 1' tests/captures/race/d0.gwc.xz tests/captures/race/d1.gwc.xz
try "input: captures with Xen's trace" says "Xen's trace: 12204 records" tests/captures/xentrace-race/*.xz
"$gw" bundle -o "$out/bundle.tar.gz" "$out/d0.gwc" "$out/d1.gwc" > /dev/null 2>&1
try "input: a bundle" says 'stale-map 1' "$out/bundle.tar.gz"

# limits: damage, a bomb, and a full disk are errors without a report.
refuses() { # TEXT SIZE-LIMIT FILE...
	local text=$1 limit=$2 status=0
	shift 2
	prlimit --fsize="$limit" timeout 60 "$gw" explain "$@" 2>&1 > "$out/stdout" | cat > "$out/stderr"
	status=${PIPESTATUS[0]}
	[ $status = 1 ] || { echo "status $status"; return 1; }
	[ ! -s "$out/stdout" ] || { echo "a report"; return 1; }
	grep -q "error: .*$text" "$out/stderr" || { cat "$out/stderr"; return 1; }
}
too_large='too large: all files together may unpack to 4 GiB'
head -c 3000000 /dev/zero | tr '\0' '\n' | cat "$log" - > "$out/large"
for packer in gzip xz zstd bzip2; do
	case $packer in gzip) end=gz ;; xz) end=xz ;; zstd) end=zst ;; *) end=bz2 ;; esac
	$packer -qc "$out/large" > "$out/large.$end"
	try "limits: a bomb, $packer" refuses "large.$end: $too_large" 1000000 "$out/large.$end"
	head -c -20 "$out/large.$end" > "$out/cut.$end"
	try "limits: a file is cut off, $packer" refuses "cut.$end: $packer cannot unpack it: it is damaged" unlimited "$out/cut.$end"
done
gzip -qc "$out/large.xz" > "$out/large.xz.gz"
try "limits: a bomb in a compressed file" refuses "$too_large" 1000000 "$out/large.xz.gz"
try "limits: a bomb in a pipe" refuses "$too_large" 1000000 - < <(cat "$out/large.gz")
try "limits: a pipe is too large" refuses "$too_large" 1000000 - < <(cat "$out/large")
try "limits: a large log below the limit" says 'ref 315 \(0x13b\)' "$out/large.gz"
gzip -dc "$out/bundle.tar.gz" > "$out/bundle.tar"
capture=$(tar -xOf "$out/bundle.tar" grantwatch-bundle/capture-2.gwc | wc -c)
try "limits: a capture of a bundle has no space" refuses "bundle.tar: $too_large" $((capture - 1)) "$out/bundle.tar"
cp "$out/log.gz" "$out/link.gz"
for _ in 1 2 3 4 5; do gzip -c "$out/link.gz" > "$out/next.gz" && mv "$out/next.gz" "$out/link.gz"; done
timeout 60 "$gw" explain "$out/link.gz" > "$out/stdout" 2> "$out/stderr"
try "limits: nested compression does not exit with 0" [ $? != 0 ]

try "input: the output of Xen's debug key" says '4611' tests/logs/cases/261-debug-key-4.19/input.log
mkdir "$out/bin"
printf '#!/bin/sh\n[ "$1" = -b ] && cat "%s"\n' "$log" > "$out/bin/journalctl"
chmod +x "$out/bin/journalctl"
try "without a file: the journal is read" env PATH="$out/bin:$PATH" sh -c "'$gw' explain | grep 'ref 315 (0x13b)'"

mkdir -p "$out/store/domid"
echo 7 > "$out/store/domid/value"
try "without a file: messages are of this domain" env PATH="$out/bin:$PATH" GRANTWATCH_XENSTORE="$out/store" sh -c "'$gw' explain | grep 'granted by d7'"

# --- findings and the template of an issue
echo '[1.0] blkfront: xvda disabled for further use' > "$out/lost"
try_status 2 "a log of a lost disk: exit status 2" "$gw" explain "$out/lost"
try "a log of a lost disk: the class is device-lost" says 'device-lost' "$out/lost"
try_status 3 "a log without an alarm: exit status 3" "$gw" explain "$log"
try "--format github: the template of an issue" sh -c "'$gw' explain --format github '$log' | grep '^### Qubes OS release'"
# The headings of QubesOS/qubes-issues' .github/ISSUE_TEMPLATE/bug-report.md, 2026-04
printf '### %s\n' 'Qubes OS release' 'Brief summary' 'Steps to reproduce' 'Expected behavior' 'Actual behavior' \
	'Additional information' > "$out/template"
cat "$log" "$out/lost" > "$out/both"
"$gw" explain --format github "$out/both" > "$out/issue"
is "--format github: exactly the template's headings" "$(grep -E '^#{1,3} ' "$out/issue")" "$(cat "$out/template")"
try "--format github: the summary is about the lost disk" sh -c "sed -n '/^### Brief/,/^### Steps/p' '$out/issue' | grep device"
try "--format github: analyze does not use the template" sh -c "! '$gw' analyze --format github --log '$log' | grep '^### Qubes OS release'"

# --- input that cannot be used
: > "$out/empty"
head -c 20000 /dev/zero > "$out/zeros"
head -c 60 "$out/log.gz" > "$out/cut.gz"
for file in empty zeros cut.gz; do
	try_status 1 "unusable input, $file: exit status 1" "$gw" explain "$out/$file"
done
try "unusable input: the error says that it is empty" complains 'empty' "$out/empty"
try "unusable input: the error says that it is binary" complains 'binary' "$out/zeros"
try "unusable input: the error says that it is damaged" complains 'damaged' "$out/cut.gz"
try_status 1 "unusable input, a program: exit status 1" "$gw" explain /bin/ls
try_status 1 "unusable input, a directory: exit status 1" "$gw" explain "$out"
try_status 1 "unusable input, a missing file: exit status 1" "$gw" explain "$out/none"
tar -cf "$out/other.tar" -C "$out" log
try "unusable input: the error says that an archive is no bundle" complains 'archive' "$out/other.tar"

# --- privacy: the word sEcReT stands around known messages in many kinds of logs, and no report may have it
s=sEcReT
m='xen:grant_table: g.e. 0x1a3 still pending'
secrets=(
	"$s $m $s" "$s: $m; $s" "guest-$s.log:$m" "$s.log-12-$m"
	"Mar 30 12:53:08 $s kernel: [  123.456789] $m $s"
	"<4>1 2026-03-30T12:53:08Z $s $s 12 $s - $m"
	"[2026-03-30 12:53:08] $s login: [ 1.2] $m"
	"{\"_HOSTNAME\":\"$s\",\"MESSAGE\":\"$m\",\"_CMDLINE\":\"$s\"}"
	"{\"MESSAGE\" : \"$s $m $s\",\"_MACHINE_ID\" : \"$s\"}"
	"{\"log\":\"$s $m\\n\",\"stream\":\"$s\",\"attrs\":{\"$s\":\"$s\"}}"
	"2026-03-30T12:53:08.1Z stdout F $s $m $s"
	"<span class=\"$s\">$m</span> $s" "**$s** > \`$m\` $s" "$s&lt;$m&gt;$s"
	"$s (XEN) [$s] (d6) [ 1.2] $m $s"
	"$s xvda: backed has not unmapped grant: 80 $s" "$s blkfront: xvda disabled for further use $s"
	"$s: Grant still in use by backend domain" "$s disabled for further use"
	"BUG: Bad page map in process $s pte:1 file:gntdev $s"
	"WARNING: CPU: 1 PID: 2 Comm: $s at drivers/xen/gntdev.c:406 $s"
	"RIP: $s:gntdev_mmap+0x12 $s" "INFO: task $s:12 blocked for more than 120 seconds $s"
	"$s grant_table.c:1: $s of grant table $s went $s" "$s gnttab: $s/$s $s-$s" "/home/$s/gntdev.c: $s gntdev"
	"Linux version 6.1.75 ($s@$s) ($s) #1 SMP $s PREEMPT $s"
	"(XEN) Xen version 4.19.5 ($s@$s) ($s) debug=y $s"
	"$s last message repeated 3 times $s"
	"2026-03-30T12:53:08.1Z stdout P $s xen:grant_table: g.e. 0x1a3" "2026-03-30T12:53:08.1Z stdout F  still pending $s"
	"$s $m $s $m $s" "$s $m#012$s $m $s" "<p>$s<br>$s $m<br>$m</p>$s" "{\"body\":\"$s\\r\\n$m $s\\r\\n$s\"}"
	"data: {\"_HOSTNAME\":\"$s\",\"MESSAGE\":\"$s $m\"}" "I, $s, saw \"$m\" at $s" "[${s}30 12:53] $m" "2026/03/30 12:53:08 $s $m"
	"kernel BUG at /home/$s/linux/drivers/xen/gntdev.c:419! $s" "RIP: 0010:$s gnttab_$s+0x1 [$s]"
	"$s net eth0: Response for inactive request $s" "$s vif vif-1-0 vif1.0: fatal error; disabling device $s"
	"$s IP: [<$s>] gnttab_$s+0x1/0x2 [$s]" "BUG: unable to handle $s" "$s  gntdev_mmap+0x1/0x2 [$s]" "$s gnttab_$s+0x1/0x2 [$s]"
	"> $s $m" "$s xen:grant_table: g.e. 0x1a4 still" "> pending $s"
	"__REALTIME_TIMESTAMP=$s" "MESSAGE=$s $m" "    MESSAGE=$m $s" "    _HOSTNAME=$s")
printf '%s\n' "${secrets[@]}" > "$out/guest-$s.log"
sed 's/$/\r/' "$out/guest-$s.log" > "$out/crlf-$s.log"
tr '\n' '\r' < "$out/guest-$s.log" > "$out/cr-$s.log"
iconv -f ascii -t utf-16 "$out/guest-$s.log" > "$out/utf16-$s.log"
sed "s/ /=20/g; s/\$/=0A/" "$out/guest-$s.log" > "$out/qp-$s.log"
{
	printf 'Content-Type: text/plain; name="%s"\nContent-Transfer-Encoding: base64\n\n' "$s"
	base64 "$out/guest-$s.log"
} > "$out/base64-$s.log"
gzip -kf "$out/guest-$s.log" 2> /dev/null
for format in text github mail json html junit tap perfetto; do
	for file in "$out"/*"$s".log "$out/guest-$s.log.gz"; do
		"$gw" explain --format "$format" "$file" 2> /dev/null
		"$gw" analyze --format "$format" --log "5=$file" 2> /dev/null
		for line in "${secrets[@]}"; do
			[ "$format" != text ] || echo "$line" | "$gw" explain - 2> /dev/null
		done
	done > "$out/reports"
	try "privacy, $format: the reports have the messages" grep -qE '419|log-only' "$out/reports"
	is "privacy, $format: the reports have nothing else of the logs" "$(grep -ioE ".{30}$s" "$out/reports" | head -n 5)" ""
done
"$gw" bundle -o "$out/secret.tar.gz" --log "$out/guest-$s.log" "$out/d0.gwc" > /dev/null 2>&1
mkdir "$out/unpacked"
tar -xzf "$out/secret.tar.gz" -C "$out/unpacked"
is "privacy: a bundle has nothing else of a log" "$(grep -rlia "$s" "$out/unpacked" | head -n 5)" ""
done_testing
