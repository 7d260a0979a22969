#!/bin/bash
# What users type: wrong kinds of files, misspelt words, durations, colours, Ctrl-C, and a full or closed standard output. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$1" "$2"; }

# says TEXT ARGUMENT...: grantwatch ARGUMENT... exits with 1, and its error contains TEXT
says() {
	local text=$1 status=0
	shift
	timeout 60 "$gw" "$@" > "$out/stdout" 2> "$out/stderr" < /dev/null || status=$?
	[ $status = 1 ] || { echo "ended with $status"; cat "$out/stderr"; return 1; }
	grep '^grantwatch: error: ' "$out/stderr" | grep -qF -e "$text" || { echo "no error with: $text"; cat "$out/stderr"; return 1; }
}

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
capture=$out/d1.gwc
text=$out/d1.txt log=$out/x.log trace=$out/trace.bin packed=$out/x.gz bundle=$out/b.tar report=$out/report.ndjson
"$gw" dump "$capture" > "$text"
cp tests/golden/logs/old.log "$log"
printf '\x03\xf0\x01\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' > "$trace"
gzip -c "$log" > "$packed"
tar -cf "$bundle" -C "$out" x.log
"$gw" analyze -q -j "$out/d0.gwc" "$capture" > "$report"

# --- wrong kinds of files

for command in analyze dump events "holders -c" bundle compare; do
	args=()
	[ "$command" != compare ] || args=("$capture")
	# shellcheck disable=SC2086 # a command and its option
	{
	try "$command: a log is recognised" says "x.log: not a grantwatch capture, but text, perhaps a log: 'grantwatch explain $log' reads logs" $command "$log" "${args[@]}"
	try "$command: the text of a capture is recognised" says "but the text form of a capture: 'grantwatch pack -o NEW.gwc $text'" $command "$text" "${args[@]}"
	try "$command: a trace of Xen is recognised" says "but a trace of xentrace: 'grantwatch xentrace $trace' prints it" $command "$trace" "${args[@]}"
	try "$command: a bundle is recognised" says "but an archive: 'grantwatch explain $bundle' reads a bundle" $command "$bundle" "${args[@]}"
	try "$command: a compressed file is recognised" says "but compressed: 'grantwatch explain $packed' reads it" $command "$packed" "${args[@]}"
	try "$command: a report is recognised" says "but a report in JSON: give the captures" $command "$report" "${args[@]}"
	}
done
try "analyze: a directory is recognised" says "give the files in it, $out/*.gwc" analyze "$out"
try "xentrace: a capture is recognised" says "d1.gwc: not a trace of xentrace, but a capture: 'grantwatch analyze $capture' judges it" xentrace "$capture"
try "xentrace: a log is recognised" says "not a trace of xentrace, but text, perhaps a log" xentrace "$log"
try "analyze --xentrace: a capture is recognised" says "not a trace of xentrace, but a capture" analyze -x "$capture" "$out/d0.gwc"
try "analyze --log: a capture is recognised" says "d1.gwc: not a log, but a capture: 'grantwatch analyze $capture' judges it" analyze -l "1=$capture" "$out/d0.gwc"
try "watch --log: a capture is recognised" says "not a log, but a capture" watch --no-local -l "$capture" -s 5=true
try "pack: a capture is recognised" says "not the text form of a capture, but a capture: 'grantwatch analyze $capture'" pack "$capture"
try "explain: the text of a capture is recognised" says "not a log, but the text form of a capture: 'grantwatch pack" explain "$text"
try "explain: a report is recognised" says "not a log, but a report in JSON" explain "$report"

# --- misspelt words

try "a misspelt command: a suggestion" says "unknown command 'analyse': did you mean analyze?" analyse "$capture"
try "a command with letters swapped: a suggestion" says "unknown command 'wacth': did you mean watch?" wacth
try "the beginning of a command: a suggestion" says "did you mean xentrace?" xen
try "a word unlike any command: no suggestion" says "unknown command 'frobnicate'; 'grantwatch --help' lists them" frobnicate
try "help with a misspelt command: a suggestion" says "did you mean record?" help recordd
try "a misspelt option: a suggestion" says "analyze: unknown option '--formt': did you mean --format?" analyze --formt=json "$capture"
try "a word unlike any option: no suggestion" says "record: unknown option '--frobnicate'; see 'grantwatch record --help'" record --frobnicate
try "an unknown short option: an error" says "analyze: unknown option '-Z'" analyze -qZ "$capture"
try "a flag with an argument: an error" says "analyze: --json takes no argument" analyze --json=yes "$capture"
try "an option without its argument: an error" says "an argument is missing after '--format'" analyze --format

# --- durations

quick() { # DURATION SECONDS: `watch -d DURATION` ends after SECONDS, five seconds more at most
	local began ended
	began=$(date +%s)
	timeout 60 "$gw" watch -q --no-local -d "$1" -s "0=sh -c 'cat $out/d0.gwc; exec sleep 60'" > "$out/stdout" 2> "$out/stderr"
	ended=$(date +%s)
	[ $((ended - began)) -ge "$2" ] && [ $((ended - began)) -le $(($2 + 5)) ] || { echo "$((ended - began)) s"; cat "$out/stderr"; return 1; }
}
try "-d 1s: watch ends after a second" quick 1s 1
try "-d 2: watch ends after two seconds" quick 2 2
for wrong in 1x s 1m30 30s1m 1.5s -1 '' 1mm ' 1' 0s; do
	try "an invalid duration is refused: '$wrong'" says "takes seconds, or a duration such as 90s, 5m or 1h30m" watch --no-local -s 5=true "--duration=$wrong"
