#!/bin/bash
# scripts/includes finds each kind of fault in a small tree. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# A copy of the script without exceptions, as they are about this project's tree.
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
refuses() { # TEXT: the script fails and prints TEXT
	! check > "$out/said" && grep -qF -e "$1" "$out/said" && return
	cat "$out/said"
	return 1
}

tree
try "a tree without faults passes" check
add user/low/low.c '#include "high/high.h"'
try "an include which the table does not allow fails" refuses "user/low/low.c: low may not include high"
tree
add user/high/start.c '#include "commands.h"'
try "an include of a command's header by a folder fails" refuses "user/high/start.c: high may not include commands"
tree
add xentrace/pair.c '#include "low/low.h"'
try "an include which the decoder's row does not allow fails" refuses "xentrace/pair.c: xentrace may not include low"
tree
mkdir "$out/tree/user/new"
add user/new/new.c '#include "low/low.h"'
try "an include by a folder without a row fails" refuses "user/new/new.c: new may not include low"
tree
sed -i '/user\/low/s/nothing/high/' "$out/tree/docs/architecture.md"
try "a cycle in the table fails" refuses "docs/architecture.md: a cycle: low high"
tree
sed -i '/xentrace/s/nothing/low/' "$out/tree/docs/architecture.md"
try "a permission which is not used fails" refuses "docs/architecture.md: xentrace includes nothing of low"
tree
add user/high/high.c '	struct low {'
try "a struct tag which is defined twice fails" refuses "struct low is defined twice: user/high/high.c user/low/low.h"
tree
rm "$out/tree/docs/architecture.md"
try "an include without a table fails" refuses "run.c: commands may not include high"
tree
sed -Ei 's/^known_cycles=.*/known_cycles=("high low")/; s/^known_tags=.*/known_tags=(high)/' "$out/includes"
try "an exception for a cycle which is not needed fails" refuses '"high low" closes no cycle'
try "an exception for a tag which is not needed fails" refuses "struct high is defined once"
done_testing
