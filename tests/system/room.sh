#!/bin/bash
# No space for each writer: a limit of the file size at several sizes, a full disk, a full device. An incomplete report is an error with
# status 1, an incomplete copy is a warning. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
cleanup() {
	umount -l "$out/disk" 2> /dev/null
	rm -rf "$out"
}
trap cleanup EXIT
has() { grep -qE -e "$@"; }
lacks() { ! has "$@"; }

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
"$gw" dump -o "$out/d0.txt" "$out/d0.gwc"
"$gw" watch -q --no-local -o /dev/null --results "$out/run" -s "0=cat $out/d0.gwc" -s "1=cat $out/d1.gwc" 2> /dev/null
printf '\x03\xf0\x01\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' > "$out/trace"
both="$out/d0.gwc $out/d1.gwc"
sources="--no-local -s '0=cat $out/d0.gwc' -s '1=cat $out/d1.gwc'"
mkdir "$out/to"

# complains STATUS: an error without room ends with 1 and names the reason
complains() {
	[ "$1" = 1 ] || { echo "status $1"; cat "$out/err"; return 1; }
	has 'error: .*(File too large|No space left|could not be written|tar ended with status)' "$out/err" || { echo "no reason"; cat "$out/err"; return 1; }
	lacks 'Success|signal' "$out/err" || { cat "$out/err"; return 1; }
}
# limited BYTES COMMAND: in an empty directory $to, no file larger than BYTES
limited() {
	rm -rf "$out/to" && mkdir "$out/to"
	# through a pipe, as the limit would cut the messages too
	(cd "$out/to" && eval "exec timeout 60 prlimit --core=0 --fsize=$1 $gw $2") 2>&1 > /dev/null < /dev/null | cat > "$out/err"
	return "${PIPESTATUS[0]}"
}
# cut FILE COMMAND: FILE is what COMMAND writes there; at no size below its own does it pass for whole
cut() {
	local size limit bad=0 less=1
	# a live report has times, whose lengths differ
	[[ $2 != watch* ]] || less=100
	limited unlimited "$2"
	size=$(stat -c %s "$out/to/$1") || { cat "$out/err"; return 1; }
	for limit in 0 1 100 $((size / 2)) $((size - size % 4096)) $((size - less)); do
		[ "$limit" -lt "$size" ] || continue
		limited "$limit" "$2"
		complains $? || { echo "at $limit of $size bytes"; bad=1; }
	done
	return $bad
}
writers=()
# writer FILE COMMAND
writer() {
	writers+=("$2")
	try "cut at any size: ${2%% [/\'-]*} $1" cut "$1" "$2"
}
for format in text json github mail junit tap html perfetto; do
	writer report "analyze --format $format -o report $both"
done
writer report "explain -o report $out/d1.gwc $out/d0.gwc"
writer report "events -o report $both"
writer report "events -j -o report $both"
writer report "events --format perfetto -o report $both"
writer report "events --around 2 -o report $both"
writer report "compare -o report $out/d0.gwc $out/d0.gwc"
writer report "compare -j -o report $out/run $out/run"
writer report "dump -o report $out/d1.gwc"
writer report "pack -o report $out/d0.txt"
writer report "holders -c $out/d0.gwc -o report"
writer report "doctor --only-look -o report"
writer report "xentrace --list-records -o report"
writer report "bundle -o report $both"
writer report "watch $sources -o report"
writer report "watch $sources -j -o report"
writer stale-map-2.svg "analyze --pictures . -o /dev/null $both"
writer results/report.txt "watch $sources -o /dev/null --results results"
writer results/report.ndjson "watch $sources -o /dev/null --results results"
writer results/report.xml "watch $sources -o /dev/null --results results"
writer results/rates.json "watch $sources -o /dev/null --results results"
writer metrics.prom "watch $sources -o /dev/null --metrics metrics.prom"

# --- a device that is full, as a file and as standard output

device() { # COMMAND
	local bad=0
	eval "timeout 60 $gw ${1/-o report/-o /dev/full}" > "$out/stdout" 2> "$out/err" < /dev/null
	complains $? || bad=1
	eval "timeout 60 $gw ${1/-o report/}" > /dev/full 2> "$out/err" < /dev/null
	complains $? || { echo "as standard output"; bad=1; }
	return $bad
}
for command in "${writers[@]}"; do
	[[ $command != *"-o report"* || $command = bundle* ]] || try "/dev/full: ${command%% [/\'-]*}" device "$command"
done
for command in --help --version "help" "analyze --help" "help known-bugs" "ci status -r $out/nowhere" "repro --list"; do
	timeout 20 "$gw" $command > "$out/stdout" 2> /dev/null < /dev/null
	status=$?
	[ $status = 0 ] || continue
	timeout 20 "$gw" $command > /dev/full 2> "$out/err" < /dev/null
	try "/dev/full: $command" complains $?
