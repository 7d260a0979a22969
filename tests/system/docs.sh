#!/bin/bash
# What the docs point at is there. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

pages=(README.md CONTRIBUTING.md docs/*.md tests/lab/README.md)

# [text](target), relative to the page
links() {
	local page target bad=0
	for page in "${pages[@]}"; do
		while IFS= read -r target; do
			case $target in *://* | '#'* | '') continue ;; esac
			[ -e "$(dirname "$page")/${target%%#*}" ] || { echo "$page: no $target"; bad=1; }
		done < <(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//')
	done
	return $bad
}

# `folder/file`, from the project's root, in pages that speak about the tree; build/ is made, CAPITALS are the reader's
paths() {
	local page path bad=0
	for page in CONTRIBUTING.md docs/architecture.md docs/performance.md docs/walkthrough.md; do
		while IFS= read -r path; do
			[ -n "$(compgen -G "$path")" ] || { echo "$page: no $path"; bad=1; }
		done < <(grep -oE '`(user|bpf|xentrace|scripts|tests|docs|debian)/[^` ]*' "$page" | tr -d '`' | grep -v '[A-Z]' | sort -u)
	done
	return $bad
}

# "make TARGET" in code marks
targets() {
	local page target bad=0
	for page in "${pages[@]}"; do
		for target in $(grep -oE '`make [a-z][a-z_-]*' "$page" | cut -d ' ' -f 2 | sort -u); do
			make -n "$target" > /dev/null 2>&1 || { echo "$page: no make $target"; bad=1; }
		done
	done
	return $bad
}

rooms() {
	local room bad=0
	for room in user/*/ xentrace/ bpf/ scripts/ tests/; do
		grep -q "^| .*\`$room\`" docs/architecture.md || { echo "docs/architecture.md: no $room"; bad=1; }
	done
	return $bad
}

# Each line of the README's report is one of the golden report of the race, in its order; "…" stands for some left out.
report() {
	sed -n '/^BUG: grantwatch/,/^```/p' README.md | awk -v lines=0 '
		/^```/ || /^ *…$/ { next }
		{ lines++; do { if ((getline golden < "tests/golden/race/report.txt") <= 0) { print "not in the golden report: " $0; bad = 1; exit } } while (golden != $0) }
		END { exit bad || lines < 20 }'
}

try "links lead somewhere" links
try "paths that are named exist" paths
try "targets that are named exist" targets
try "architecture.md has every room" rooms
try "the README's report is the golden one" report
done_testing
