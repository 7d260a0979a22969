#!/bin/bash
# Too few file descriptors, at each count: a command works as with enough, or says what is missing and ends with status 1. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$@"; }

for d in d0 d5; do "$gw" pack -o "$out/$d.gwc" "tests/cases/stale-map-armed/$d.txt"; done
gzip -c tests/logs/cases/001-blkfront-detach/input.log > "$out/log.gz"
cp tests/logs/cases/001-blkfront-detach/input.log "$out/log"
both="$out/d0.gwc $out/d5.gwc"

# few COUNT COMMAND: with the descriptors 0 to COUNT - 1
few() {
	rm -rf "$out/to" && mkdir "$out/to"
	(
		cd "$out/to" || exit
		ulimit -n "$1"
		eval "exec timeout 60 $gw $2"
	) > "$out/stdout" 2> "$out/stderr" < /dev/null
}
# What it says and writes; times and paths of this run are not compared.
result_of() { cat "$out/stdout" "$out"/to/report 2> /dev/null; }
each_count() { # COMMAND
	local count status whole want bad=0 failed=0
	few 1000 "$1"
	want=$?
	whole=$(result_of | cksum)
	for count in $(seq 4 24); do
		few "$count" "$1"
		status=$?
		if [ $status = 1 ]; then
			failed=$((failed + 1))
			has 'error: .*(Too many open files|out of memory|cannot start|cannot )' "$out/stderr" && continue
			echo "no reason"
		elif [ $status = $want ]; then
			[ "$(result_of | cksum)" != "$whole" ] || continue
			# what is only a help or a copy may be missing, with a warning
			has 'warning: .*Too many open files' "$out/stderr" && continue
			echo "another result"
		fi
		echo "with $count descriptors: status $status"
		head -n 5 "$out/stderr"
		bad=1
	done
	[ $failed -gt 0 ] || { echo "no count is too small: no fault was tried"; bad=1; }
	return $bad
}
while read -r command; do
	try "at each count: $(sed "s|$out/||g" <<< "$command")" each_count "$command"
done << END
analyze -j -o report $both
analyze --format perfetto -o report $both
analyze --pictures . -o report $both
analyze -j --log 5=$out/log -o report $both
explain -o report $out/log.gz
explain -o report $both $out/log
events -j -o report $both
events --around 2 -o report $both
compare -o report $out/d0.gwc $out/d0.gwc
dump -o report $out/d0.gwc
pack $PWD/tests/cases/stale-map-armed/d5.txt -o report
bundle -o archive $both
watch -j --no-local -o report -s '0=cat $out/d0.gwc' -s '5=cat $out/d5.gwc'
watch -j --no-local -o report --save . --results results --metrics m -s '0=cat $out/d0.gwc' -s '5=cat $out/d5.gwc'
END
done_testing
