#!/bin/bash
# explain: whatever a person has, one report; nothing around a known message is in it. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# says REGEX ARGUMENT...: the text report has a line that matches
says() {
	local regex=$1
	shift
	{ "$gw" explain "$@" 2> "$out/err" < /dev/null || true; } | sed -z 's/\n     */ /g' | grep -E -- "$regex"
}
complains() { # REGEX ARGUMENT...
	local regex=$1
	shift
	{ "$gw" explain "$@" 2>&1 > /dev/null < /dev/null || true; } | grep -E -- "$regex"
}

# --- what there may be ---
log=$out/log
printf '%s\n' '[  742.819824] xen:grant_table: WARNING: g.e. 0x13b still in use!' \
	'[  742.819828] deferring g.e. 0x13b (pfn 0x74d26)' > "$log"
gzip -c "$log" > "$out/log.gz"
xz -c "$log" > "$out/log.xz"
zstd -qc "$log" > "$out/log.zst"
gzip -c "$out/log.xz" > "$out/log.xz.gz"
for file in log log.gz log.xz log.zst log.xz.gz; do
	try "a log: $file" says 'ref 315 \(0x13b\)' "$out/$file"
done
try "analyze unpacks, too" sh -c "'$gw' analyze --log '$out/log.xz' | grep 'ref 315 (0x13b)'"
try "standard input" sh -c "'$gw' explain - < '$log' | grep 'ref 315 (0x13b)'"
try "a pipe" sh -c "cat '$out/log.gz' | '$gw' explain - | grep 'ref 315 (0x13b)'"
for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
try "captures" says 'stale-map, ?|stale-map 1' "$out/d0.gwc" "$out/d1.gwc"
try "captures that are compressed" says 'stale-map 1' tests/captures/race/d0.gwc.xz tests/captures/race/d1.gwc.xz
try "Xen's trace" says "Xen's trace: 12204 records" tests/captures/xentrace-race/*.xz
"$gw" bundle -o "$out/bundle.tar.gz" "$out/d0.gwc" "$out/d1.gwc" > /dev/null 2>&1
try "a bundle" says 'stale-map 1' "$out/bundle.tar.gz"
try "a debug key" says '4611' tests/logs/cases/261-debug-key-4.19/input.log
mkdir "$out/bin"
printf '#!/bin/sh\n[ "$1" = -b ] && cat "%s"\n' "$log" > "$out/bin/journalctl"
chmod +x "$out/bin/journalctl"
try "no file: the journal" env PATH="$out/bin:$PATH" sh -c "'$gw' explain | grep 'ref 315 (0x13b)'"

mkdir -p "$out/store/domid"
echo 7 > "$out/store/domid/value"
try "which is of this domain" env PATH="$out/bin:$PATH" GRANTWATCH_XENSTORE="$out/store" sh -c "'$gw' explain | grep 'granted by d7'"

# --- how bad it is ---
echo '[1.0] blkfront: xvda disabled for further use' > "$out/lost"
try_status 2 "a lost disk is an alarm" "$gw" explain "$out/lost"
try "its class is device-lost" says 'device-lost' "$out/lost"
try_status 3 "a log alone is blind" "$gw" explain "$log"
try "an issue's template" sh -c "'$gw' explain --format github '$log' | grep '^### Qubes OS release'"
# Of QubesOS/qubes-issues' .github/ISSUE_TEMPLATE/bug-report.md, 2026-04
printf '### %s\n' 'Qubes OS release' 'Brief summary' 'Steps to reproduce' 'Expected behavior' 'Actual behavior' \
	'Additional information' > "$out/template"
cat "$log" "$out/lost" > "$out/both"
"$gw" explain --format github "$out/both" > "$out/issue"
is "its headings, and no other of their level" "$(grep -E '^#{1,3} ' "$out/issue")" "$(cat "$out/template")"
try "its summary is about the lost disk" sh -c "sed -n '/^### Brief/,/^### Steps/p' '$out/issue' | grep device"
try "which analyze does not fill" sh -c "! '$gw' analyze --format github --log '$log' | grep '^### Qubes OS release'"

# --- what cannot be used ---
: > "$out/empty"
head -c 20000 /dev/zero > "$out/zeros"
head -c 60 "$out/log.gz" > "$out/cut.gz"
for file in empty zeros cut.gz; do
	try_status 1 "an error: $file" "$gw" explain "$out/$file"
done
try "which says why: empty" complains 'empty' "$out/empty"
try "which says why: binary" complains 'binary' "$out/zeros"
try "which says why: damaged" complains 'damaged' "$out/cut.gz"
try_status 1 "an error: a program" "$gw" explain /bin/ls
try_status 1 "an error: a directory" "$gw" explain "$out"
try_status 1 "an error: not there" "$gw" explain "$out/none"
tar -cf "$out/other.tar" -C "$out" log
try "an archive of something else" complains 'archive' "$out/other.tar"

# --- nothing but the message ---
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
	try "secrets in $format: something is said" grep -qE '419|log-only|traceEvents' "$out/reports"
	is "secrets in $format: none" "$(grep -ioE ".{30}$s" "$out/reports" | head -n 5)" ""
done
"$gw" bundle -o "$out/secret.tar.gz" --log "$out/guest-$s.log" "$out/d0.gwc" > /dev/null 2>&1
mkdir "$out/unpacked"
tar -xzf "$out/secret.tar.gz" -C "$out/unpacked"
is "secrets in a bundle: none" "$(grep -rlia "$s" "$out/unpacked" | head -n 5)" ""
done_testing
