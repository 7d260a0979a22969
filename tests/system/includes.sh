#!/bin/bash
# scripts/includes finds what it is there for, in a tree of a few files. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The script without its exceptions, which are about the tree that it is in.
sed -E 's/^(known_[a-z]+=).*/\1()/' scripts/includes > "$out/includes"

tree() {
	rm -rf "$out/tree"
	mkdir -p "$out/tree/"{docs,bpf,xentrace,user/low,user/high}
	cat > "$out/tree/docs/architecture.md" << 'EOF'
| folder | what is in it | may include |
|---|---|---|
| `bpf/` | programs | nothing |
| `user/*.c` | commands | all |
| `user/low/` | used by high | nothing |
| `user/high/` | uses low | bpf, low, xentrace |
| `xentrace/` | decoder | nothing |
EOF
	add bpf/event.h 'struct event {'
	add xentrace/xentrace.h 'struct xentrace {'
	add user/commands.h 'struct command {'
	add user/run.c '#include "commands.h"' '#include "high/high.h"'
	add user/low/low.h 'struct low {'
	add user/high/high.h '#include "event.h"' '#include "probe.skel.h"' '#include "low/low.h"' '#include "xentrace.h"' 'struct high {'
}
add() { # FILE LINE...
	local file=$out/tree/$1
	shift
	printf '%s\n' "$@" >> "$file"
}
check() { bash "$out/includes" "$out/tree"; }
# Fails, and says TEXT.
refuses() { # TEXT
	! check > "$out/said" && grep -qF -e "$1" "$out/said" && return
	cat "$out/said"
	return 1
}

tree
try "a tree that keeps the rules passes" check
add user/low/low.c '#include "high/high.h"'
try "an include that the table does not allow is found" refuses "user/low/low.c: low may not include high"
tree
add user/high/start.c '#include "commands.h"'
try "rooms include no commands" refuses "user/high/start.c: high may not include commands"
tree
add xentrace/pair.c '#include "low/low.h"'
try "so is one of the decoder" refuses "xentrace/pair.c: xentrace may not include low"
tree
mkdir "$out/tree/user/new"
add user/new/new.c '#include "low/low.h"'
try "a room without a row may include nothing" refuses "user/new/new.c: new may not include low"
tree
sed -i '/user\/low/s/nothing/high/' "$out/tree/docs/architecture.md"
try "a cycle in the table is found" refuses "docs/architecture.md: a cycle: low high"
tree
sed -i '/xentrace/s/nothing/low/' "$out/tree/docs/architecture.md"
try "a room that the table allows for nothing is found" refuses "docs/architecture.md: xentrace includes nothing of low"
tree
add user/high/high.c '	struct low {'
try "a tag that is defined twice is found" refuses "struct low is defined twice: user/high/high.c user/low/low.h"
tree
rm "$out/tree/docs/architecture.md"
try "no table allows nothing" refuses "run.c: commands may not include high"
tree
sed -Ei 's/^known_cycles=.*/known_cycles=("high low")/; s/^known_tags=.*/known_tags=(high)/' "$out/includes"
try "an exception that is not needed is found: a cycle" refuses '"high low" closes no cycle'
try "an exception that is not needed is found: a tag" refuses "struct high is defined once"
done_testing
