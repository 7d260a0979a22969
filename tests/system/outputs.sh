#!/bin/bash
# Outputs: a file with content is replaced only with --force, and an input of the command never. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$1" "$2"; }

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
"$gw" dump -o "$out/d0.txt" "$out/d0.gwc"
cp tests/golden/logs/old.log "$out/log"
printf '\x03\xf0\x01\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' > "$out/trace"
sums() { sha256sum "$out"/d[01].gwc "$out/d0.txt" "$out/log" "$out/trace"; }
before=$(sums)

# refuses TEXT COMMAND...: grantwatch COMMAND... exits with 1, its error contains TEXT, and $out/old is unchanged
refuses() {
	local text=$1 status=0
	shift
	echo "the only copy" > "$out/old"
	timeout 60 "$gw" "$@" > "$out/stdout" 2> "$out/stderr" < /dev/null || status=$?
	[ $status = 1 ] || { echo "ended with $status"; cat "$out/stderr"; return 1; }
	has "^grantwatch: error: .*$text" "$out/stderr" || { echo "no error with: $text"; cat "$out/stderr"; return 1; }
	[ "$(cat "$out/old")" = "the only copy" ] || { echo "the file is replaced"; return 1; }
}
# replaces COMMAND...: with --force the command replaces $out/old
replaces() {
	local status=0
	echo "the only copy" > "$out/old"
	timeout 60 "$gw" "$@" --force > "$out/stdout" 2> "$out/stderr" || status=$?
	case $status in 0 | 2 | 3) ;; *) echo "ended with $status"; cat "$out/stderr"; return 1 ;; esac
	[ -s "$out/old" ] && ! grep -q "the only copy" "$out/old"
}

printf '#!/bin/sh\ncat %s\n' "$out/d0.gwc" > "$out/stream"
chmod +x "$out/stream"
exists='old: exists already: name another file, or replace it with --force'
while read -r command; do
	# shellcheck disable=SC2086 # words
	try "${command%% *}: an existing file is not replaced" refuses "$exists" $command -o "$out/old"
	# shellcheck disable=SC2086
	try "${command%% *} --force: an existing file is replaced" replaces $command -o "$out/old"
done << END
analyze $out/d0.gwc $out/d1.gwc
explain $out/d1.gwc
events $out/d0.gwc
bundle $out/d0.gwc $out/d1.gwc
compare $out/d0.gwc $out/d0.gwc
dump $out/d1.gwc
pack $out/d0.txt
holders -c $out/d0.gwc
xentrace --list-records
watch --no-local -s 0=$out/stream
END
# doctor needs Xen or root to write something, but refuses the file before that.
try "doctor: an existing file is not replaced" refuses "$exists" doctor --only-look -o "$out/old"
# Each command with --output has --force.
for command in $(sed -n 's/^\tX(\([a-z]*\)).*/\1/p' user/commands.h); do
	"$gw" "$command" --help > "$out/help"
	! has '--output FILE' "$out/help" || try "$command: --output comes with --force" has '--force' "$out/help"
done

is_input='is an input of this command'
try "dump --force: its input is not replaced" refuses "$is_input" dump --force -o "$out/d0.gwc" "$out/d0.gwc"
ln "$out/d0.gwc" "$out/link.gwc"
ln -s d0.gwc "$out/symlink.gwc"
try "dump --force: a hard link to its input is not replaced" refuses "$is_input" dump --force -o "$out/link.gwc" "$out/d0.gwc"
try "dump --force: a symbolic link to its input is not replaced" refuses "$is_input" dump --force -o "$out/symlink.gwc" "$out/d0.gwc"
"$gw" dump --force -o "$out/d0.gwc" - < "$out/d0.gwc" 2> "$out/stderr"
try "dump --force: the file of standard input is not replaced" has "$is_input" "$out/stderr"
try "pack --force: its input is not replaced" refuses "$is_input" pack --force -o "$out/d0.txt" "$out/d0.txt"
try "analyze --force: a capture is not replaced" refuses "$is_input" analyze --force -o "$out/d1.gwc" "$out/d0.gwc" "$out/d1.gwc"
try "analyze --force: a log is not replaced" refuses "$is_input" analyze --force --log "0=$out/log" -o "$out/log" "$out/d0.gwc"
try "explain --force: its input is not replaced" refuses "$is_input" explain --force -o "$out/log" "$out/log"
try "events --force: a capture is not replaced" refuses "$is_input" events --force -o "$out/d0.gwc" "$out/d0.gwc"
try "bundle --force: a capture is not replaced" refuses "$is_input" bundle --force -o "$out/d1.gwc" "$out/d0.gwc" "$out/d1.gwc"
try "bundle --force: a log is not replaced" refuses "$is_input" bundle --force -l "1=$out/log" -o "$out/log" "$out/d0.gwc"
try "compare --force: a run is not replaced" refuses "$is_input" compare --force -o "$out/d0.gwc" "$out/d0.gwc" "$out/d1.gwc"
try "holders --force: a capture is not replaced" refuses "$is_input" holders --force -c "$out/d0.gwc" -o "$out/d0.gwc"
try "watch --force: a log is not replaced" refuses "$is_input" watch --force --no-local -l "$out/log" -s "0=cat $out/d0.gwc" -o "$out/log"

