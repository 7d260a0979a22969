#!/bin/bash
# holders and table: holders from captures, and domains by name. Files replace grant tables and xenstore. What needs a Xen host is
# tested by the lab's scenario table. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
says() { # TEXT COMMAND...: it succeeds and prints TEXT
	local text=$1
	shift
	"$@" > "$out/text" 2> "$out/err" && grep -qF -- "$text" "$out/text" || { cat "$out/text" "$out/err"; false; }
}
refuses() { # TEXT COMMAND...: it exits with 1, and its error contains TEXT
	local text=$1 status=0
	shift
	"$@" > /dev/null 2> "$out/err" || status=$?
	[ $status = 1 ] && grep -qF -- "$text" "$out/err" || { cat "$out/err"; false; }
}
silent() { # COMMAND...: it succeeds and prints no holder
	"$@" > "$out/text" && ! grep -q '"type":"holding"' "$out/text" || { cat "$out/text"; false; }
}

build/grantwatch pack -o "$out/held.gwc" tests/cases/table-free-between/d0.txt
build/grantwatch pack -o "$out/gone.gwc" tests/cases/table-same/d0.txt
xz -dc tests/captures/race/d0.gwc.xz | head -c 30000 > "$out/cut.gwc"
held='"granter":5,"mapper":0,"kind":"gntdev","pid":977,"comm":"gui-daemon","refs":1,"ranges":[[80,80]]'
try "an open map: its holder is printed" says "$held" build/grantwatch holders -j -c "$out/held.gwc"
try "an open map: its holder is printed for the granter" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5
try "an open map: its holder is printed for the ref" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5:80
try "an open map: no holder for another ref" silent build/grantwatch holders -j -c "$out/held.gwc" 5:81
try "an open map: no holder for another domain" silent build/grantwatch holders -j -c "$out/held.gwc" 6
try "an open map: its holder is printed as text" says 'd5: gntdev in gui-daemon (pid 977) of d0: 1 ref, ' build/grantwatch holders -c "$out/held.gwc"
try "an unmapped ref has no holder" silent build/grantwatch holders -j -c "$out/gone.gwc"
try "a capture without its end is read" build/grantwatch holders -j -c "$out/cut.gwc"
try "an error for a file that is no capture" refuses 'not a grantwatch capture' build/grantwatch holders -c tests/cases/table-same/d0.txt
try "an error for a missing file" refuses "$out/none: No such file" build/grantwatch holders -c "$out/none"
try "an error for what is no ref" refuses 'holders takes' build/grantwatch holders 5:x
try "an error for a domid above the limit" refuses '99999: a domid is below' build/grantwatch holders 99999
try "table: an error without a domain" refuses 'table takes one domain' build/grantwatch table

# Domains by name. Two domains may have the same name for a moment, while one of them migrates to this host.
python3 tests/system/tables.py "$out" 0:Domain-0:0 5:work:3:1 6:twin:0 7:twin:0 || exit 1
export GRANTWATCH_XENSTORE=$out/store GRANTWATCH_TABLES=$out/tables
try "by name: a holder is printed for the granter" says "$held" build/grantwatch holders -j -c "$out/held.gwc" work
try "by name: a holder is printed for the ref" says "$held" build/grantwatch holders -j -c "$out/held.gwc" work:80
try "by name: no holder for another domain" silent build/grantwatch holders -j -c "$out/held.gwc" Domain-0
try "by name: table prints the domain's entries" sh -c 'build/grantwatch table work > "$1/name" && build/grantwatch table 5 | cmp -s - "$1/name" && grep -c writing "$1/name" | grep -qx 1' - "$out"
for command in table holders; do
	try "$command by name: an error for an unknown name" refuses 'worm: no running domain has this name' build/grantwatch $command worm
	try "$command by name: an error for a name of two domains" refuses 'twin: more than one domain has this name' build/grantwatch $command twin
	try "$command by name: an error without xenstore" refuses 'cannot be read' env -u GRANTWATCH_XENSTORE build/grantwatch $command work
done
try "table: an error for an unknown domid" refuses 'there is no such domain' build/grantwatch table 99
try "top: an error for an argument" refuses 'top takes no arguments' build/grantwatch top 5
done_testing
