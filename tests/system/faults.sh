#!/bin/bash
# Parts that die, stop, or find no room: what was on disk stays, nothing hangs, and it is said. TAP.
# The keeper of Xen's trace is in tests/unit/test_xentrace_child.c; the recorder needs probes, so Xen.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$@"; }
lacks() { ! has "$@"; }
# a minute, when it should take a moment: it would hang
gone() { # PID
	for _ in $(seq 600); do
		kill -0 "$1" 2> /dev/null || return 0
		sleep 0.1
	done
	return 1
}
wait_for() { # COMMAND...
	for _ in $(seq 600); do
		"$@" 2> /dev/null && return
		sleep 0.05
	done
	return 1
}

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
# most of it: the race is in there, the end is not; the last block is cut
size=$(($(stat -c %s "$out/d1.gwc") - 100))
head -c $size "$out/d1.gwc" > "$out/d1.most"

# begin NAME [OPTION]...: two guests that go on, everything kept in $out/NAME
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
none_left() {
	[ -n "$sources" ] && [ -n "$parser" ] || return 1
	for pid in $sources $parser; do gone "$pid" || return 1; done
}
# What came is on disk, and can be read up to the last whole block.
kept() { # NAME
	# of a stream that watch ended itself the cut block is replaced by its end
	cmp -s <(head -c $((size - 4096)) "$out/d1.most") <(head -c $((size - 4096)) "$out/$1/d1.gwc") || return 1
	"$gw" dump "$out/$1/d1.gwc" > "$out/$1/text" 2> /dev/null
	tail -n 2 "$out/$1/text" | grep -q ^mark || return 1
	"$gw" analyze -j "$out/$1"/d[01].gwc > "$out/$1/verdict" 2> /dev/null
	grep -q '"class":"stale-map","certainty":"proven"' "$out/$1/verdict"
}

begin parser
try "a parser that is killed" kill -KILL "$parser"
wait "$watch"
try "status 1" [ $? = 1 ]
try "which is said" has 'error: .*(killed|signal|ended|died)' "$out/parser/err"
try "nothing runs on" none_left
try "what was read is on disk, with the race in it" kept parser

begin warden
kill -KILL "$watch"
wait "$watch" 2> /dev/null
try "the one that was started is killed: nothing runs on" none_left
try "what was read is on disk, with the race in it" kept warden

begin source
kill -KILL $sources
try "sources that are killed: the rest ends by itself" gone "$watch"
wait "$watch"
try "the race is found all the same" [ $? = 2 ]
try "and what is missing is said" has "\"d1's capture: cut short" "$out/source/report"
try "what was read is on disk, with the race in it" kept source

begin stopped
kill -STOP $sources
try "sources that are stopped are not waited for" wait_for has 'source of d1: silent for 5 seconds, going on without it' "$out/stopped/err"
kill -TERM "$watch"
try "nor at the end" gone "$watch"
wait "$watch"
try "the race is found all the same" [ $? = 2 ]
try "nothing runs on, not even stopped" none_left
try "what was read is on disk, with the race in it" kept stopped

# --- the end: what a guest recorded before the user asked for it is read

# so little that the race is not in it
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
try "a guest's last events: the race is found" [ $? = 2 ]
try "and proven" has '"class":"stale-map","certainty":"proven"' "$out/late/report"

# --- told to end while a recorder attaches its probes: at once, not ready, and not clean

mkdir "$out/early"
grep -v '^probe' tests/cases/attaching-unfinished/d5.txt | "$gw" pack - -o "$out/early/d5.gwc"
for whole in 1 2; do # the recorder has sent its first block, or half of it
	head -c $(($(stat -c %s "$out/early/d5.gwc") / whole)) "$out/early/d5.gwc" > "$out/early/sent"
	"$gw" watch --no-local -j -o "$out/early/report" --force --ready-file "$out/early/ready" \
		-s "5=sh -c 'cat $out/early/sent; touch $out/early/begun; exec sleep 300'" 2> "$out/early/err" &
	watch=$!
	wait_for test -e "$out/early/begun"
	sleep 0.3
	began=$(date +%s%N)
	kill -TERM "$watch"
	wait "$watch"
	try "told to end while a source attaches: status 3" [ $? = 3 ]
	# the contract's second, and what a busy machine needs
	try "soon" [ $((($(date +%s%N) - began) / 1000000)) -lt 5000 ]
	try "it was not ready" [ ! -e "$out/early/ready" ]
	try "and does not say so" lacks 'watching' "$out/early/err"
	try "but that nothing was recorded" has '"blind":\["d5.s capture: ended .*: nothing was recorded"' "$out/early/report"
	rm -f "$out/early/begun"
done

# --- no room

begin full -o /dev/full
kill -TERM "$watch"
wait "$watch"
try "a report that finds no room: status 1" [ $? = 1 ]
try "which is said" has 'error: .*/dev/full.*No space left on device' "$out/full/err"
try "what was read is on disk, with the race in it" kept full

# As on a disk that is full: of files no more than 64 KiB fit.
mkdir "$out/limit"
(
	ulimit -f 64
	exec "$gw" watch --no-local -j --save "$out/limit" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc" > "$out/limit/report" 2> "$out/limit/err"
)
try "captures that find no room: the race is found" [ $? = 2 ]
try "which is said" has 'warning: .*saved capture' "$out/limit/err"
try "what did fit can be read" has '^mark' <("$gw" dump "$out/limit/d1.gwc" 2> /dev/null)

for command in "analyze $out/d0.gwc $out/d1.gwc" "analyze -j $out/d0.gwc $out/d1.gwc" "dump $out/d1.gwc"; do
	timeout 60 "$gw" $command > /dev/full 2> "$out/err"
	try "${command%% /*} without room: status 1" [ $? = 1 ]
	try "which is said" has 'error: .*No space left' "$out/err"
	timeout 60 "$gw" $command 2> "$out/err" | head -n 1 > /dev/null
	status=${PIPESTATUS[0]}
	# its own status, or that of SIGPIPE
	try "${command%% /*} whose reader goes away ends" [ "$status" -le 3 -o "$status" = 141 ]
done
(
	ulimit -f 64
	timeout 60 "$gw" pack <("$gw" dump "$out/d1.gwc") -o "$out/packed" 2> "$out/err"
)
try "pack that finds no room: status 1" [ $? = 1 ]
try "which is said" has 'error: ' "$out/err"

mkdir "$out/pipe"
timeout 60 "$gw" watch --no-local -j --save "$out/pipe" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.most" 2> "$out/pipe/err" | true
status=${PIPESTATUS[0]}
try "a watch whose reader goes away: status 1" [ "$status" = 1 ]
try "what was read is on disk, with the race in it" kept pipe

# --- no descriptors

for most in 5 6 8 10 12 16; do
	(
		ulimit -n $most
		exec timeout 60 "$gw" watch --no-local -j -o "$out/few.$most" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc" 2> "$out/few.err"
	)
	status=$?
	try "with $most descriptors it works, or ends with status 1" [ $status = 1 -o $status = 2 ]
	[ $status = 2 ] || try "and a reason" has 'error|Too many open files' "$out/few.err"
done
done_testing