try "xentrace --force: a trace is not replaced" refuses "$is_input" xentrace --force -o "$out/trace" "$out/trace"
is "all inputs are unchanged" "$(sums)" "$before"

# An empty file and a device can be outputs without --force.
: > "$out/empty"
try_status 0 "an empty file can be the output" "$gw" dump -o "$out/empty" "$out/d0.gwc"
try_status 0 "a device can be the output" "$gw" dump -o /dev/null "$out/d0.gwc"
(
	exec 9<> /dev/null
	flock 9
	exec timeout 60 "$gw" dump -o /dev/null "$out/d0.gwc"
)
try "a device that another process has locked can be the output" [ $? = 0 ]
(
	flock 9
	echo "growing" >&9
	exec timeout 60 "$gw" dump --force -o "$out/busy" "$out/d0.gwc"
) 9> "$out/busy" 2> "$out/stderr"
try "--force: a file that another process writes is not replaced" has 'busy: another process writes this file' "$out/stderr"

# pictures
mkdir "$out/pictures"
try_status 2 "--pictures: a run writes pictures" "$gw" analyze -q --pictures "$out/pictures" -o /dev/null "$out/d0.gwc" "$out/d1.gwc"
sum=$(cat "$out"/pictures/*.svg | sha256sum)
try "--pictures: an existing picture is not replaced" refuses 'svg: exists already: name another directory' analyze --pictures "$out/pictures" -o /dev/null "$out/d0.gwc"
touch "$out/logo-1.svg"
try_status 2 "--pictures: other files in the directory do not matter" "$gw" analyze -q --pictures "$out" -o /dev/null "$out/d0.gwc" "$out/d1.gwc"
is "--pictures: the first pictures are unchanged" "$(cat "$out"/pictures/*.svg | sha256sum)" "$sum"
try_status 2 "--pictures --force: existing pictures are replaced" "$gw" analyze -q --force --pictures "$out/pictures" -o /dev/null "$out/d0.gwc" "$out/d1.gwc"

# watch --save and --results
mkdir "$out/save"
try_status 2 "watch --save: a run saves captures" "$gw" watch -q --no-local -o /dev/null --save "$out/save" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc"
sum=$(sha256sum "$out"/save/*)
try "watch --save: existing captures are not replaced" refuses 'gwc: exists already' watch -q --no-local --save "$out/save" -s "0=cat $out/d1.gwc"
is "watch --save: existing captures are unchanged" "$(sha256sum "$out"/save/*)" "$sum"
try_status 2 "watch --save --force: existing captures are replaced" "$gw" watch -q --force --no-local -o /dev/null --save "$out/save" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc"
try "watch --save: a missing directory is an error" refuses 'nowhere: No such file' watch -q --no-local --save "$out/nowhere" -s "0=touch $out/begun"
try "watch --save: a file in place of the directory is an error" refuses 'd0.txt: Not a directory' watch -q --no-local --save "$out/d0.txt" -s "0=touch $out/begun"
try "watch --save: no source was started before these errors" test ! -e "$out/begun"
mkdir "$out/results"
try_status 2 "watch --results: a run writes results" "$gw" watch -q --no-local -o /dev/null --results "$out/results" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc"
try "watch --results: existing results are not replaced" refuses 'report.ndjson: exists already' watch -q --no-local --results "$out/results" -s "0=cat $out/d0.gwc"
echo evidence > "$out/ready"
"$gw" watch -q --no-local -o /dev/null --ready-file "$out/ready" -s "0=cat $out/d0.gwc" 2> /dev/null
is "watch --ready-file: a file with content is not replaced" "$(cat "$out/ready")" evidence

# bundle
"$gw" bundle -o "$out/bundle.tar.gz" "$out/d0.gwc" "$out/d1.gwc" 2> "$out/stderr"
try "bundle: a message names the file and its contents" has "^grantwatch: wrote $out/bundle.tar.gz: 5 reports, .*2 captures, .*[0-9] KiB; names are replaced" "$out/stderr"
"$gw" bundle -q -o - "$out/d0.gwc" 2> /dev/null | tar -tz > "$out/list"
try "bundle -o -: writes to standard output" has 'report.txt' "$out/list"

# record: only its errors. It needs Xen to record, so the lab's scenario record tests its outputs.
for rotate in 1 1M 1M, ,1 1M,0 1K,4 -1M,4 1M,4x 1T,1; do
	try "record --rotate $rotate: an error" refuses "takes SIZE,COUNT" record -o "$out/new" "--rotate=$rotate"
done
try "record --rotate without a file: an error" refuses "needs -o FILE" record --rotate 1M,4 -o -
done_testing
