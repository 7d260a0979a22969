#!/bin/bash
# Completion in bash, zsh and fish offers each command, each option and each word that an option takes, and nothing else. TAP.
# The expected words are from --help and from errors about a wrong word. The shells themselves print what they offer.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

commands() { "$gw" help | awk '/^Exit/ { exit } /^  / { print $1 }'; }
options() { # COMMAND: "-o", "--output", …
	"$gw" "$1" --help | sed -nE 's/^  (-.|  ) {0,1},{0,1} {0,1}(--[a-z0-9-]+).*/\1 \2/p' | tr -s ' ' '\n' | grep .
}
# The words which an option takes, from the error about another word: "takes auto, btf or kprobe, not '@'"
words() { # COMMAND OPTION
	"$gw" "$1" "$2=@" --help 2>&1 | sed -nE "s/.* takes ([a-z]+(, [a-z]+)*( or [a-z]+)?), not '@'.*/\1/p" | sed 's/, / /g; s/ or / /' | tr ' ' '\n'
}
mkdir "$out/files" "$out/files/folder"
touch "$out/files/capture.gwc"

# want LINE WORD...: sets the words that must be offered after LINE
declare -A want
lines=()
want() {
	local line=$1
	shift
	want[$line]=$(printf '%s\n' "$@" | sort)
	lines+=("$line")
}
mapfile -t all < <(commands)
want "grantwatch " "${all[@]}"
want "grantwatch wa" watch
want "grantwatch help " "${all[@]}"
enums=0 unnamed=
for command in "${all[@]}"; do
	mapfile -t list < <(options "$command")
	want "grantwatch $command -" "${list[@]}"
	for option in "${list[@]}"; do
		[[ $option == --?* ]] || continue
		mapfile -t list < <(words "$command" "$option")
		[ ${#list[@]} -gt 0 ] || continue
		want "grantwatch $command $option " "${list[@]}"
		enums=$((enums + 1))
		for word in "${list[@]}"; do
			"$gw" "$command" --help | grep -qE -e "$option .*\b$word\b" || unnamed+=" $command $option: $word"
		done
	done
done
try "at least 13 options take words of a table" [ $enums -ge 13 ]
is "the help of these options names each word" "$unnamed" ""
for command in analyze explain watch; do
	want "grantwatch $command -f js" json
done
mapfile -t kinds < <("$gw" analyze --serves @ x 2>&1 | sed -n 's/.*each one of //p' | tr ' ' '\n')
want "grantwatch events --owner " "${kinds[@]}"
want "grantwatch analyze --serves " "${kinds[@]/%/:}"
mapfile -t limits < <("$gw" analyze --limit @ x 2>&1 | sed -n 's/.*CLASS one of //p' | sed 's/, /\n/g')
want "grantwatch analyze --limit " "${limits[@]/%/=}"
mapfile -t scenarios < <("$gw" repro --list -j | sed -n 's/.*"type":"scenario".*"scenario":"\([^"]*\)".*/\1/p')
want "grantwatch repro " "${scenarios[@]}"
want "grantwatch ci " start stop status
want "grantwatch doctor " # nothing
want "grantwatch table "
for command in analyze bundle compare dump events explain pack xentrace; do
	want "grantwatch $command $out/files/cap" "$out/files/capture.gwc"
done
want "grantwatch watch --save $out/files/fol" "$out/files/folder/"

# offered_SHELL: prints "= LINE" and the offered words, for each line of standard input
offered_bash() {
	bash -c 'shopt -s progcomp; source "$1"
		compopt() { [ "$2" = nospace ] || mode=$2; }
		while IFS= read -r line; do
			read -r -a COMP_WORDS <<< "$line"
			[[ $line != *" " ]] || COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) mode=
			_grantwatch
			cur=${COMP_WORDS[COMP_CWORD]}
			case $mode in
			default) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
			dirnames) mapfile -t COMPREPLY < <(compgen -d -S / -- "$cur") ;;
			esac
			printf "%s\n" "= $line" "${COMPREPLY[@]}"
		done' - "$out/man/bash/grantwatch"
}
offered_zsh() {
	zsh -f tests/system/complete.zsh "$out/man/zsh" "$out/zsh.out" && cat "$out/zsh.out"
}
offered_fish() {
	HOME=$out fish --private -c 'source $argv[1]
		while read -l line
			echo "= $line"
			complete -C "$line"
		end' "$out/man/fish/grantwatch.fish" | sed 's/\t.*//'
}
# The offered words of one line
section() { # FILE LINE
	awk -v line="= $2" '$0 == line { on = 1; next } /^= / { on = 0 } on && NF' "$1" | sort -u
}

try "scripts/man writes the completion" scripts/man "$gw" "$out/man"
for shell in bash zsh fish; do
	if ! command -v $shell > /dev/null; then
		skip "$shell" "$shell is not installed: run scripts/setup"
		continue
	fi
	printf '%s\n' "${lines[@]}" | "offered_$shell" > "$out/$shell" 2> "$out/err"
	for line in "${lines[@]}"; do
		got=$(section "$out/$shell" "$line")
		case $shell:$line in
		# bash also offers the options before a command.
		"bash:grantwatch ") got=$(grep -v '^--' <<< "$got") ;;
		# zsh prints only the last part of a path.
		zsh:*--save*/files/*) got=${got:+$out/files/$got/} ;;
		zsh:*/files/*) got=${got:+$out/files/$got} ;;
		esac
		is "$shell: words after '${line//$out/}'" "$got" "${want[$line]}"
	done
done
done_testing
