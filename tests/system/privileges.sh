#!/bin/bash
# Processes which read guests' data have no privileges, as /proc shows while they run. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT

status_of() { # PID KEY
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' '
}

pipes_of() { # PID: the pipes which it has open
	local fd
	for fd in "/proc/$1/fd/"*; do readlink "$fd"; done | grep '^pipe:' | sort -u
}

wait_for() { # FILE
	local i
	for i in $(seq 100); do
		[ -e "$1" ] && return
		sleep 0.05
	done
	return 1
}

"$gw" pack tests/cases/stale-map-killed/d0.txt -o "$out/d0.in" &&
	"$gw" pack tests/cases/stale-map-killed/d5.txt -o "$out/d5.in" || exit 1
mkdir "$out/save" "$out/pictures"

# Two streams that stay open, of dom0 and a guest
"$gw" watch --no-local -j -o "$out/live" --save "$out/save" --pictures "$out/pictures" --ready-file "$out/ready" \
	--source "0=sh -c 'cat $out/d0.in; sleep 20'" --source "5=sh -c 'cat $out/d5.in; sleep 20'" 2> "$out/log" &
watch=$!
try "watch begins" wait_for "$out/ready"
parser=
for pid in $(cat "/proc/$watch/task/$watch/children"); do
	[ "$(cat "/proc/$pid/comm")" = grantwatch ] && parser=$pid
done
try "watch: the parser is a child process" [ -n "$parser" ]

if [ "$(id -u)" = 0 ]; then
	nobody="65534 65534 65534 65534"
else
	nobody=$(status_of "$watch" Uid)
fi
is "watch: the parser runs as nobody" "$(status_of "$parser" Uid)" "$nobody"
[ "$(id -u)" != 0 ] || is "watch: the parser has only nobody's group" "$(status_of "$parser" Gid)$(status_of "$parser" Groups | tr -d ' ')" "$nobody"
for set in CapInh CapPrm CapEff CapAmb; do
	is "watch: the parser's $set is empty" "$(status_of "$parser" $set)" 0000000000000000
done
[ "$(id -u)" != 0 ] || is "watch: the parser's CapBnd is empty" "$(status_of "$parser" CapBnd)" 0000000000000000
is "watch: the parser cannot gain privileges" "$(status_of "$parser" NoNewPrivs)" 1
is "watch: the parser has a filter of system calls" "$(status_of "$parser" Seccomp)" 2

# Only the parser has the guests' pipes, not the privileged warden.
sources=$(pgrep -P "$watch" -x sh)
shared=0 read=0
for pid in $sources; do
	pipe=$(readlink "/proc/$pid/fd/1")
	pipes_of "$parser" | grep -qxF "$pipe" && read=$((read + 1))
	pipes_of "$watch" | grep -qxF "$pipe" && shared=$((shared + 1))
done
is "watch: the parser has both streams" "$read" 2
is "watch: the warden has no stream" "$shared" 0

kill -TERM "$watch"
wait "$watch"
is "watch: status 2" "$?" 2
try "watch: the report has the finding" grep -q '"class":"stale-map"' "$out/live"
try "watch: the capture is saved" cmp -s "$out/d5.in" <(head -c "$(stat -c %s "$out/d5.in")" "$out/save/d5.gwc")
try "watch: pictures are in a directory which the user nobody may not write" ls "$out/pictures"/*.svg
try "watch: no child process is left" [ -z "$(pgrep -P "$watch")" ]

# analyze, while it waits for the rest of its input
mkfifo "$out/fifo"
"$gw" analyze -o "$out/report" "$out/d0.in" "$out/fifo" &
analyze=$!
exec 9> "$out/fifo"
head -c 100 "$out/d5.in" >&9
sleep 0.5
parser=$(pgrep -P "$analyze")
is "analyze: the parser runs as nobody" "$(status_of "${parser:-0}" Uid)" "$nobody"
is "analyze: the parser has no capabilities" "$(status_of "${parser:-0}" CapEff)" 0000000000000000
is "analyze: the parser has a filter of system calls" "$(status_of "${parser:-0}" Seccomp)" 2
tail -c +101 "$out/d5.in" >&9
exec 9>&-
wait "$analyze"
is "analyze: status 2" "$?" 2
try "analyze: the report is written" [ -s "$out/report" ]

# compare, while it waits for a file of rates
rm -f "$out/fifo.json" && mkfifo "$out/fifo.json"
"$gw" compare -o "$out/compared" "$out/fifo.json" "$out/d5.in" 2> "$out/compare.log" &
compare=$!
exec 9> "$out/fifo.json"
sleep 0.5
parser=$(pgrep -P "$compare")
is "compare: the parser runs as nobody" "$(status_of "${parser:-0}" Uid)" "$nobody"
is "compare: the parser has a filter of system calls" "$(status_of "${parser:-0}" Seccomp)" 2
exec 9>&-
wait "$compare"
is "compare: status 1 without rates" "$?" 1
try "compare: the error names the file without rates" grep -q 'fifo.json: has no rates' "$out/compare.log"

# dump, while it waits for the rest of its input
for command in dump; do
	rm -f "$out/fifo"
	mkfifo "$out/fifo"
	"$gw" $command "$out/fifo" > "$out/text" &
	pid=$!
	exec 9> "$out/fifo"
	head -c 100 "$out/d5.in" >&9
	sleep 0.3
	is "$command: runs as nobody" "$(status_of $pid Uid)" "$nobody"
	is "$command: has a filter of system calls" "$(status_of $pid Seccomp)" 2
	tail -c +101 "$out/d5.in" >&9
	exec 9>&-
	wait $pid
	is "$command: status 0" "$?" 0
done
done_testing
