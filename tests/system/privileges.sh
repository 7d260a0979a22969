#!/bin/bash
# What reads guests' bytes has no privileges: looked up in /proc while it runs. TAP.
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

pipes_of() { # PID: the pipes that it holds
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

# A guest's stream that stays open, and dom0's.
"$gw" watch --no-local -j -o "$out/live" --save "$out/save" --pictures "$out/pictures" --ready-file "$out/ready" \
	--source "0=sh -c 'cat $out/d0.in; sleep 20'" --source "5=sh -c 'cat $out/d5.in; sleep 20'" 2> "$out/log" &
watch=$!
try "watch is ready" wait_for "$out/ready"
parser=
for pid in $(cat "/proc/$watch/task/$watch/children"); do
	[ "$(cat "/proc/$pid/comm")" = grantwatch ] && parser=$pid
done
try "a process of its own parses" [ -n "$parser" ]

if [ "$(id -u)" = 0 ]; then
	nobody="65534 65534 65534 65534"
else
	nobody=$(status_of "$watch" Uid)
fi
is "the parser is nobody" "$(status_of "$parser" Uid)" "$nobody"
[ "$(id -u)" != 0 ] || is "the parser is in no group" "$(status_of "$parser" Gid)$(status_of "$parser" Groups | tr -d ' ')" "$nobody"
for set in CapInh CapPrm CapEff CapAmb; do
	is "the parser's $set" "$(status_of "$parser" $set)" 0000000000000000
done
[ "$(id -u)" != 0 ] || is "the parser's CapBnd" "$(status_of "$parser" CapBnd)" 0000000000000000
is "the parser gains no privileges" "$(status_of "$parser" NoNewPrivs)" 1
is "the parser is confined" "$(status_of "$parser" Seccomp)" 2

# The guests' pipes are read by the parser, and by nobody else: not by the one that has privileges.
sources=$(pgrep -P "$watch" -x sh)
shared=0 read=0
for pid in $sources; do
	pipe=$(readlink "/proc/$pid/fd/1")
	pipes_of "$parser" | grep -qxF "$pipe" && read=$((read + 1))
	pipes_of "$watch" | grep -qxF "$pipe" && shared=$((shared + 1))
done
is "the parser reads both streams" "$read" 2
is "the privileged process reads none" "$shared" 0

kill -TERM "$watch"
wait "$watch"
is "watch ends with its verdict" "$?" 2
try "the finding was written by the unprivileged process" grep -q '"class":"stale-map"' "$out/live"
try "the capture was saved" cmp -s "$out/d5.in" <(head -c "$(stat -c %s "$out/d5.in")" "$out/save/d5.gwc")
try "pictures were drawn in a directory that nobody may write to" ls "$out/pictures"/*.svg
try "no child is left" [ -z "$(pgrep -P "$watch")" ]

# analyze: one that waits for its input in the middle.
mkfifo "$out/fifo"
"$gw" analyze -o "$out/report" "$out/d0.in" "$out/fifo" &
analyze=$!
exec 9> "$out/fifo"
head -c 100 "$out/d5.in" >&9
sleep 0.5
parser=$(pgrep -P "$analyze")
is "analyze parses as nobody" "$(status_of "${parser:-0}" Uid)" "$nobody"
is "analyze parses without capabilities" "$(status_of "${parser:-0}" CapEff)" 0000000000000000
is "analyze is confined" "$(status_of "${parser:-0}" Seccomp)" 2
tail -c +101 "$out/d5.in" >&9
exec 9>&-
wait "$analyze"
is "analyze ends with its verdict" "$?" 2
try "its report is there" [ -s "$out/report" ]

# compare: the same, with rates that wait.
rm -f "$out/fifo.json" && mkfifo "$out/fifo.json"
"$gw" compare -o "$out/compared" "$out/fifo.json" "$out/d5.in" 2> "$out/compare.log" &
compare=$!
exec 9> "$out/fifo.json"
sleep 0.5
parser=$(pgrep -P "$compare")
is "compare parses as nobody" "$(status_of "${parser:-0}" Uid)" "$nobody"
is "compare is confined" "$(status_of "${parser:-0}" Seccomp)" 2
exec 9>&-
wait "$compare"
is "compare says that there are no rates" "$?" 1
try "and where" grep -q 'fifo.json: has no rates' "$out/compare.log"

# dump reads what guests wrote, too.
for command in dump; do
	rm -f "$out/fifo"
	mkfifo "$out/fifo"
	"$gw" $command "$out/fifo" > "$out/text" &
	pid=$!
	exec 9> "$out/fifo"
	head -c 100 "$out/d5.in" >&9
	sleep 0.3
	is "$command reads as nobody" "$(status_of $pid Uid)" "$nobody"
	is "$command is confined" "$(status_of $pid Seccomp)" 2
	tail -c +101 "$out/d5.in" >&9
	exec 9>&-
	wait $pid
	is "$command ends well" "$?" 0
done
done_testing
