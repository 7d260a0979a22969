#!/bin/bash
# holders: what captures tell of who has which refs, natively; the rest needs a Xen host (scenario table). TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0 failed=0
check() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$out/said" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$out/said" | head -n 5
		failed=1
	fi
}
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
check "a map that is open has a holder" says "$held" build/grantwatch holders -j -c "$out/held.gwc"
check "of that domain" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5
check "of that ref" says "$held" build/grantwatch holders -j -c "$out/held.gwc" 5:80
check "and not of another" silent build/grantwatch holders -j -c "$out/held.gwc" 5:81
check "and not of another domain" silent build/grantwatch holders -j -c "$out/held.gwc" 6
check "as text" says 'd5: gntdev in gui-daemon (pid 977) of d0: 1 ref, ' build/grantwatch holders -c "$out/held.gwc"
check "what was unmapped has none" silent build/grantwatch holders -j -c "$out/gone.gwc"
check "a capture that is still written is read" build/grantwatch holders -j -c "$out/cut.gwc"
check "what is no capture is refused" refuses 'not a grantwatch capture' build/grantwatch holders -c tests/cases/table-same/d0.txt
check "a file that is not there is named" refuses "$out/none: No such file" build/grantwatch holders -c "$out/none"
check "a ref that is none" refuses 'holders takes' build/grantwatch holders 5:x
check "a domain that is none" refuses 'holders takes' build/grantwatch holders 99999
check "table wants a domain" refuses 'table takes the number' build/grantwatch table 5:80
check "top wants none" refuses 'top takes no arguments' build/grantwatch top 5
echo "1..$n"
exit $failed
