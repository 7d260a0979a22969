#!/bin/bash
# The limits which a summary names: each where its record has what it is about, none elsewhere; each in the docs. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# limits CASE: as the summary has them, one a line
limits() {
	local text capture captures=()
	for text in "tests/cases/$1"/*.txt; do
		capture=$out/$(basename "$text" .txt).gwc
		"$gw" pack --force -o "$capture" "$text" > /dev/null && captures+=("$capture")
	done
	"$gw" analyze -j "${captures[@]}" > "$out/report"
	tail -n 1 "$out/report" | python3 -c 'import json, sys; print(*json.load(sys.stdin)["limits"], sep="\n")'
}
# named CASE LIMIT, unnamed CASE LIMIT
named() { limits "$1" > "$out/limits" && grep -xF -e "$2" "$out/limits"; }
unnamed() { limits "$1" > "$out/limits" && ! grep -xF -e "$2" "$out/limits"; }

# The sentences of the table, by the variable that its row is about.
sentence() { sed -n "s/^	X($1[^,]*, \"\(.*\)\").*/\1/p" user/summary/limits.h; }

while read -r row with without; do
	text=$(sentence "$row")
	try "$row: said of $with" named "$with" "$text"
	try "$row: not said of $without" unnamed "$without" "$text"
	try "$row: in docs/detection.md" grep -qF -e "| $text |" docs/detection.md
done << 'EOF'
announced near-miss console-free
disks persistent-two-disks near-miss
queued stale-copy near-miss
copied stale-copy console-free
persistent persistent-two-disks console-free
translated stale-copy near-miss
alone near-miss table-told-again
EOF

is "every row of the table is tried" "$(grep -c '^	X(' user/summary/limits.h)" 7
done_testing
