#!/bin/bash
# Links, paths and make targets in the docs exist. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

pages=(README.md CONTRIBUTING.md docs/*.md tests/lab/README.md)

# Checks [text](target), relative to the page.
links() {
	local page target bad=0
	for page in "${pages[@]}"; do
		while IFS= read -r target; do
			case $target in *://* | '#'* | '') continue ;; esac
			[ -e "$(dirname "$page")/${target%%#*}" ] || { echo "$page: $target does not exist"; bad=1; }
		done < <(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//')
	done
	return $bad
}

# Checks `folder/file`, from the project's root, in pages about the tree. Names with CAPITALS are placeholders.
paths() {
	local page path bad=0
	for page in CONTRIBUTING.md docs/architecture.md docs/performance.md docs/walkthrough.md; do
		while IFS= read -r path; do
			[ -n "$(compgen -G "$path")" ] || { echo "$page: $path does not exist"; bad=1; }
		done < <(grep -oE '`(user|bpf|xentrace|scripts|tests|docs|debian)/[^` ]*' "$page" | tr -d '`' | grep -v '[A-Z]' | sort -u)
	done
	return $bad
}

# Checks `make TARGET`. Each target is tried once: make takes a second to read its files.
targets() {
	local target bad=0
	for target in $(grep -ohE '`make [a-z][a-z_-]*' "${pages[@]}" | cut -d ' ' -f 2 | sort -u); do
		make -n "$target" > /dev/null 2>&1 || { echo "there is no target $target"; bad=1; }
	done
	return $bad
}

# Checks that the table of folders in docs/architecture.md is complete.
folders() {
	local folder bad=0
	for folder in user/*/ xentrace/ bpf/ scripts/ tests/; do
		grep -q "^| .*\`$folder\`" docs/architecture.md || { echo "docs/architecture.md: no row for $folder"; bad=1; }
	done
	return $bad
}

# Each line of the README's report is in the golden report of the race, in the same order. "…" stands for lines left out.
report() {
	sed -n '/^[0-9]* alarm/,/^```/p' README.md | awk -v lines=0 '
		/^```/ || /^ *…$/ { next }
		{ lines++; do { if ((getline golden < "tests/golden/race/report.txt") <= 0) { print "not in the golden report: " $0; bad = 1; exit } } while (golden != $0) }
		END { exit bad || lines < 20 }'
}

# The table of faults in docs/trust.md: `FILE`: "NAME", "NAME"; each name stands in its file.
faults() {
	local row cell file name bad=0 nr=0
	while IFS= read -r row; do
		row=${row##* | }
		while IFS= read -r -d ';' cell; do
			file=$(sed -n 's/^[^`]*`\([^`]*\)`.*/\1/p' <<< "$cell")
			[ -f "$file" ] || { echo "docs/trust.md: no file '$file' in: $row"; bad=1; continue; }
			while IFS= read -r name; do
				nr=$((nr + 1))
				grep -qF -e "$name" "$file" || { echo "docs/trust.md: $file has no \"$name\""; bad=1; }
			done < <(grep -o '"[^"]*"' <<< "$cell" | tr -d '"')
		done <<< "${row% |};"
	done < <(sed -n '/^| fault |/,/^$/p' docs/trust.md | sed '1,2d; /^$/d')
	[ $nr -ge 20 ] || { echo "docs/trust.md: $nr tests of faults"; bad=1; }
	return $bad
}

try "links have a target" links
try "paths in the text exist" paths
try "make targets in the text exist" targets
try "docs/architecture.md has every folder" folders
try "the README's report is from the golden report" report
try "docs/trust.md names tests of faults which exist" faults
done_testing
