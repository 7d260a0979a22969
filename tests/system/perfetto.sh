#!/bin/bash
# Traces for Perfetto, read by perfetto.py: tracks, slices and flows, calls that overlap, limits, memory. TAP.
#
# usage: perfetto.sh [GRANTWATCH]
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$(readlink -f "${1:-build/grantwatch}")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export PYTHONPATH=tests/system PYTHONDONTWRITEBYTECODE=1

# holds FILE: runs the Python on standard input, for which "trace" is the trace
holds() {
	python3 -c "import sys; from perfetto import *; trace = Trace(sys.argv[1]); check(trace); exec(sys.stdin.read())" "$1"
}

# The race of the README: tracks for domains and actors, and the flow of the generation which was mapped too late.
for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
race=("$out/d0.gwc" "$out/d1.gwc")
"$gw" events -f perfetto -o "$out/race.pftrace" "${race[@]}"
try "race: tracks, slices and flows" holds "$out/race.pftrace" << 'EOF'
paths = {trace.path(event) for event in trace.slices}
assert {path for path in paths if "/refs/" not in path} == {
    "d0/blkback", "d0/gntdev/gui-daemon(278)", "d0/gntdev/program-1(231)", "d1/blkfront", "d1/gntalloc/gui-agent(251)",
    "d1/kernel log"}, paths
ref = [event for event in trace.slices if trace.path(event) == "d1/refs/ref 155"]
assert [event.args["generation"] for event in ref] == list(range(1, len(ref) + 1)), ref
late = ref[13]
assert late.name == "generation 14: blkfront" and late.end is None, late
flow = [(trace.path(event), event.category, event.args.get("result")) for event in trace.flows[late.flows[0]]]
assert flow == [
    ("d1/blkfront", "grant", None), ("d1/refs/ref 155", "generation", None), ("d0/blkback", "map", "ok"),
    ("d0/blkback", "unmap", "ok"), ("d0/gntdev/gui-daemon(278)", "map", "ok"), ("d1/blkfront", "end", "refused"),
    ("d0/gntdev/gui-daemon(278)", "unmap", "ok")], flow
EOF
try "race: calls of blkback overlap, so it has several tracks of one name" holds "$out/race.pftrace" << 'EOF'
assert sum(track["name"] == "blkback" for track in trace.tracks.values()) > 1
EOF
"$gw" events -f perfetto "${race[@]}" > "$out/again.pftrace"
try "race: the same bytes again" cmp "$out/race.pftrace" "$out/again.pftrace"
"$gw" events -f perfetto -o "$out/ref.pftrace" --ref 1:155 "${race[@]}"
try "one ref: its tracks have the uuids of the whole trace" holds "$out/ref.pftrace" << EOF
whole = Trace("$out/race.pftrace").tracks
assert trace.tracks and all(whole[uuid] == track for uuid, track in trace.tracks.items())
assert {event.args["ref"] for event in trace.slices if event.args} == {155}
EOF
"$gw" analyze -q -f perfetto -o "$out/findings.pftrace" "${race[@]}" > /dev/null
try "analyze: the same events, and findings" holds "$out/findings.pftrace" << EOF
events = Trace("$out/race.pftrace")
steps = [event for event in trace.slices if event.category == "finding"]
assert len(trace.slices) == len(events.slices) + len(steps) and len({event.track_uuid for event in steps}) == 2, steps
assert any("stale-map" in trace.path(event) and event.args["key"] for event in steps)
EOF

# A generation's flow: from its grant through announcement, map and unmap to its end.
for d in d0 d5; do "$gw" pack -o "$out/clean-$d.gwc" "tests/cases/clean-cycle/$d.txt"; done
"$gw" events -f perfetto -o "$out/clean.pftrace" "$out/clean-d0.gwc" "$out/clean-d5.gwc"
try "a flow leads from grant to map to end" holds "$out/clean.pftrace" << 'EOF'
flows = [[event.category for event in flow] for flow in trace.flows.values()]
assert flows == [["grant", "generation", "arm", "map", "unmap", "end"], ["grant", "generation", "map", "unmap", "end"]], flows
assert len({flow[1].track_uuid for flow in trace.flows.values()}) == 1 and all(event.end for event in trace.slices)
EOF

