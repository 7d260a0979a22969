#!/bin/bash
# Colours, progress and the width of help: on a terminal, which script(1) makes, and not on a pipe or in a file. TAP.
#
# usage: terminal.sh [GRANTWATCH]
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$(readlink -f "${1:-build/grantwatch}")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
escapes() { grep -c $'\033' "$1"; }
has_none() { [ "$(escapes "$1")" = 0 ]; }
has_some() { [ "$(escapes "$1")" -gt 0 ]; }
on_terminal() { # OUT COMMAND: writes to OUT what the command prints on a terminal
	script -qec "$2" /dev/null > "$1" < /dev/null
}

for d in 0 5; do "$gw" pack -o "$out/d$d.gwc" "tests/cases/stale-map-armed/d$d.txt" || exit 1; done
analyze="$gw analyze $out/d0.gwc $out/d5.gwc"

$analyze > "$out/plain"
try "no colour on a pipe" has_none "$out/plain"
TERM=xterm on_terminal "$out/tty" "$analyze"
try "colour on a terminal" has_some "$out/tty"
sed 's/\x1b\[[0-9;]*m//g; s/\r$//' "$out/tty" > "$out/stripped"
try "the text is the same without colours" cmp -s "$out/plain" "$out/stripped"
TERM=xterm NO_COLOR=1 on_terminal "$out/no" "$analyze"
try "NO_COLOR: no colour" has_none "$out/no"
TERM=xterm NO_COLOR='' on_terminal "$out/empty" "$analyze"
try "empty NO_COLOR: colour" has_some "$out/empty"
TERM=dumb on_terminal "$out/dumb" "$analyze"
try "no colour on a dumb terminal" has_none "$out/dumb"
TERM=xterm on_terminal "$out/file" "$analyze -o $out/report"
try "no colour in a file" has_none "$out/report"
TERM=xterm on_terminal "$out/json" "$analyze --json"
try "no colour in JSON" has_none "$out/json"

# Help wraps its lines at the terminal's width. On a pipe each option is one line.
narrow() { # COLUMNS: the longest line of help on a terminal of this width
	script -qec "stty cols $1; $gw watch --help" /dev/null < /dev/null | tr -d '\r' | sed '1,/^  -s/d' | awk '{ if (length > most) most = length } END { print most }'
}
for columns in 80 100; do
	try "help fits $columns columns" test "$(narrow $columns)" -le $columns
done
words() { tr -s ' \r\n' '\n' | grep .; }
try "help on a terminal has all words" cmp -s <("$gw" watch --help | words) <(script -qec "stty cols 80; $gw watch --help" /dev/null < /dev/null | words)
is "help on a pipe has one line for each option" "$("$gw" watch --help | sed -n '/^  -s/,$p' | grep -vc '^  [ -]')" 0

# Progress is shown after a second. held.py stops a shorter analysis for that time.
awk 'BEGIN {
	print "grantwatch-capture 1\nfact time 0 key domid value 5\nfact time 0 key role value guest"
	print "task id 1 pid 231 tid 231 comm gui-agent\nstack id 1 frames gntalloc_ioctl+0x1d4 [xen_gntalloc]"
	for (i = 0; i < 400000; i++) {
		printf "grant out 1.%09d task 1 stack 1 ref %d peer 0 gflags 1 frame 0x%x\n", 1000 * i, 64 + i, i + 1
		if (i % 1000 == 999)
			printf "mark 1.%09d\n", 1000 * i
	}
	print "end time 9 events 400000 lost 0\nmark 9"
}' > "$out/long.txt"
"$gw" pack -o "$out/long.gwc" "$out/long.txt" || exit 1
long=("$gw" analyze --force -o "$out/report" "$out/long.gwc")
try "progress on a terminal" python3 tests/system/held.py "$out/progress" xterm "${long[@]}"
try "progress on a terminal: the line is erased at the end" sh -c "tail -c 4 '$out/progress' | grep -q '\['K"
try "no progress on a pipe" python3 tests/system/held.py "$out/err" - "${long[@]}"
try "no progress on a dumb terminal" python3 tests/system/held.py "$out/dumb" dumb "${long[@]}"
done_testing
