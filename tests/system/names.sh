#!/bin/bash
# scripts/names finds what it is there for, in a tree of a few files. TAP.
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
# refuses TEXT: fails, and says just that
refuses() {
	! check > "$out/said" && [ "$(cat "$out/said")" = "$1" ] && return
	cat "$out/said"
	return 1
}

tree
try "names that exist pass" check
add user/low/cup.c '' '/*' ' * Before' ' * cup__none().' ' */'
try "a function that does not exist is found" refuses "user/low/cup.c:5: cup__none does not exist"
tree
add user/low/cup.c '// until cup__f*() or cup__n*()'
try "so is a pattern" refuses "user/low/cup.c:4: cup__n* does not exist"
tree
add user/low/cup.c '/* spilt() */'
try "so is a function without an object" refuses "user/low/cup.c:4: spilt does not exist"
tree
add user/low/cup.c '/* as in cup_none.c */'
try "a file that does not exist is found" refuses "user/low/cup.c:4: cup_none.c does not exist"
tree
add user/low/cup.c '/* as in low/cup.h */'
try "so is one with its folder" refuses "user/low/cup.c:4: low/cup.h does not exist"
tree
add docs/page.md 'From `user/cup.c` on'
try "so is one of a page" refuses "docs/page.md:2: user/cup.c does not exist"
tree
add docs/page.md 'From `cup__none` on'
try "and a function of a page" refuses "docs/page.md:2: cup__none does not exist"
tree
add scripts/run '	# cup__none()'
try "and one of a script" refuses "scripts/run:4: cup__none does not exist"
tree
add user/low/cup.c '/* frob_none() in gntdev.c */'
add scripts/names.known '# Linux' gntdev.c 'frob_none # since 3.11'
try "names of others are known" check
add scripts/names.known cup.c
try "one that is not needed is found" refuses "scripts/names.known: cup.c is named nowhere, or exists in this tree"
done_testing
