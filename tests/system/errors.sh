#!/bin/bash
# Errors: each prints a line that names what is wrong, and the exit status is 1. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# says TEXT ARGUMENT...: grantwatch ARGUMENT... exits with 1, and an error contains TEXT
says() {
	local text=$1 status=0
	shift
	timeout 20 "$gw" "$@" > "$out/stdout" 2> "$out/stderr" < /dev/null || status=$?
	[ $status = 1 ] || { echo "ended with $status"; cat "$out/stderr"; return 1; }
	grep '^grantwatch: error: ' "$out/stderr" | grep -qF -e "$text" || { echo "no error with: $text"; cat "$out/stderr"; return 1; }
}

xz -dc tests/captures/race/d0.gwc.xz > "$out/d0.gwc"
printf hello > "$out/short"
: > "$out/empty"
text=tests/cases/table-free-between/d0.txt
backends=()
for number in $(seq 33); do backends+=(--backend "program$number"); done

# files
for command in analyze dump bundle "holders -c" xentrace pack; do
	# shellcheck disable=SC2086 # a command and its option
	try "$command: a missing file" says "none: No such file or directory" $command "$out/none"
done
try "analyze: a directory" says "Is a directory" analyze "$out"
try "analyze: a short file that is no capture" says "short: not a grantwatch capture" analyze "$out/short"
try "analyze: an empty file" says "no capture arrived" analyze "$out/empty"
try "dump: an empty file" says "too short" dump "$out/empty"
try "xentrace: a file that is no trace" says "not a trace of xentrace" xentrace "$out/short"
try "pack: a file that is no capture's text" says "the first line must be 'grantwatch-capture 1'" pack "$out/short"
try "analyze: a missing log" says "none: No such file or directory" analyze --log "$out/none" "$out/d0.gwc"
try "analyze: the same capture twice" says "give one capture per domain" analyze "$out/d0.gwc" "$out/d0.gwc"

for domid in 0 5; do "$gw" pack -o "$out/h$domid.gwc" "tests/cases/hosts-differ/d$domid.txt"; done
try "analyze: captures of two hosts" says "h0.gwc and h5.gwc are of different hosts or boots: Xen is 4.17.7 in the first, 4.14.1 in the second" analyze "$out/h0.gwc" "$out/h5.gwc"
try "holders: captures of two hosts" says "are of different hosts or boots" holders -c "$out/h0.gwc" -c "$out/h5.gwc"

# full devices
try "analyze: a full device for the report" says "No space left on device" analyze -o /dev/full "$out/d0.gwc"
try "dump: a full device for the text" says "No space left on device" dump -o /dev/full "$out/d0.gwc"
try "pack: a full device for the capture" says "No space left on device" pack -o /dev/full "$text"

# wrong arguments: the error names the right ones
try "analyze --format: an unknown format" says "takes text, github, mail, json, html, junit, tap or perfetto, not 'nonsense'" analyze --format nonsense "$out/d0.gwc"
try "analyze --serves: a word without a colon" says "give OWNER:MAPPER, each one of toolstack gntalloc" analyze --serves nonsense "$out/d0.gwc"
try "analyze --serves: an owner without a mapper" says "give OWNER:MAPPER" analyze --serves blkfront: "$out/d0.gwc"
try "analyze --backend: more backends than possible" says "--backend program33: too many" analyze "${backends[@]}" "$out/d0.gwc"
try "analyze --limit: a class without a limit" says "CLASS one of lingering-map" analyze --limit nonsense=1 "$out/d0.gwc"
try "record --ring-size: no power of two" says "takes a power of two" record --ring-size 3000
try "record --tier: an unknown tier" says "takes auto, btf or kprobe, not 'fast'" record --tier fast
try "watch --tier: an unknown tier" says "takes auto, btf or kprobe, not 'fast'" watch --tier fast
try "watch --xentrace: an unknown word" says "--xentrace takes on, off or auto, not 'yes'" watch --xentrace yes
try "record: an argument instead of an option" says "the output is named with -o" record file
try "compare: only one run" says "compare OLD NEW" compare "$out/d0.gwc"
many=()
for n in $(seq 65); do many+=("$out/d0.gwc"); done
mkdir "$out/many"
for n in $(seq 65); do ln -s ../d0.gwc "$out/many/$n.gwc"; done
for command in analyze events; do
	try "$command: more captures than possible" says "too many captures: 64 at most" $command "${many[@]}"
done
try "compare: a directory with more captures than possible" says "too many captures: 64 at most" compare "$out/d0.gwc" "$out/many"
try "bundle: no capture" says "takes 1 to 64 captures" bundle
done_testing
