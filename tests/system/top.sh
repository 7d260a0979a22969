#!/bin/bash
# top: sorting and filtering by options and keys; the terminal's state after top has ended. Files replace xenstore and grant
# tables. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export GRANTWATCH_XENSTORE=$out/store GRANTWATCH_TABLES=$out/tables TERM=xterm
python3 tests/system/tables.py "$out" 0:Domain-0:0 5:work:100:90 12:vault:300:2 33:sys-net:200:150 || exit 1

# --- without a terminal ---
names() { "$gw" top -n 1 "$@" | awk '/^d[0-9]/ { printf "%s ", $2 }'; }
is "default: the fullest table is first" "$(names)" "vault sys-net work Domain-0 "
is "--sort mapped: sorts by mapped entries" "$(names --sort mapped)" "sys-net work vault Domain-0 "
is "--sort domid: sorts by domid" "$(names -s domid)" "Domain-0 work vault sys-net "
is "--sort name: sorts by name" "$(names -s name)" "Domain-0 sys-net vault work "
is "--filter: takes a part of a name" "$(names --filter o)" "work Domain-0 "
is "--filter: takes a domid" "$(names --filter 5)" "work "
is "--filter: takes a domid in the form d12" "$(names -F d12)" "vault "
is "--sort domid: sorts JSON too" "$("$gw" top -j -n 1 -s domid | sed 's/.*"granter":\([0-9]*\).*/\1/' | tr '\n' ' ')" "0 5 12 33 "
"$gw" top -n 1 > "$out/plain"
try "no escape sequences on a pipe" sh -c "! grep -q '$(printf '\033')' '$out/plain'"
try_status 1 "--sort: an error for an unknown word" "$gw" top --sort weight

# --- on a terminal ---
E=$'\033'
enter="${E}[?1049h" leave="${E}[?1049l"
play() { # SIZE STEP...: plays the steps on a terminal, writes its output to $out/tty, and prints how top ended
	local size=$1
	shift
	python3 tests/system/onpty.py "$out/tty" "$size" "$@" -- "$gw" top
}
# left: succeeds if the last switch of screens was back to the user's lines
left() { [ "$(grep -oaF -e "$enter" -e "$leave" "$out/tty" | tail -n 1)" = "$leave" ]; }
ends() { # NAME STATUS STEP...: after the steps top ends with STATUS, and the terminal is as before
	local name=$1 status=$2
	shift 2
	is "$name: status and settings" "$(play 24x80 "expect:$enter" "expect:vault" "$@")" "$status restored"
	try "$name: the user's lines are back" left
}
ends "q" 0 "type:q"
ends "Ctrl-C" 0 $'type:\003'
for signal in TERM HUP INT; do ends "SIG$signal" 0 "signal:$signal"; done
ends "SIGQUIT" -3 "signal:QUIT"
ends "SIGSEGV" -11 "signal:SEGV"
is "an error at the start: status and settings" "$(python3 tests/system/onpty.py "$out/tty" 24x80 -- "$gw" top --sort weight)" "1 restored"
try "an error at the start: top did not switch screens" sh -c "! grep -qaF '$enter' '$out/tty'"
is "Ctrl-Z and SIGCONT: settings at both times" "$(play 24x80 "expect:vault" $'type:\032' "stopped:" "signal:CONT" "expect:$enter" "expect:vault" "type:q")" \
	"$(printf 'stopped restored\n0 restored')"

# screen: the rows of the last screen, in order
screen() { tr -d '\r' < "$out/tty" | awk -v RS="$E\\\\[H" 'END { print }' | grep -ao '^d[0-9]* *[^ ]*' | awk '{ printf "%s ", $2 }'; }
keys() { # NAME ROWS KEYS EXPECT: after KEYS and the text EXPECT the screen has ROWS
	is "$1: status and settings" "$(play 24x80 "expect:by full" "type:$3" "expect:$4" "type:q")" "0 restored"
	is "$1" "$(screen)" "$2"
}
keys "n sorts by name" "Domain-0 sys-net vault work " n "by name"
keys "m sorts by mapped entries" "sys-net work vault Domain-0 " m "by mapped"
keys "d sorts by domid" "Domain-0 work vault sys-net " d "by domid"
keys "/ filters by name" "sys-net " '/net\r' "only net"
is "Esc ends the filter: status and settings" "$(play 24x80 "expect:by full" 'type:/net\r' "expect:only net" 'type:\e' "expect:by full  q" "type:q")" "0 restored"
is "Esc ends the filter: all domains are shown" "$(screen)" "vault sys-net work Domain-0 "
is "q in a filter is a letter" "$(play 24x80 "expect:by full" 'type:/q\r' "expect:only q" "type:q")" "0 restored"
is "a cursor key does not end the filter" "$(play 24x80 "expect:by full" 'type:/v\r' "expect:only v" 'type:\e[A' "type:n" "expect:by name, only v" "type:q")" "0 restored"
is "a small screen has the number of hidden domains" "$(play 4x40 "expect:and 3 more" "type:q")" "0 restored"

python3 tests/system/tables.py "$out" 5:work:480 || exit 1
is "a filter does not hide warnings of full tables" "$("$gw" top -n 1 -F vault | grep -c '^table-pressure: d5 has granted 93%')" 1
done_testing
