#!/bin/bash
# top: order and filter, by options and by keys; the terminal is as before at every end. Files replace Xen's grant tables. TAP.
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
is "fullest first" "$(names)" "vault sys-net work Domain-0 "
is "by mapped entries" "$(names --sort mapped)" "sys-net work vault Domain-0 "
is "by domid" "$(names -s domid)" "Domain-0 work vault sys-net "
is "by name" "$(names -s name)" "Domain-0 sys-net vault work "
is "a part of a name" "$(names --filter o)" "work Domain-0 "
is "a domid" "$(names --filter 5)" "work "
is "a domid as reports have it" "$(names -F d12)" "vault "
is "JSON in this order too" "$("$gw" top -j -n 1 -s domid | sed 's/.*"granter":\([0-9]*\).*/\1/' | tr '\n' ' ')" "0 5 12 33 "
"$gw" top -n 1 > "$out/plain"
try "no escapes on a pipe" sh -c "! grep -q '$(printf '\033')' '$out/plain'"
try_status 1 "an order that is none" "$gw" top --sort weight

# --- on a terminal ---
E=$'\033'
enter="${E}[?1049h" leave="${E}[?1049l"
play() { # SIZE STEP...: prints how it ended; what the terminal got is in $out/tty
	local size=$1
	shift
	python3 tests/system/onpty.py "$out/tty" "$size" "$@" -- "$gw" top
}
# whether the last thing that the terminal got is the way back
left() { [ "$(grep -oaF -e "$enter" -e "$leave" "$out/tty" | tail -n 1)" = "$leave" ]; }
ends() { # NAME STATUS STEP...
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
is "an error ends it too" "$(python3 tests/system/onpty.py "$out/tty" 24x80 -- "$gw" top --sort weight)" "1 restored"
try "and takes no screen" sh -c "! grep -qaF '$enter' '$out/tty'"
is "Ctrl-Z and back" "$(play 24x80 "expect:vault" $'type:\032' "stopped:" "signal:CONT" "expect:$enter" "expect:vault" "type:q")" \
	"$(printf 'stopped restored\n0 restored')"

# rows of the screen that is drawn last, in order
screen() { tr -d '\r' < "$out/tty" | awk -v RS="$E\\\\[H" 'END { print }' | grep -ao '^d[0-9]* *[^ ]*' | awk '{ printf "%s ", $2 }'; }
keys() { # NAME ROWS KEYS EXPECT: after KEYS and the text EXPECT the screen has ROWS
	is "$1: ends well" "$(play 24x80 "expect:by full" "type:$3" "expect:$4" "type:q")" "0 restored"
	is "$1" "$(screen)" "$2"
}
keys "n sorts by name" "Domain-0 sys-net vault work " n "by name"
keys "m sorts by mapped entries" "sys-net work vault Domain-0 " m "by mapped"
keys "d sorts by domid" "Domain-0 work vault sys-net " d "by domid"
keys "/ filters" "sys-net " '/net\r' "only net"
is "Esc shows all again" "$(play 24x80 "expect:by full" 'type:/net\r' "expect:only net" 'type:\e' "expect:by full  q" "type:q")" "0 restored"
is "all of them" "$(screen)" "vault sys-net work Domain-0 "
is "q in a filter is a letter" "$(play 24x80 "expect:by full" 'type:/q\r' "expect:only q" "type:q")" "0 restored"
is "a cursor key is no Esc" "$(play 24x80 "expect:by full" 'type:/v\r' "expect:only v" 'type:\e[A' "type:n" "expect:by name, only v" "type:q")" "0 restored"
is "a small screen" "$(play 4x40 "expect:and 3 more" "type:q")" "0 restored"

python3 tests/system/tables.py "$out" 5:work:480 || exit 1
is "a filter hides no full table" "$("$gw" top -n 1 -F vault | grep -c '^table-pressure: d5 has granted 93%')" 1
done_testing
