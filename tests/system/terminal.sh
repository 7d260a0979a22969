#!/bin/bash
# Colours, progress, a pager and the width of help: on a terminal, which script(1) or onpty.py makes, and not on a pipe or in a
# file. TAP.
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

export LC_ALL=C.UTF-8
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

# A pager shows what is longer than the terminal. This one keeps what it reads, and says so on the terminal.
cat > "$out/pager" << 'END'
#!/bin/sh
cat > "$(dirname "$0")/paged"
test -t 1 && echo shown by the pager
exit "${PAGER_STATUS:-0}"
END
chmod +x "$out/pager"
paged() { # SIZE COMMAND...: the command's status; what the terminal got is in $out/tty
	local size=$1
	shift
	rm -f "$out/paged"
	TERM=${TERM_IS-xterm} python3 tests/system/onpty.py "$out/tty" "$size" -- "$@"
}
by_pager() { [ -s "$out/paged" ] && grep -q 'shown by the pager' "$out/tty"; }
paragraphs() { grep -A1 -E '^  [a-z ]+: ' "$out/paged"; } # of the report that was paged
as_is() { [ ! -e "$out/paged" ] && tr -d '\r' < "$out/tty" | grep -q "^summary:"; }
export GRANTWATCH_PAGER=$out/pager
# shellcheck disable=SC2086 # words
{
	is "a long report: the command's status" "$(paged 24x120 $analyze --color=never)" "2 restored"
	try "the pager shows a long report" by_pager
	try "the pager reads the whole report" cmp -s "$out/plain" "$out/paged"
	is "coloured: the same" "$(paged 24x80 $analyze)" "2 restored"
	try "the pager gets colours" has_some "$out/paged"
	is "a pager that fails changes no status" "$(PAGER_STATUS=3 paged 24x80 $analyze)" "2 restored"

	paged 24x70 $analyze --color=never > /dev/null
	try "lines of text fit the terminal" test "$(paragraphs | wc -L)" -le 70
	is "a high terminal" "$(paged 500x120 $analyze --color=never)" "2 restored"
	try "a high terminal needs no pager" as_is
	is "--no-pager" "$(paged 24x80 $analyze --no-pager --color=never)" "2 restored"
	try "--no-pager starts no pager" as_is
	for none in "" cat; do
		is "a pager of '$none'" "$(GRANTWATCH_PAGER=$none paged 24x80 $analyze --color=never)" "2 restored"
		try "'$none' is none" as_is
	done
	is "PAGER, without a variable of ours" "$(unset GRANTWATCH_PAGER; PAGER=$out/pager paged 24x80 $analyze)" "2 restored"
	try "PAGER is started without GRANTWATCH_PAGER" by_pager
	is "a pager that is missing" "$(GRANTWATCH_PAGER=/nonexistent/pager paged 24x80 $analyze --color=never)" "2 restored"
	try "text is printed if the pager is missing" as_is
	is "a dumb terminal" "$(TERM_IS=dumb paged 24x80 $analyze)" "2 restored"
	try "a dumb terminal has no pager" as_is
	is "a file" "$(paged 24x80 $analyze -o "$out/file.txt")" "2 restored"
	try "a file is not paged" test ! -e "$out/paged"
	is "JSON" "$(paged 24x80 $analyze -j)" "2 restored"
	try "JSON is not paged" test ! -e "$out/paged"
	$analyze > /dev/null
	try "a pipe is not paged" test ! -e "$out/paged"
	is "a reader who quits at once" "$(GRANTWATCH_PAGER=true paged 24x80 $analyze)" "2 restored"
	# less itself, which waits for the reader
	is "less" "$(unset GRANTWATCH_PAGER PAGER; python3 tests/system/onpty.py "$out/tty" 24x80 "expect:BUG" "type:q" -- $analyze)" "2 restored"
	# at its prompt, which it shows again
	is "Ctrl-C in less ends nothing" "$(unset GRANTWATCH_PAGER PAGER; python3 tests/system/onpty.py "$out/tty" 24x80 'expect::\e[K' $'type:\003' 'expect::\e[K' 'type:G' "expect:summary" "type:q" -- $analyze)" "2 restored"
	is "events" "$(paged 4x80 "$gw" events "$out/d0.gwc" "$out/d5.gwc")" "0 restored"
	try "events are paged" by_pager
	is "explain" "$(paged 4x80 "$gw" explain "$out/d5.gwc")" "$($gw explain "$out/d5.gwc" > /dev/null 2>&1; echo $?) restored"
	try "explain is paged" by_pager
	is "compare" "$(paged 4x80 "$gw" compare "$out/d0.gwc" "$out/d0.gwc")" "0 restored"
	try "compare is paged" by_pager
	is "holders" "$(paged 3x80 "$gw" holders -c "$out/d0.gwc")" "0 restored"
	try "holders are paged" by_pager
	python3 tests/system/tables.py "$out" 5:work:100
	is "table" "$(GRANTWATCH_TABLES=$out/tables GRANTWATCH_XENSTORE=$out/store paged 24x80 "$gw" table work)" "0 restored"
	try "a table is paged" by_pager
	is "doctor" "$(paged 4x80 "$gw" doctor --only-look)" "$("$gw" doctor --only-look > /dev/null 2>&1; echo $?) restored"
	try "doctor is paged" by_pager
}
unset GRANTWATCH_PAGER

# Text is ASCII unless the locale is UTF-8; the first variable that is set decides.
ascii() { ! LC_ALL=C grep -q '[^ -~]' "$1"; }
with() { # VARIABLES OPTION...: a report into $out/text
	local variables=$1
	shift
	# shellcheck disable=SC2086
	env -u LC_ALL -u LC_CTYPE -u LANG $variables $analyze "$@" > "$out/text"
	true
}
for locale in "" LC_ALL=C LANG=POSIX LANG=de_DE.ISO-8859-1 "LANG=C.UTF-8 LC_ALL=C" "LANG=C.UTF-8 LC_CTYPE=C"; do
	with "$locale"
	try "'$locale': ASCII" ascii "$out/text"
	is "'$locale': the rest is the same" "$(sed 's/+-/±/g' "$out/text" | tr -s ' \n' '\n' | sha256sum)" "$(tr -s ' \n' '\n' < "$out/plain" | sha256sum)"
done
for locale in LANG=C.UTF-8 LANG=en_US.utf8 "LANG=C LC_ALL=C.UTF-8" "LC_CTYPE=C.UTF-8 LC_ALL="; do
	with "$locale"
	try "'$locale': UTF-8" cmp -s "$out/text" "$out/plain"
done
with LC_ALL=C --json
try "JSON is UTF-8 always" sh -c "$analyze --json | cmp -s - '$out/text'"
for command in "events $out/d0.gwc $out/d5.gwc" "doctor --only-look" "compare $out/d0.gwc $out/d5.gwc" "explain tests/golden/logs/old.log" \
	"holders -c $out/d0.gwc" "watch --no-local -s 0='cat $out/d0.gwc' -s 5='cat $out/d5.gwc'" "dump $out/d0.gwc" "--help" "analyze --help"; do
	LC_ALL=C sh -c "$gw $command" > "$out/text" 2>&1
	try "ASCII: ${command%% *}" ascii "$out/text"
done

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
