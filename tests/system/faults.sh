#!/bin/bash
# Faults of watch: killed and stopped processes, full disks, no descriptors. Saved captures stay readable, nothing hangs, and a
# message names the fault. TAP.
# tests/unit/test_xentrace_child.c tests the keeper of Xen's trace. Faults of the recorder need Xen: see tests/lab.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$@"; }
lacks() { ! has "$@"; }
gone() { # PID: waits until it has ended, a minute at most
	for _ in $(seq 600); do
		kill -0 "$1" 2> /dev/null || return 0
		sleep 0.1
	done
	return 1
}
wait_for() { # COMMAND...: repeats it until it succeeds, 30 seconds at most
	for _ in $(seq 600); do
		"$@" 2> /dev/null && return
		sleep 0.05
	done
	return 1
}

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
# d1.most lacks the end of the capture, but has the race. Its last block is truncated.
size=$(($(stat -c %s "$out/d1.gwc") - 100))
head -c $size "$out/d1.gwc" > "$out/d1.most"

# begin NAME [OPTION]...: starts watch on two sources that stay open, with all outputs in $out/NAME. Sets watch, parser, sources.
begin() {
	local name=$1
	shift
	mkdir -p "$out/$name"
	"$gw" watch --no-local -j -o "$out/$name/report" --save "$out/$name" --ready-file "$out/$name/ready" \
		-s "0=sh -c 'cat $out/d0.gwc; exec sleep 300'" -s "1=sh -c 'cat $out/d1.most; exec sleep 300'" "$@" \
		2> "$out/$name/err" &
	watch=$!
	wait_for test -e "$out/$name/ready"
	wait_for test "$(stat -c %s "$out/d1.most")" = "$(stat -c %s "$out/$name/d1.gwc")"
	parser=
	for child in $(cat "/proc/$watch/task/$watch/children"); do
		[ "$(cat "/proc/$child/comm")" != grantwatch ] || parser=$child
	done
	sources=$(pgrep -P "$watch" -x 'sh|sleep' | tr '\n' ' ')
}
none_left() { # the parser and all sources have ended
	[ -n "$sources" ] && [ -n "$parser" ] || return 1
	for pid in $sources $parser; do gone "$pid" || return 1; done
}
# The saved capture can be read up to the last whole block, and analyze finds the race in it.
kept() { # NAME
	# The last bytes may differ: watch replaces a truncated block by the end of the capture.
	cmp -s <(head -c $((size - 4096)) "$out/d1.most") <(head -c $((size - 4096)) "$out/$1/d1.gwc") || return 1
	"$gw" dump "$out/$1/d1.gwc" > "$out/$1/text" 2> /dev/null
	tail -n 2 "$out/$1/text" | grep -q ^mark || return 1
	"$gw" analyze -j "$out/$1"/d[01].gwc > "$out/$1/verdict" 2> /dev/null
	grep -q '"class":"stale-map","certainty":"proven"' "$out/$1/verdict"
}

begin parser
try "killed parser: it runs" kill -KILL "$parser"
wait "$watch"
try "killed parser: watch exits with 1" [ $? = 1 ]
try "killed parser: an error" has 'error: .*(killed|signal|ended|died)' "$out/parser/err"
try "killed parser: all processes end" none_left
try "killed parser: the saved capture has the race" kept parser

begin warden
kill -KILL "$watch"
wait "$watch" 2> /dev/null
try "killed warden: all processes end" none_left
try "killed warden: the saved capture has the race" kept warden

begin source
kill -KILL $sources
try "killed sources: watch ends" gone "$watch"
wait "$watch"
try "killed sources: watch exits with 2" [ $? = 2 ]
try "killed sources: a blind spot" has "\"d1's capture: cut short" "$out/source/report"
try "killed sources: the saved capture has the race" kept source

begin stopped
kill -STOP $sources
try "stopped sources: watch goes on without them" wait_for has 'source of d1: silent for 5 seconds, going on without it' "$out/stopped/err"
kill -TERM "$watch"
try "stopped sources: watch ends at SIGTERM" gone "$watch"
wait "$watch"
try "stopped sources: watch exits with 2" [ $? = 2 ]
try "stopped sources: all processes end" none_left
try "stopped sources: the saved capture has the race" kept stopped

# --- SIGTERM: events which a guest recorded before are still read

