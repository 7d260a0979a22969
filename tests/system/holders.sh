#!/bin/bash
# holders and table: what captures tell of who has which refs, and domains by name; files replace grant tables and xenstore. The
# rest needs a Xen host (scenario table). TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
says() { # TEXT COMMAND...: it succeeds and prints that
	local text=$1
	shift
	"$@" > "$out/text" 2> "$out/err" && grep -qF -- "$text" "$out/text" || { cat "$out/text" "$out/err"; false; }
}
refuses() { # TEXT COMMAND...: it fails with 1 and says that
	local text=$1 status=0
	shift
	"$@" > /dev/null 2> "$out/err" || status=$?
	[ $status = 1 ] && grep -qF -- "$text" "$out/err" || { cat "$out/err"; false; }
}
silent() { # about refs
	"$@" > "$out/text" && ! grep -q '"type":"holding"' "$out/text" || { cat "$out/text"; false; }
}

build/grantwatch pack -o "$out/held.gwc" tests/cases/table-free-between/d0.txt
build/grantwatch pack -o "$out/gone.gwc" tests/cases/table-same/d0.txt
xz -dc tests/captures/race/d0.gwc.xz | head -c 30000 > "$out/cut.gwc"
held='"granter":5,"mapper":0,"kind":"gntdev","pid":977,"comm":"gui-daemon","refs":1,"ranges":[[80,80]]'
try "a map that is open has a holder" says "$held" build/grantwatch holders -j -c "$out/held.gwc"
try "of that domain" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5
try "of that ref" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5:80
try "and not of another" silent build/grantwatch holders -j -c "$out/held.gwc" 5:81
try "and not of another domain" silent build/grantwatch holders -j -c "$out/held.gwc" 6
try "as text" says 'd5: gntdev in gui-daemon (pid 977) of d0: 1 ref, ' build/grantwatch holders -c "$out/held.gwc"
try "what was unmapped has none" silent build/grantwatch holders -j -c "$out/gone.gwc"
try "a capture that is still written is read" build/grantwatch holders -j -c "$out/cut.gwc"
try "what is no capture is refused" refuses 'not a grantwatch capture' build/grantwatch holders -c tests/cases/table-same/d0.txt
try "a file that is not there is named" refuses "$out/none: No such file" build/grantwatch holders -c "$out/none"
try "a ref that is none" refuses 'holders takes' build/grantwatch holders 5:x
try "a domain that is none" refuses '99999: a domid is below' build/grantwatch holders 99999
try "table wants a domain" refuses 'table takes one domain' build/grantwatch table

# By name. Two domains may have one for a moment, as when one of them migrates to this host.
python3 tests/system/tables.py "$out" 0:Domain-0:0 5:work:3:1 6:twin:0 7:twin:0 || exit 1
export GRANTWATCH_XENSTORE=$out/store GRANTWATCH_TABLES=$out/tables
try "a holder by the granter's name" says "$held" build/grantwatch holders -j -c "$out/held.gwc" work
try "and by name and ref" says "$held" build/grantwatch holders -j -c "$out/held.gwc" work:80
try "another name has none" silent build/grantwatch holders -j -c "$out/held.gwc" Domain-0
try "a table by name" sh -c 'build/grantwatch table work > "$1/name" && build/grantwatch table 5 | cmp -s - "$1/name" && grep -c writing "$1/name" | grep -qx 1' - "$out"
for command in table holders; do
	try "$command: a name that nothing has" refuses 'worm: no running domain has this name' build/grantwatch $command worm
	try "$command: a name of two domains" refuses 'twin: more than one domain has this name' build/grantwatch $command twin
	try "$command: no xenstore" refuses 'cannot be read' env -u GRANTWATCH_XENSTORE build/grantwatch $command work
done
try "table: a domid that nothing has" refuses 'there is no such domain' build/grantwatch table 99
try "top wants none" refuses 'top takes no arguments' build/grantwatch top 5
done_testing