# capture NAME: makes a trace of d0 with the events on standard input, between 100 and 190 s
capture() {
	{
		cat << 'END'
grantwatch-capture 1
fact time 0 key domid value 0
fact time 0 key role value dom0
task id 1 pid 977 tid 977 comm gui-daemon
stack id 1 frames gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]
stack id 2 frames xen_blkbk_map+0x1a0 [xen_blkback]; dispatch_rw_block_io+0x2f0 [xen_blkback]
clock cpu 0 mono 100 tsc0 1000000 tsc1 1000100 stamp 0 system 100 mul 1 shift 0
clock cpu 0 mono 200 tsc0 1000000 tsc1 1000100 stamp 0 system 200 mul 1 shift 0
END
		cat
		printf 'end time 190 events 1 lost 0\nmark 190\n'
	} > "$out/$1.txt"
	"$gw" pack -o "$out/$1.gwc" "$out/$1.txt"
	"$gw" events -q -f perfetto -o "$out/$1.pftrace" "$out/$1.gwc"
}

# blkback runs in several threads, gui-daemon in one.
capture overlap << 'END'
map in 102 out 103 stack 2
  op granter 5 ref 2 status 0 handle 2 frame 0x2
map in 101 out 105 stack 2
  op granter 5 ref 1 status 0 handle 1 frame 0x1
map in 105.1 out 105.2 task 1 stack 1
  op granter 5 ref 4 status 0 handle 4 frame 0x4
map in 104 out 106 stack 2
  op granter 5 ref 3 status 0 handle 3 frame 0x3
map in 106 out 107 stack 2
  op granter 5 ref 5 status 0 handle 5 frame 0x5
