#!/bin/bash
# Manual pages, completion and docs agree with the commands: they name each option, word and exit status, and no other. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

grantwatch=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The options in --help: "-o", "--output", …
options() { # COMMAND
	"$grantwatch" "$1" --help | sed -nE 's/^  (-.|  ) {0,1},{0,1} {0,1}(--[a-z0-9-]+).*/\1 \2/p' | tr -s ' ' '\n' | grep . | sort
}

commands() { "$grantwatch" help | awk '/^Exit/ { exit } /^  / { print $1 }'; }

# The text of a page, without markup
plain() { sed -E 's/\\f[A-Z]//g; s/\\&//g; s/\\-/-/g; s/\\(.)/\1/g' "$out/man/$1.1"; }

page_has() { # PAGE WORD...
	local page=$1 word bad=0
	shift
	for word; do
		grep -qwF -e "$word" <(plain "$page") || { echo "$page does not have $word"; bad=1; }
	done
	return $bad
}

# The section "EXIT STATUS" has exactly these, in this order.
page_exits() { # PAGE STATUS...
	local page=$1
	shift
	diff <(plain "$page" | sed -n '/^.SH EXIT STATUS/,/^.SH [^E]/p' | grep -xE '[0-9]+') <(printf '%s\n' "$@")
}

# The exit statuses in a command's source
source_exits() { # COMMAND
	local name
	for name in CLEAN:0 ERROR:1 UNSUPPORTED:77; do
		! grep -q "EXIT_${name%:*}" "user/$1.c" || echo "${name#*:}"
	done
}

exits_cover_source() { # COMMAND
	local status bad=0
	for status in $(source_exits "$1"); do
		plain "grantwatch-$1" | sed -n '/^.SH EXIT STATUS/,/^.SH [^E]/p' | grep -qx "$status" ||
			{ echo "user/$1.c exits with $status, which its page does not have"; bad=1; }
	done
	return $bad
}

# The words which bash's completion offers after WORD...
offers() { # WORD...
	bash -c 'shopt -s progcomp; source "$1"; shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _grantwatch; printf "%s\n" "${COMPREPLY[@]}"' - "$out/man/bash/grantwatch" "$@" | sort
}

same_options() { diff <(options "$1") <(offers grantwatch "$1" -); }
same_commands() { diff <({ commands; printf '%s\n' --help --version; } | sort) <(offers grantwatch ''); }
offers_words() { # WANTED-WORDS... -- WORD...
	local wanted=()
	while [ "$1" != -- ]; do wanted+=("$1"); shift; done
	shift
	diff <(printf '%s\n' "${wanted[@]}" | sort) <(offers "$@")
}

