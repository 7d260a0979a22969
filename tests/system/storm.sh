#!/bin/bash
# Storms: more maps than can wait for unfinished calls, each of which must be judged nevertheless. Many maps and table reads of
# one ref within the clock error bound, which must not take more time than other events. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
refs=20000

# batch TYPE OUT TASK: one call on all refs, as records of 64 operations
awk -v refs=$refs '
	function batch(type, at, task,    ref, n) {
		for (ref = 0; ref < refs; ref++) {
			if (ref % 64 == 0)
				printf "%s in %.6f out %.6f task %d stack 1 file %d index 0x0 first %d total %d\n", type, at - 0.001, at, task, task, ref, refs
			printf "  op granter 5 ref %d", 100 + ref
			if (type == "map")
				printf " status 0 handle %d frame 0x%x", task * 100000 + ref, 4096 + ref
			print ""
		}
	}
	BEGIN {
		print "grantwatch-capture 1"
		print "fact time 0 key domid value 0"
		print "task id 1 pid 11 tid 11 comm gui-daemon"
		print "task id 2 pid 12 tid 12 comm screenshotd"
		print "stack id 1 frames gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]"
		print "clock cpu 0 mono 100.5 tsc0 1000000 tsc1 1000100 stamp 0 system 100.5 mul 1 shift 0"
		print "clock cpu 0 mono 120.5 tsc0 1000000 tsc1 1000100 stamp 0 system 120.5 mul 1 shift 0"
		batch("arm", 101.1, 1)
		batch("map", 101.2, 1)
		print "mark 101.25"
		batch("arm", 101.3, 2)
		batch("map", 101.4, 2)
		print "mark 101.41"
		print "end time 110 events 4 lost 0"
		print "mark 110"
	}' > "$out/d0.txt"
try "two processes map $refs refs: the capture is made" build/grantwatch pack -o "$out/d0.gwc" "$out/d0.txt"
build/grantwatch analyze -j "$out/d0.gwc" > "$out/found"
is "two processes map $refs refs: status 2" $? 2
is "two processes map $refs refs: every double map is counted" "$(grep -o '"class":"double-map".*"count":[0-9]*' "$out/found" | grep -o '[0-9]*$')" $refs
try "two processes map $refs refs: a blind spot, as some maps could not wait" grep -q 'events were judged before all records were read' "$out/found"

# A backend in user space whose frontend reuses one ref. If each table read made grantwatch judge each map again, 2000 cycles
# would take 15 s.
awk -v cycles=2000 '
	BEGIN {
		print "grantwatch-capture 1"
		print "fact time 0 key domid value 0"
		print "task id 1 pid 11 tid 11 comm tapdisk"
		print "stack id 1 frames gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]"
		print "clock cpu 0 mono 100.5 tsc0 1000000 tsc1 1000100 stamp 0 system 100.5 mul 1 shift 0"
		print "clock cpu 0 mono 120.5 tsc0 1000000 tsc1 1000100 stamp 0 system 120.5 mul 1 shift 0"
		for (at = 101; n < cycles; n++) {
			printf "arm in %.6f out %.6f task 1 file 1 index 0x0\n  op granter 5 ref 80\n", at, at + 1e-6
			printf "entry in %.6f out %.6f\n  op granter 5 ref 80 peer 0 eflags 0x1 frame 0x%x before %.6f\n", at + 2e-6, at + 3e-6, 4096 + n, n ? at - 1e-6 : 0
			printf "map in %.6f out %.6f task 1 stack 1 file 1 index 0x0\n  op granter 5 ref 80 status 0 handle 7 frame 0x%x\n", at + 4e-6, at + 5e-6, 4096 + n
			printf "unmap in %.6f out %.6f task 1 stack 1\n  op granter 5 ref 80 status 0 handle 7\n", at + 6e-6, at + 7e-6
			printf "disarm in %.6f out %.6f task 1 file 1 index 0x0\n", at + 8e-6, at + 9e-6
			at += 11e-6
		}
		print "end time 110 events 4 lost 0"
		print "mark 110"
	}' > "$out/busy.txt"
try "2000 maps and table reads of one ref: the capture is made" build/grantwatch pack -o "$out/busy.gwc" "$out/busy.txt"
(ulimit -t 3; build/grantwatch analyze -j "$out/busy.gwc" > "$out/found")
is "2000 maps and table reads of one ref: judged in less than 3 s" $? 3
done_testing