done

# --- a reader that is gone, or goes after the first bytes

# Its own status, 1, or that of SIGPIPE; never silence about a crash.
left_alone() { # COMMAND
	local bad=0 status reader
	for reader in true "head -c 1"; do
		eval "timeout 60 $gw ${1/-o report/-o -}" 2> "$out/err" < /dev/null | $reader > /dev/null
		status=${PIPESTATUS[0]}
		case $status in 0 | 1 | 2 | 3 | 77 | 141) ;; *) bad=1 ;; esac
		! has 'Success|died of signal|bug' "$out/err" || bad=1
		[ $bad = 0 ] || { echo "$reader: status $status"; cat "$out/err"; return 1; }
	done
}
for command in "${writers[@]}"; do
	[[ $command != *"-o report"* ]] || try "no reader: ${command%% [/\'-]*}" left_alone "$command"
done

# --- a disk that is full

disk=$out/disk
mkdir "$disk"
wait_for() { # COMMAND...
	for _ in $(seq 600); do
		"$@" 2> /dev/null && return
		sleep 0.05
	done
	return 1
}
# disk KIB: a new and empty one of that size
disk() {
	umount -l "$disk" 2> /dev/null
	mount -t tmpfs -o "size=${1}k" room "$disk"
}
fill() { cat /dev/zero > "$disk/filler" 2> /dev/null; }
if ! disk 64 2> /dev/null; then
	skip "a disk that is full" "no tmpfs can be mounted here: run it as root"
	done_testing
	exit
fi

disk 256
mkdir "$disk/save"
eval "timeout 60 $gw watch $sources -j -o $out/report --save $disk/save" 2> "$out/err"
try "watch --save on a full disk: the race is found" [ $? = 2 ]
try "that the copy is cut is a warning" has 'warning: .*saved capture.*No space left' "$out/err"
# The larger capture alone would fill the disk: what the other one gets depends on which of them is read first.
try "what did fit can be read" has '^mark' <(for file in "$disk"/save/*.gwc; do "$gw" dump "$file" 2> /dev/null; done)

disk 64
eval "timeout 60 $gw watch $sources -j --force -o $out/report --results $disk/results" 2> "$out/err"
try "watch --results on a full disk" complains $?
try "the flight recorder ends with a warning" has 'warning: .*No space left' "$out/err"
try "the report is whole" has '"type":"summary"' "$out/report"

disk 16
for command in "analyze -o $disk/report --force $both" "events -o $disk/report --force $both" "bundle -o $disk/report --force $both"; do
	: > "$disk/report"
	fill
	eval "timeout 60 $gw $command" > /dev/null 2> "$out/err"
	try "${command%% *} on a full disk" complains $?
done
disk 64
TMPDIR=$disk timeout 60 "$gw" bundle -o "$out/bundle.tar.gz" $both 2> "$out/err"
try "bundle whose own directory is on a full disk" complains $?
try "leaves nothing there" [ -z "$(ls "$disk")" ]
try "and no archive" [ ! -e "$out/bundle.tar.gz" ]

# --- no room for a while: a report with a hole is none

disk 64
"$gw" watch --no-local -j -o "$disk/report" --ready-file "$out/ready" -s "0=sh -c 'cat $out/d0.gwc; exec sleep 300'" \
	-s "1=sh -c 'until [ -e $out/go ]; do sleep 0.05; done; cat $out/d1.gwc; touch $out/gone; exec sleep 300'" 2> "$out/err" &
watch=$!
fill
touch "$out/go"
wait_for test -e "$out/gone"
sleep 1
rm "$disk/filler"
kill -TERM "$watch"
wait "$watch"
try "alerts without room, then a report with room" complains $?
try "the report is there" has '"type":"summary"' "$disk/report"
try "the alerts are not" lacks '"type":"alert"' "$disk/report"

# --- the monitor: its disk is full when it ends, and has room again

disk 4096
"$gw" ci start -r "$disk/ci" --no-local -s "0=sh -c 'cat $out/d0.gwc; exec sleep 300'" -s "1=sh -c 'cat $out/d1.gwc; exec sleep 300'" > "$out/err" 2>&1
try "a monitor" [ $? = 0 ]
two() { [[ $("$gw" ci status -r "$disk/ci") = *" 2 findings"* ]]; }
try "that finds the race" wait_for two
fill
timeout 60 "$gw" ci stop -r "$disk/ci" > "$out/stdout" 2> "$out/err"
try "ci stop on a full disk" complains $?
rm "$disk/filler"
timeout 60 "$gw" ci stop -r "$disk/ci" > "$out/stdout" 2> "$out/err"
try "with room again it has the verdict" [ $? = 2 ]
try "and the report" has 'stale-map' "$disk/ci/report.tap"

done_testing