# Each option of "grantwatch COMMAND … --option" in the docs exists.
docs_name_what_is() {
	local line command option bad=0
	while IFS= read -r line; do
		command=$(sed -nE 's/.*\bgrantwatch ([a-z]+) .*/\1/p' <<< "$line")
		commands | grep -qx "$command" || continue
		for option in $(sed -nE 's/.*\bgrantwatch [a-z]+ (.*)/\1/p' <<< "$line" | sed "s/'[^']*'//g; s/[|<>\`].*//; s/ -- .*//" |
			grep -oE '(^| )--[a-z][a-z-]+'); do
			options "$command" | grep -qx -e "$option" || { echo "$command has no option $option: $line"; bad=1; }
		done
	done < <(grep -hE '\bgrantwatch [a-z]+ .*--[a-z]' README.md docs/*.md docs/man/*.scd tests/lab/README.md)
	return $bad
}

# Each file in docs/man belongs to a command.
prose_has_command() {
	local prose bad=0
	for prose in docs/man/*.scd; do
		prose=$(basename "$prose" .scd)
		[ "$prose" = grantwatch ] || commands | grep -qx "$prose" || { echo "docs/man/$prose.scd: no such command"; bad=1; }
	done
	return $bad
}

# The terms of docs/glossary.md, one on each line
terms() { awk -F ' *[|] *' '/^## Words not used/ { exit } /^[|]/ && $2 != "term" && $2 !~ /^-+$/ { print $2 }' docs/glossary.md; }

glossary_has_terms() {
	diff <(terms) <(sed -n 's/^\\fB\(.*\)\\fR$/\1/p' "$out/man/grantwatch-glossary.7" | sed 's/\\-/-/g; s/\\&//g' | grep -vx 'grantwatch')
}

# grantwatch-bugs(7) has each bug in user/known/bugs.c, G1 to G23 among them.
bugs_has_bugs() {
	local ids
	mapfile -t ids < <(sed -nE 's/^\t\{"(G[0-9]+k?)", .*/\1/p' user/known/bugs.c)
	[ ${#ids[@]} -ge 24 ] || { echo "only ${#ids[@]} in the table"; return 1; }
	diff <(printf '%s\n' "${ids[@]}") <(sed -n 's/^\\fB\(G.*\)\\fR$/\1/p' "$out/man/grantwatch-bugs.7") &&
		diff <(printf '%s\n' G1 G1k $(seq -f 'G%g' 2 23)) <(printf '%s\n' "${ids[@]}" | head -n 24)
}

# grantwatch(1) has each environment variable which the sources read.
environment_is_whole() {
	local name bad=0
	for name in $(grep -rhoE 'getenv\("[A-Z_]+"' user | sed 's/.*"\(.*\)"/\1/' | sort -u); do
		page_has grantwatch "$name" || bad=1
	done
	return $bad
}

# section PAGE SECTION: the text of the section
section() { plain "$1" | sed -n "/^.SH $2/,/^.SH /p"; }

# Each path in the section FILES is in a source or in a unit.
files_are_used() {
	local path bad=0
	for path in $(section grantwatch FILES | grep -xE '/[^ ]+'); do
		grep -rqF -e "$path" --include='*.[ch]' --include='*.service.in' --exclude=manual_tables.c user scripts/systemd || { echo "$path: no source or unit has it"; bad=1; }
	done
	return $bad
}

# Each page has a section SEE ALSO, and the project's pages in it exist.
see_also_is_there() {
	local page other bad=0
	for page in "$out"/man/*.1; do
		page=$(basename "$page" .1)
		section "$page" 'SEE ALSO' | grep -q '(1)\|(7)' || { echo "$page: no page in SEE ALSO"; bad=1; }
		for other in $(section "$page" 'SEE ALSO' | grep -oE '\bgrantwatch[a-z-]*\([17]\)' | tr '()' '. '); do
			[ -e "$out/man/$other" ] || { echo "$page: there is no $other"; bad=1; }
			[ "$other" != "$page.1" ] || { echo "$page names itself"; bad=1; }
		done
	done
	return $bad
}

# Sections have the order of man-pages(7), and none comes twice.
sections_are_in_order() {
	local page bad=0
	for page in "$out"/man/*.1; do
		page=$(basename "$page" .1)
		diff <(plain "$page" | grep -xE '\.SH (NAME|SYNOPSIS|DESCRIPTION|OPTIONS|EXIT STATUS|ENVIRONMENT|FILES|BUGS|SEE ALSO)' | sed 's/^.SH //') \
			<(printf '%s\n' NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' ENVIRONMENT FILES BUGS 'SEE ALSO' |
				grep -xf <(plain "$page" | sed -n 's/^.SH //p')) || { echo "in $page"; bad=1; }
		section "$page" BUGS | grep -q 'grantwatch-bundle(1)' || { echo "$page: no BUGS"; bad=1; }
	done
	return $bad
}

# Pages and help do not refer to files of the source tree, which users of a package do not have.
names_no_source() {
	! { cat "$out"/man/*.[17]; for command in $(commands); do "$grantwatch" "$command" --help; done; } | sed 's/\\&//g; s/\\-/-/g' |
		grep -nE 'docs/[a-z-]+\.(md|scd)'
}

readme_exits() {
	diff <(sed -nE 's/^\| ([0-9]+) \|.*/\1/p' README.md | head -n 5) \
		<("$grantwatch" help | sed -nE '/^Exit status/,$s/^  ([0-9]+) .*/\1/p')
}

try "scripts/man writes the pages" scripts/man "$grantwatch" "$out/man"
mapfile -t exits < <("$grantwatch" help | sed -nE '/^Exit status/,$s/^  ([0-9]+) .*/\1/p')
try "grantwatch help has the five exit statuses" [ "${exits[*]}" = "0 1 2 3 77" ]
try "grantwatch(1) has every exit status" page_exits grantwatch "${exits[@]}"
mapfile -t pages < <(commands | sed 's/^/grantwatch-/')
try "grantwatch(1) has every command" page_has grantwatch "${pages[@]}"
for command in $(commands); do
	mapfile -t words < <(options "$command")
	try "$command --help has options" [ ${#words[@]} -ge 6 ]
	try "grantwatch-$command(1) has every option" page_has "grantwatch-$command" "${words[@]}"
	try "grantwatch-$command(1) has every exit status" exits_cover_source "$command"
	try "$command: bash offers every option" same_options "$command"
	try "grantwatch-$command(1) raises no warnings" sh -c \
		'[ -z "$(groff -man -ww -Tutf8 "$1" 2>&1 > /dev/null)" ]' - "$out/man/grantwatch-$command.1"
done
try "bash offers every command" same_commands
try "bash offers every tier" offers_words auto btf kprobe -- grantwatch record --tier ''
try "bash offers the formats" offers_words json junit -- grantwatch analyze -f j
try "bash offers the scenarios" offers_words near-miss -- grantwatch repro near
try "grantwatch-glossary(7) has every term" glossary_has_terms
try "grantwatch-glossary(7) raises no warnings" sh -c \
	'[ -z "$(groff -man -ww -Tutf8 "$1" 2>&1 > /dev/null)" ]' - "$out/man/grantwatch-glossary.7"
try "grantwatch-bugs(7) has every bug" bugs_has_bugs
try "grantwatch-bugs(7) raises no warnings" sh -c \
	'[ -z "$(groff -man -ww -Tutf8 "$1" 2>&1 > /dev/null)" ]' - "$out/man/grantwatch-bugs.7"
try "grantwatch(1) has every environment variable" environment_is_whole
try "grantwatch(1): its files are in sources or units" files_are_used
try "SEE ALSO: the project's pages exist" see_also_is_there
try "sections of the pages are in order" sections_are_in_order
try "pages and help name no file of the source tree" names_no_source
try "README.md has every exit status" readme_exits
try "docs: all options of examples exist" docs_name_what_is
try "docs/man: each file has a command" prose_has_command
done_testing