# The guest sends this part at once, and the rest with the race after SIGTERM.
part=$((size / 20))
mkdir "$out/late"
cat > "$out/late/guest" << END
#!/bin/sh
head -c $part "$out/d1.gwc"
until [ -e "$out/late/asked" ]; do sleep 0.02; done
tail -c +$((part + 1)) "$out/d1.gwc"
exec sleep 300
END
chmod +x "$out/late/guest"
"$gw" watch --no-local -j -o "$out/late/report" --ready-file "$out/late/ready" -s "0=sh -c 'cat $out/d0.gwc; exec sleep 300'" \
	-s "1=$out/late/guest" 2> "$out/late/err" &
watch=$!
wait_for test -e "$out/late/ready"
sleep 0.5
kill -TERM "$watch"
touch "$out/late/asked"
wait "$watch"
try "events sent after SIGTERM: watch exits with 2" [ $? = 2 ]
try "events sent after SIGTERM: the race is proven" has '"class":"stale-map","certainty":"proven"' "$out/late/report"

# --- SIGTERM while a recorder attaches its probes: watch ends soon, was not ready, and is not clean

mkdir "$out/early"
grep -v '^probe' tests/cases/attaching-unfinished/d5.txt | "$gw" pack - -o "$out/early/d5.gwc"
for whole in 1 2; do # The recorder has sent its first block, or half of it.
	head -c $(($(stat -c %s "$out/early/d5.gwc") / whole)) "$out/early/d5.gwc" > "$out/early/sent"
	"$gw" watch --no-local -j -o "$out/early/report" --force --ready-file "$out/early/ready" \
		-s "5=sh -c 'cat $out/early/sent; touch $out/early/begun; exec sleep 300'" 2> "$out/early/err" &
	watch=$!
	wait_for test -e "$out/early/begun"
	sleep 0.3
	began=$(date +%s%N)
	kill -TERM "$watch"
	wait "$watch"
	try "SIGTERM while a source attaches: watch exits with 3" [ $? = 3 ]
	# A second, and four more for a busy machine.
	try "SIGTERM while a source attaches: watch ends within 5 s" [ $((($(date +%s%N) - began) / 1000000)) -lt 5000 ]
	try "SIGTERM while a source attaches: there is no ready file" [ ! -e "$out/early/ready" ]
	try "SIGTERM while a source attaches: watch did not print that it watches" lacks 'watching' "$out/early/err"
	try "SIGTERM while a source attaches: the blind spot is that nothing was recorded" has '"blind":\["d5.s capture: ended .*: nothing was recorded"' "$out/early/report"
	rm -f "$out/early/begun"
done

# --- full disks and closed pipes

begin full -o /dev/full
kill -TERM "$watch"
wait "$watch"
try "full disk for the report: watch exits with 1" [ $? = 1 ]
try "full disk for the report: an error" has 'error: .*/dev/full.*No space left on device' "$out/full/err"
try "full disk for the report: the saved capture has the race" kept full

# A limit of 64 KiB for files stands for a full disk.
mkdir "$out/limit"
(
	ulimit -f 64
	exec "$gw" watch --no-local -j --save "$out/limit" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc" > "$out/limit/report" 2> "$out/limit/err"
)
try "full disk for saved captures: watch exits with 2" [ $? = 2 ]
try "full disk for saved captures: a warning" has 'warning: .*saved capture' "$out/limit/err"
try "full disk for saved captures: the first part is readable" has '^mark' <("$gw" dump "$out/limit/d1.gwc" 2> /dev/null)

for command in "analyze $out/d0.gwc $out/d1.gwc" "analyze -j $out/d0.gwc $out/d1.gwc" "dump $out/d1.gwc"; do
	timeout 60 "$gw" $command > /dev/full 2> "$out/err"
	try "full disk, ${command%% /*}: status 1" [ $? = 1 ]
	try "full disk, ${command%% /*}: an error" has 'error: .*No space left' "$out/err"
	timeout 60 "$gw" $command 2> "$out/err" | head -n 1 > /dev/null
	status=${PIPESTATUS[0]}
	# 141 is the status after SIGPIPE.
	try "closed pipe, ${command%% /*}: ends" [ "$status" -le 3 -o "$status" = 141 ]
done
(
	ulimit -f 64
	timeout 60 "$gw" pack <("$gw" dump "$out/d1.gwc") -o "$out/packed" 2> "$out/err"
)
try "full disk, pack: status 1" [ $? = 1 ]
try "full disk, pack: an error" has 'error: ' "$out/err"

mkdir "$out/pipe"
timeout 60 "$gw" watch --no-local -j --save "$out/pipe" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.most" 2> "$out/pipe/err" | true
status=${PIPESTATUS[0]}
try "closed pipe, watch: status 1" [ "$status" = 1 ]
try "closed pipe, watch: the saved capture has the race" kept pipe
done_testing
