#!/bin/bash
# What people type: files of another kind, misspelt words, durations, colours, Ctrl-C, and standard output that takes nothing. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$1" "$2"; }

# says TEXT ARGUMENT...: grantwatch ends with 1, and its error has TEXT
says() {
	local text=$1 status=0
	shift
	timeout 60 "$gw" "$@" > "$out/stdout" 2> "$out/stderr" < /dev/null || status=$?
	[ $status = 1 ] || { echo "ended with $status"; cat "$out/stderr"; return 1; }
	grep '^grantwatch: error: ' "$out/stderr" | grep -qF -e "$text" || { echo "not said: $text"; cat "$out/stderr"; return 1; }
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

# --- a wrong kind of file

for command in analyze dump events "holders -c" bundle compare; do
	args=()
	[ "$command" != compare ] || args=("$capture")
	# shellcheck disable=SC2086 # an option goes with it
	{
	try "$command: a log" says "x.log: not a grantwatch capture, but text, perhaps a log: 'grantwatch explain $log' reads logs" $command "$log" "${args[@]}"
	try "$command: the text of a capture" says "but the text form of a capture: 'grantwatch pack -o NEW.gwc $text'" $command "$text" "${args[@]}"
	try "$command: a trace of Xen" says "but a trace of xentrace: 'grantwatch xentrace $trace' prints it" $command "$trace" "${args[@]}"
	try "$command: a bundle" says "but an archive: 'grantwatch explain $bundle' reads a bundle" $command "$bundle" "${args[@]}"
	try "$command: what is compressed" says "but compressed: 'grantwatch explain $packed' reads it" $command "$packed" "${args[@]}"
	try "$command: a report" says "but a report in JSON: give the captures" $command "$report" "${args[@]}"
	}
done
try "analyze: a directory" says "give the files in it, $out/*.gwc" analyze "$out"
try "xentrace: a capture" says "d1.gwc: not a trace of xentrace, but a capture: 'grantwatch analyze $capture' judges it" xentrace "$capture"
try "xentrace: a log" says "not a trace of xentrace, but text, perhaps a log" xentrace "$log"
try "analyze --xentrace: a capture" says "not a trace of xentrace, but a capture" analyze -x "$capture" "$out/d0.gwc"
try "analyze --log: a capture" says "d1.gwc: not a log, but a capture: 'grantwatch analyze $capture' judges it" analyze -l "1=$capture" "$out/d0.gwc"
try "watch --log: a capture" says "not a log, but a capture" watch --no-local -l "$capture" -s 5=true
try "pack: a capture" says "not the text form of a capture, but a capture: 'grantwatch analyze $capture'" pack "$capture"
try "explain: the text of a capture" says "not a log, but the text form of a capture: 'grantwatch pack" explain "$text"
try "explain: a report" says "not a log, but a report in JSON" explain "$report"

# --- misspelt

try "a command" says "unknown command 'analyse': did you mean analyze?" analyse "$capture"
try "letters swapped" says "unknown command 'wacth': did you mean watch?" wacth
try "a beginning" says "did you mean xentrace?" xen
try "a word that is near to none" says "unknown command 'frobnicate'; 'grantwatch --help' lists them" frobnicate
try "help's command" says "did you mean record?" help recordd
try "an option" says "analyze: unknown option '--formt': did you mean --format?" analyze --formt=json "$capture"
try "an option that is near to none" says "record: unknown option '--frobnicate'; see 'grantwatch record --help'" record --frobnicate
try "a letter" says "analyze: unknown option '-Z'" analyze -qZ "$capture"
try "a flag with an argument" says "analyze: --json takes no argument" analyze --json=yes "$capture"
try "an option without its argument" says "an argument is missing after '--format'" analyze --format

# --- durations

quick() { # DURATION SECONDS: watch -d ends after SECONDS, a second more at most
	local began ended
	began=$(date +%s)
	timeout 60 "$gw" watch -q --no-local -d "$1" -s "0=sh -c 'cat $out/d0.gwc; exec sleep 60'" > "$out/stdout" 2> "$out/stderr"
	ended=$(date +%s)
	[ $((ended - began)) -ge "$2" ] && [ $((ended - began)) -le $(($2 + 5)) ] || { echo "$((ended - began)) s"; cat "$out/stderr"; return 1; }
}
try "-d 1s" quick 1s 1
try "-d 2" quick 2 2
for wrong in 1x s 1m30 30s1m 1.5s -1 '' 1mm ' 1' 0s; do
	try "no duration: '$wrong'" says "takes seconds, or a duration such as 90s, 5m or 1h30m" watch --no-local -s 5=true "--duration=$wrong"
done
try "too long" says "from 1 to 3600 s, not '2h'" top -i 2h
limited() { "$gw" analyze -q -j --limit "lingering-map=$1" "$out/d0.gwc" "$capture"; }
is "a limit in minutes is one in seconds" "$(limited 2m | sha256sum)" "$(limited 120 | sha256sum)"
try "a limit that is none" says '(s, or as 90s, 5m), not "2x"' analyze --limit lingering-map=2x "$capture"

# --- two captures of one name

mkdir -p "$out/here/a" "$out/here/b" "$out/there/a"
cp "$out/d0.gwc" "$out/here/a/d0.gwc"
cp "$out/d0.gwc" "$out/here/b/d0.gwc"
cp "$out/d0.gwc" "$out/there/a/d0.gwc"
try "a/d0.gwc and b/d0.gwc" says "error: a/d0.gwc and b/d0.gwc are both of d0" analyze "$out/here/a/d0.gwc" "$out/here/b/d0.gwc"
try "further up" says "error: here/a/d0.gwc and there/a/d0.gwc are both of d0" analyze "$out/here/a/d0.gwc" "$out/there/a/d0.gwc"
printf '%0600d' 0 > "$out/here/b/d0.gwc"
(cd "$out" && printf 'garbage\001%0600d' 0 > here/b/d0.gwc)
try "the one that is none" says "error: b/d0.gwc: not a grantwatch capture" holders -c "$out/here/a/d0.gwc" -c "$out/here/b/d0.gwc"

# --- colours

coloured() { grep -q $'\033' "$out/stdout"; }
"$gw" analyze -q --color=always "$out/d0.gwc" "$capture" > "$out/stdout"
try "--color=always: on a pipe" coloured
"$gw" analyze -q --color=auto "$out/d0.gwc" "$capture" > "$out/stdout"
try "--color=auto: not there" eval '! coloured'
TERM=xterm script -qec "$gw analyze -q --color=never $out/d0.gwc $capture" /dev/null > "$out/stdout" < /dev/null
try "--color=never: not on a terminal" eval '! coloured'
try "another word" says "--color takes auto, always or never, not 'yes'" analyze --color=yes "$capture"

# --- Ctrl-C prints what was found so far

# interrupt COMMAND...: its input has stopped in the middle when SIGINT comes; sets status
size=$(stat -c %s "$capture")
interrupt() {
	local pid
	rm -f "$out/fifo"
	mkfifo "$out/fifo"
	# bash has background jobs ignore SIGINT
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
is "Ctrl-C in analyze: the race that was read is reported" "$status" 2
try "with the finding" has '"class":"stale-map","certainty":"proven"' "$out/stdout"
try "and what was not judged" has '"d1: the analysis was interrupted after [0-9.]+ MB of its capture: later events were not judged"' "$out/stdout"
try "and it is said" has 'warning: interrupted: this is what was found so far' "$out/stderr"
part=$((size / 20))
interrupt analyze -j
is "without a race in what was read, it is blind" "$status" 3
interrupt events
is "Ctrl-C in events: incomplete" "$status" 3
try "with the events that were read" has 'grant' "$out/stdout"
try "which is said" has 'fifo: interrupted, later events are not printed' "$out/stderr"

# --- standard output

for command in "--help" "help" "analyze --help" "--version" "help --scdoc watch" "help --bash" "repro --list" "xentrace --list-records" "doctor --only-look"; do
	# shellcheck disable=SC2086 # words
	"$gw" $command > /dev/full 2> "$out/stderr"
	status=$?
	is "$command without room: status 1" "$status" 1
	try "which is said" has '^grantwatch: error: standard output: No space left on device|^grantwatch: error: -: No space' "$out/stderr"
	# shellcheck disable=SC2086
	"$gw" $command 2> "$out/stderr" | head -n 1 > /dev/null
	try "$command | head ends without a word" test ! -s "$out/stderr"
done
done_testing