done
try "a duration above the limit is refused" says "from 1 to 3600 s, not '2h'" top -i 2h
limited() { "$gw" analyze -q -j --limit "lingering-map=$1" "$out/d0.gwc" "$capture"; }
is "--limit with 2m is the same as with 120" "$(limited 2m | sha256sum)" "$(limited 120 | sha256sum)"
try "--limit with an invalid duration is refused" says '(s, or as 90s, 5m), not "2x"' analyze --limit lingering-map=2x "$capture"

# --- two captures with the same file name: errors have as much of the path as tells them apart

mkdir -p "$out/here/a" "$out/here/b" "$out/there/a"
cp "$out/d0.gwc" "$out/here/a/d0.gwc"
cp "$out/d0.gwc" "$out/here/b/d0.gwc"
cp "$out/d0.gwc" "$out/there/a/d0.gwc"
try "same names in two directories: the error has the directories" says "error: a/d0.gwc and b/d0.gwc are both of d0" analyze "$out/here/a/d0.gwc" "$out/here/b/d0.gwc"
try "same names in two trees: the error has the trees" says "error: here/a/d0.gwc and there/a/d0.gwc are both of d0" analyze "$out/here/a/d0.gwc" "$out/there/a/d0.gwc"
printf '%0600d' 0 > "$out/here/b/d0.gwc"
(cd "$out" && printf 'garbage\001%0600d' 0 > here/b/d0.gwc)
try "same names, one of them no capture: the error has its directory" says "error: b/d0.gwc: not a grantwatch capture" holders -c "$out/here/a/d0.gwc" -c "$out/here/b/d0.gwc"

# --- colours

coloured() { grep -q $'\033' "$out/stdout"; }
"$gw" analyze -q --color=always "$out/d0.gwc" "$capture" > "$out/stdout"
try "--color=always: colours on a pipe" coloured
"$gw" analyze -q --color=auto "$out/d0.gwc" "$capture" > "$out/stdout"
try "--color=auto: no colours on a pipe" eval '! coloured'
TERM=xterm script -qec "$gw analyze -q --color=never $out/d0.gwc $capture" /dev/null > "$out/stdout" < /dev/null
try "--color=never: no colours on a terminal" eval '! coloured'
try "--color: another word is refused" says "--color takes auto, always or never, not 'yes'" analyze --color=yes "$capture"

# --- Ctrl-C: the results so far are printed

# interrupt COMMAND...: sends SIGINT after $part bytes of the second capture, whose end does not come. Sets status.
size=$(stat -c %s "$capture")
interrupt() {
	local pid
	rm -f "$out/fifo"
	mkfifo "$out/fifo"
	# Background jobs of bash ignore SIGINT, so python turns it on again.
	python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
		"$gw" "$@" "$out/d0.gwc" "$out/fifo" > "$out/stdout" 2> "$out/stderr" &
	pid=$!
	exec 9> "$out/fifo"
	head -c "$part" "$capture" >&9
	sleep 1
	kill -INT $pid
	timeout 20 tail --pid=$pid -f /dev/null
	exec 9>&-
	wait $pid
	status=$?
}
part=$((size - 4096))
interrupt analyze -j
is "Ctrl-C in analyze after the race: status 2" "$status" 2
try "Ctrl-C in analyze after the race: the finding is reported" has '"class":"stale-map","certainty":"proven"' "$out/stdout"
try "Ctrl-C in analyze after the race: unread events are a blind spot" has '"d1: the analysis was interrupted after [0-9.]+ MB of its capture: later events were not judged"' "$out/stdout"
try "Ctrl-C in analyze after the race: a warning" has 'warning: interrupted: this is what was found so far' "$out/stderr"
part=$((size / 20))
interrupt analyze -j
is "Ctrl-C in analyze before the race: status 3" "$status" 3
interrupt events
is "Ctrl-C in events: status 3" "$status" 3
try "Ctrl-C in events: events read so far are printed" has 'grant' "$out/stdout"
try "Ctrl-C in events: an error" has 'fifo: interrupted, later events are not printed' "$out/stderr"

# --- standard output

for command in "--help" "help" "analyze --help" "--version" "help --scdoc watch" "help --bash" "repro --list" "xentrace --list-records" "doctor --only-look"; do
	# shellcheck disable=SC2086 # words
	"$gw" $command > /dev/full 2> "$out/stderr"
	status=$?
	is "$command to a full device: status 1" "$status" 1
	try "$command to a full device: an error" has '^grantwatch: error: standard output: No space left on device|^grantwatch: error: -: No space' "$out/stderr"
	# shellcheck disable=SC2086
	"$gw" $command 2> "$out/stderr" | head -n 1 > /dev/null
	try "$command | head: no error" test ! -s "$out/stderr"
done
done_testing