END
try "overlap: slices have the times of the calls, and those on one track are disjoint" holds "$out/overlap.pftrace" << 'EOF'
first = trace.slices[0].ns
times = {event.args["ref"]: ((event.ns - first) // 10**8, (event.end - event.ns) // 10**8) for event in trace.slices}
assert times == {1: (0, 40), 2: (10, 10), 3: (30, 20), 4: (41, 1), 5: (50, 10)}, times
lanes = {event.args["ref"]: event.track_uuid for event in trace.slices}
assert lanes[2] == lanes[3] == lanes[5] and len(set(lanes.values())) == 3, lanes
names = sorted(track["name"] for track in trace.tracks.values())
assert names == ["blkback", "blkback", "d0", "gntdev/gui-daemon(977)"], names
EOF
for i in $(seq 1 20); do
	printf 'map in 101 out %d stack 2\n  op granter 5 ref %d status 0 handle %d frame 0x%x\n' $((110 + i)) "$i" "$i" "$i"
done | capture storm
try "overlap: at most 16 tracks for an actor, of further calls the ends" holds "$out/storm.pftrace" << 'EOF'
slices = [event for event in trace.slices if event.end > event.ns]
marks = [event for event in trace.slices if event.end == event.ns]
assert len(slices) == len({event.track_uuid for event in slices}) == 16 and len(marks) == 4, (slices, marks)
assert {mark.args["ref"] for mark in marks} == {17, 18, 19, 20} and marks[0].ns > max(event.end for event in slices)
EOF

# A call with several refs is one slice with several flows.
{
	echo 'map in 101 out 102 stack 2'
	for i in $(seq 1 600); do
		printf '  op granter 5 ref %d status %d handle %d frame 0x%x\n' "$i" $((i == 7 ? -1 : 0)) "$i" $((i == 7 ? 0 : i))
	done
	echo 'map out 103 stack 2'
	for i in 601 602; do printf '  op granter 5 ref %d status 0 handle %d frame 0x%x\n' "$i" "$i" "$i"; done
} | capture batch
try "a call with several refs: one slice, with a group of arguments for each" holds "$out/batch.pftrace" << 'EOF'
whole, rest = trace.slices
assert whole.name == "map of 600" and whole.end - whole.ns == 10**9, whole
assert whole.args["operation 5"] == {"granter": 5, "ref": 6, "result": "ok"}, whole
assert whole.args["operation 6"] == {"granter": 5, "ref": 7, "result": "refused"} and len(whole.args) == 601, whole
assert rest.name == "map of 2" and rest.end == rest.ns and rest.args["operation 1"]["ref"] == 602, rest
EOF

# More refs than a trace has tracks: the trace and a warning count the events left out.
sed '/^grant /,$d' tests/cases/clean-cycle/d5.txt > "$out/many.txt"
awk 'BEGIN {
	for (i = 0; i < 131128; i++) printf "grant out %.6f stack 1 ref %d peer 0 gflags 1 frame 0x1234\n", 1 + i / 1e6, 8 + i
	print "end time 3 events 131128 lost 0\nmark 3"
}' >> "$out/many.txt"
"$gw" pack -o "$out/many.gwc" "$out/many.txt"
status=0
"$gw" events -f perfetto -o "$out/many.pftrace" "$out/many.gwc" 2> "$out/stderr" || status=$?
is "too many refs: exit status 3" $status 3
try "too many refs: a warning" grep -q '59 events are not in the trace, which has 131072 tracks at most: use .* --since' "$out/stderr"
try "too many refs: the first ones have tracks, and a note counts the rest" holds "$out/many.pftrace" << 'EOF'
assert sum(track["name"].startswith("ref ") for track in trace.tracks.values()) == 131069
assert trace.path(trace.slices[-1]) == "this trace is not whole", trace.slices[-1]
assert trace.slices[-1].name == "59 events are not shown: more than 131072 tracks", trace.slices[-1]
EOF
"$gw" analyze -q -f perfetto -o "$out/many-analyzed.pftrace" "$out/many.gwc" > /dev/null 2>&1
try "too many refs: a note in the trace of analyze" grep -q '59 events are not shown' "$out/many-analyzed.pftrace"
rm -f "$out"/many*

# Many events: the trace is written as they come.
sed '/^grant /,$d' tests/cases/clean-cycle/d5.txt > "$out/long.txt"
awk 'BEGIN {
	for (i = 0; i < 150000; i++) {
		printf "grant in %.6f out %.6f stack 3 ref 8 peer 0 gflags 1 frame 0x1234\n", 1 + i / 1e4, 1.000001 + i / 1e4
		printf "revoke in %.6f out %.6f stack 4 ref 8 result ok\n", 1.000003 + i / 1e4, 1.000005 + i / 1e4
		printf "free out %.6f stack 4 ref 8\n", 1.000006 + i / 1e4
	}
	print "end time 18 events 450000 lost 0\nmark 18"
}' >> "$out/long.txt"
"$gw" pack -o "$out/long.gwc" "$out/long.txt"
# peak FORMAT: prints the command's peak memory, KiB
peak() {
	python3 -c 'import resource, subprocess, sys
assert subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode in (0, 3)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$gw" events -q -f "$1" "$out/long.gwc"
}
text=$(peak text) trace=$(peak perfetto)
echo "# peak memory: $text KiB as text, $trace KiB as a trace"
try "450000 events: no more memory than as text, but for 1 MiB" test "$trace" -le $((text + 1024))

# A trace is binary.
for command in events analyze explain; do
	status=0
	script -qec "$gw $command -f perfetto ${race[*]}" /dev/null > "$out/tty" < /dev/null || status=$?
	is "$command, a trace to a terminal: exit status 1" $status 1
	try "$command, a trace to a terminal: an error" grep -q 'a trace is binary: name a file with -o, or redirect standard output' "$out/tty"
done
done_testing
