#!/bin/bash
# The limits in a summary: each is named for a case which it concerns, not named for another case, and is in the docs. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# limits CASE: the limits in the summary of the case, one on each line
limits() {
	local text capture captures=()
	for text in "tests/cases/$1"/*.txt; do
		capture=$out/$(basename "$text" .txt).gwc
		"$gw" pack --force -o "$capture" "$text" > /dev/null && captures+=("$capture")
	done
	"$gw" analyze -j "${captures[@]}" > "$out/report"
	tail -n 1 "$out/report" | python3 -c 'import json, sys; print(*json.load(sys.stdin)["limits"], sep="\n")'
}
# named CASE LIMIT, unnamed CASE LIMIT: the summary has the limit, or does not have it
named() { limits "$1" > "$out/limits" && grep -xF -e "$2" "$out/limits"; }
unnamed() { limits "$1" > "$out/limits" && ! grep -xF -e "$2" "$out/limits"; }

# sentence VARIABLE: the text of the row for VARIABLE in user/summary/limits.h
sentence() { sed -n "s/^	X($1[^,]*, \"\(.*\)\").*/\1/p" user/summary/limits.h; }

while read -r row with without; do
	text=$(sentence "$row")
	try "limit $row: named for the case $with" named "$with" "$text"
	try "limit $row: not named for the case $without" unnamed "$without" "$text"
	try "limit $row: is in docs/detection.md" grep -qF -e "| $text |" docs/detection.md
done << 'EOF'
announced near-miss console-free
disks persistent-two-disks near-miss
queued stale-copy near-miss
copied stale-copy console-free
persistent persistent-two-disks console-free
translated stale-copy near-miss
alone near-miss table-told-again
EOF

is "this test has each row of user/summary/limits.h" "$(grep -c '^	X(' user/summary/limits.h)" 7
done_testing
