#!/bin/bash
# Secrets in every string that a guest, a log or a file's name controls: none of them is in any output unless names are asked for. What
# is shown on purpose (versions of kernel, Xen and distribution, code in stacks) is no secret. Standard error is for the user alone. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Each secret is zq and what it stands in; a task's name has 15 bytes.
plant() { # DOMID: the case's capture of that domain with secrets
	local facts='fact time 0 key name value zqname\nfact time 0 key uuid value zquuid\nfact time 0 key hostname value zqhost\n'
	facts+='fact time 0 key zqkey value zqvalue\nfact time 0 key names value zqxsvalue\n'
	local log='log time 6.0005 text zqline of a log without a known message\n'
	log+='log time 6.0006 text WARNING: CPU: 1 PID: 9 Comm: zqcomm Not tainted, Hardware name: zqhardware\n'
	log+='log time 6.0007 text zqbefore: g.e. 0x50 still pending zqafter\n'
	log+='log time 6.0008 text BUG: unable to handle page fault for process zqprocess in \/home\/zqhome\/file\n'
	log+='log time 6.001 text zqlead: '
	sed -e 's/comm gui-agent/comm zqtask/; s/comm gui-daemon/comm qemu:zqvm/' -e "s/^fact time 0 key role/${facts}&/" \
		-e "s/^log time 6.001 text /$log/" "tests/cases/stale-map-armed/d$1.txt"
}
cat > "$out/zqlog.log" << 'END'
Mar 30 12:53:08 zqloghost kernel: [ 101.1] xen_blkfront: backed has not unmapped grant: 80
Mar 30 12:53:08 zqloghost kernel: [ 102.1] blkfront: xvda disabled for further use zqtail
Mar 30 12:53:08 zqloghost kernel: [ 102.2] CPU: 1 PID: 9 Comm: zqlogcomm Not tainted 6.1.0
Mar 30 12:53:08 zqloghost qubes-guid[88]: cannot map zqlogtext /home/zqpath/file
Mar 30 12:53:09 zqloghost kernel: [ 103.1] xen-blkback: backend/vbd/5/zqdevice: prepare for reconnect
Mar 30 12:53:09 zqloghost kernel: [ 103.2] grant_table: zqunknown strange line
Mar 30 12:53:09 zqloghost kernel: [ 103.3] vbd zqvbd: 16 xlvbd_add at /local/domain/0/backend/vbd/zqstore/51712
Mar 30 12:53:09 zqloghost libvirtd[1]: internal error: qemu closed the monitor: -name guest=zqqemu,process=qemu:zqprocess
(XEN) [2026-03-30 12:53:10] grant_table.c:803:d0v1 Bad flags (0) or dom (0); expected d5 zqxen
END
for d in 0 5; do
	plant $d > "$out/d$d.txt"
	"$gw" pack -o "$out/zqfile$d.gwc" "$out/d$d.txt" || exit 1
done
both="$out/zqfile0.gwc $out/zqfile5.gwc"
log=$out/zqlog.log
to=$out/to

# A recording is kept as it is, for its owner: saved captures and those of the flight recorder.
secrets() { grep -roahE --exclude='flight-*' --exclude='d[0-9].gwc' 'zq[a-z]+' "$to" | sort | uniq -c; } # in all that a command wrote
keeps_secrets() { # STATUS COMMAND...: which writes into $to
	local want=$1 status=0 found
	shift
	rm -rf "$to" && mkdir "$to"
	"$gw" "$@" > "$to/stdout" 2> "$out/stderr" || status=$?
	[ $status = "$want" ] || { echo "status $status"; cat "$out/stderr"; return 1; }
	[ -n "$(find "$to" -type f -size +0)" ] || { echo "nothing was written"; return 1; }
	for archive in "$to"/*.tar.gz; do
		[ ! -e "$archive" ] || tar -xzf "$archive" -C "$to" --exclude=environment.txt || return 1
	done
	for capture in $(find "$to" -name 'capture*.gwc'); do "$gw" dump -o "$capture.txt" "$capture" 2> /dev/null; done
	found=$(secrets)
	[ -z "$found" ] || { echo "$found"; return 1; }
}
# The test can fail: with names the secrets of programs and qubes are there.
shows_secrets() {
	! keeps_secrets "$@" && [ -n "$(secrets)" ]
}

for format in text json github mail html junit tap perfetto; do
	# shellcheck disable=SC2086 # two captures
	try "analyze, $format" keeps_secrets 2 analyze -f $format --log "5=$log" --pictures "$to" $both
	# shellcheck disable=SC2086
	[ $format = tap ] || try "analyze, $format, with names" shows_secrets 2 analyze -f $format --no-redact --log "5=$log" $both
	try "explain a log, $format" keeps_secrets 2 explain -f $format "$log"
done
for format in text json perfetto; do
	# shellcheck disable=SC2086
	try "events, $format" keeps_secrets 0 events --format $format $both
	# shellcheck disable=SC2086
	try "events, $format, with names" shows_secrets 0 events --format $format --no-redact $both
done
# shellcheck disable=SC2086
try "explain captures and a log" keeps_secrets 2 explain $both "$log"
# shellcheck disable=SC2086
try "bundle" keeps_secrets 2 bundle -o "$to/b.tar.gz" --log "5=$log" $both
# shellcheck disable=SC2086
try "bundle, with names" shows_secrets 2 bundle --no-redact -o "$to/b.tar.gz" $both
try "compare" keeps_secrets 0 compare "$out/zqfile5.gwc" "$out/zqfile5.gwc"
try "compare, JSON" keeps_secrets 0 compare -j "$out/zqfile5.gwc" "$out/zqfile5.gwc"
for format in text json; do
	try "watch, $format: alerts, results, metrics" keeps_secrets 2 watch --no-local -f $format --metrics "$to/metrics.prom" --keep-mib 1 \
		--results "$to/results" --log "5=$log" -s "0=cat $out/zqfile0.gwc" -s "5=cat $out/zqfile5.gwc"
done

# --- what bundle gives away is enough: the same verdicts

"$gw" bundle -q -o "$out/b.tar.gz" $both && exit 1
tar -xzf "$out/b.tar.gz" -C "$out"
fingerprints() { "$gw" analyze -q -j "$@" | grep -oE '"(class|certainty|fingerprint|outcome)":"[^"]*"'; }
# shellcheck disable=SC2086
is "the redacted captures have the same verdicts" "$(fingerprints "$out"/grantwatch-bundle/*.gwc)" "$(fingerprints $both)"
done_testing
