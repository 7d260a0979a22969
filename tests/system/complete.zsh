#!/bin/zsh -f
# Prints which words zsh's completion offers after each line of standard input: "= LINE", then the words.
# usage: complete.zsh FOLDER-WITH-_grantwatch OUT < LINES
# An interactive zsh in a pseudo-terminal completes each line. Its compadd is replaced by one that writes the words to OUT.
zmodload zsh/zpty || exit 77
folder=$1 out=$2
: > $out

zpty shell zsh -f -i
send() { zpty -w -n shell "$1"; }
await() { # FILE: waits until it exists, for a minute at most
	local i
	for i in {1..1200}; do
		[[ -e $1 ]] && { rm -f $1; return 0; }
		# The shell would block if its output were not read.
		zpty -r -t shell chunk
		sleep 0.05
	done
	print -u2 "zsh does not answer"
	exit 1
}
cat > $out.rc << 'END'
fpath=($folder $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
	# With -O, -A and -D compadd offers nothing.
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then
		builtin compadd "$@"
		return
	fi
	typeset -a hits
	builtin compadd -A hits "$@"
	print -rl -- $hits >> $out
	builtin compadd "$@"
}
offer() {
	zle list-choices
	BUFFER=
	: > $out.done
}
zle -N offer
bindkey '^T' offer
LISTMAX=10000
: > $out.done
END
zpty -w shell "folder=${(q)folder} out=${(q)out}; source \$out.rc"
await $out.done
while IFS= read -r line; do
	print -r -- "= $line" >> $out
	send "$line"$'\C-t'
	await $out.done
done
zpty -d shell
