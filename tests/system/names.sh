#!/bin/bash
# scripts/names finds each kind of fault in a small tree. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

tree() {
	rm -rf "$out/tree"
	mkdir -p "$out/tree/"{docs,scripts,user/low,user/xen}
	git init -q "$out/tree"
	add user/low/cup.c '/* See cup__fill() and spill() of user/low/cup.c, low/cup.c and cup.c, and frob_all(). */' \
		'int cup__fill(void) { return spill("frob_all"); }' 'const char *text = "/* cup__drink() */";'
	add user/low/cup_lid.c '/* As xen/common/event.c, libxl/cup_none.c and xen__none() do; cup__*() and low/FILE.c are any. */'
	add docs/page.md '`cup__fill()` in `user/low/cup_*.c`, after the kernel'"'"'s `frob_none()`'
	add scripts/run '#!/bin/sh' '# Calls cup__fill().' 'echo cup__none none.c'
}
add() { # FILE LINE...
	local file=$out/tree/$1
	shift
	printf '%s\n' "$@" >> "$file"
}
check() { scripts/names "$out/tree"; }
# refuses TEXT: the script fails and prints exactly TEXT
refuses() {
	! check > "$out/said" && [ "$(cat "$out/said")" = "$1" ] && return
	cat "$out/said"
	return 1
}

tree
try "names which exist pass" check
add user/low/cup.c '' '/*' ' * Before' ' * cup__none().' ' */'
try "a missing function in a C comment fails" refuses "user/low/cup.c:5: cup__none does not exist"
tree
add user/low/cup.c '// until cup__f*() or cup__n*()'
try "a pattern without a function fails" refuses "user/low/cup.c:4: cup__n* does not exist"
tree
add user/low/cup.c '/* spilt() */'
try "a missing function without an object fails" refuses "user/low/cup.c:4: spilt does not exist"
tree
add user/low/cup.c '/* as in cup_none.c */'
try "a missing file in a C comment fails" refuses "user/low/cup.c:4: cup_none.c does not exist"
tree
add user/low/cup.c '/* as in low/cup.h */'
try "a missing file with its folder fails" refuses "user/low/cup.c:4: low/cup.h does not exist"
tree
add docs/page.md 'From `user/cup.c` on'
try "a missing file in a page fails" refuses "docs/page.md:2: user/cup.c does not exist"
tree
add docs/page.md 'From `cup__none` on'
try "a missing function in a page fails" refuses "docs/page.md:2: cup__none does not exist"
tree
add scripts/run '	# cup__none()'
try "a missing function in a script's comment fails" refuses "scripts/run:4: cup__none does not exist"
tree
add user/low/cup.c '/* frob_none() in gntdev.c */'
add scripts/names.known '# Linux' gntdev.c 'frob_none # since 3.11'
try "names in scripts/names.known pass" check
add scripts/names.known cup.c
try "a name in scripts/names.known which is not needed fails" refuses "scripts/names.known: cup.c is named nowhere, or exists in this tree"
done_testing
