# The cost of watching: the same load without a tool, with record, watch, a flight recorder and bpftrace, in turn.
# `make bench-lab` runs it, with the bpftrace script in the payload. Only ratios within one boot are meaningful.
# shellcheck shell=bash disable=SC2016,SC2154 # the guest's own variables; gw_pid comes from gw-lib.sh
. /run/gw/lab-tests/gw-lib.sh

rounds=$(cat /run/gw/bench/rounds)
pages=8100
conditions="bare record record-kprobe flight watch bpftrace bpftrace-stacks"
[ -f /run/gw/bench/grants.bt ] || fail "no bpftrace script in the payload: run it by make bench-lab"
command -v bpftrace > /dev/null || fail "no bpftrace in the image: run it by make bench-lab"

mkdir -p "$OUT/raw"
: > "$OUT/runs.txt"
start_guests --extra "$GW_GUEST" --memory 512 --net
domid=$(guest_domid g1)
address=10.9.$domid
echo 1 > /proc/sys/kernel/bpf_stats_enabled
guest_run g1 "echo 1 > /proc/sys/kernel/bpf_stats_enabled; modprobe -q xen-netfront
	ip link set eth0 up && ip addr add $address.2/24 dev eth0" || fail "the guest has no network"
retry 20 ip addr show "vif$domid.0" > /dev/null || fail "dom0 has no vif$domid.0"

# settle: waits until both domains have no BPF programs of the previous tool, which would count as those of the next one
settle() {
	retry 60 no_links || fail "BPF links remain in dom0: $(bpftool link show | head -n 2)"
	guest_run g1 'for n in $(seq 200); do bpftool link show | grep -q "^[0-9]*: \(tracing\|perf_event\)" || exit 0; sleep 0.1; done; exit 1' 60 ||
		fail "BPF links remain in the guest"
	sleep 1 # the kernel frees programs a little later
}
no_links() { ! bpftool link show | grep -q '^[0-9]*: \(tracing\|perf_event\)'; }

# --- tools: begin_TOOL and end_TOOL start and end each in both domains

# Prints name, pid, VmRSS in KiB and CPU time in ticks of each process whose pid is on standard input.
usage='while read -r pid; do
	[ -r /proc/$pid/status ] || continue
	awk -v pid=$pid "/^Name/ { n = \$2 } /^VmRSS/ { m = \$2 } END { printf \"%s %s %d \", n, pid, m }" /proc/$pid/status
	sed "s/.*) //" /proc/$pid/stat | awk "{ print \$12 + \$13 }"
done'
note_usage() { # TOOL WHERE TEXT
	while read -r name pid rss ticks; do
		[ -z "$ticks" ] || echo "usage $round $1 $2 $name $pid $rss $ticks" | tee -a "$OUT/runs.txt"
	done <<< "$3"
}

# The losses of a capture. Events which --flight discards on purpose are no losses.
lost='/^loss / && !/kind passed/ { for (i = 2; i < NF; i += 2) if ($i == "count") n += $(i + 1) } END { print n + 0 }'

begin_bare() { :; }
end_bare() { :; }

begin_record() { # [OPTION]...
	rm -f /run/lab/ready
	grantwatch record -v --force "$@" -o /run/lab/cost.gwc --ready-file /run/lab/ready > "$OUT/raw/record.log" 2>&1 &
	here=$!
	guest_run g1 "rm -f /run/ready; setsid grantwatch record -v --force $* -o /run/cost.gwc --ready-file /run/ready > /run/log 2>&1 &
		echo \$! > /run/pid; until [ -e /run/ready ]; do sleep 0.2; done" 120 || fail "record did not begin in the guest"
	retry 120 test -e /run/lab/ready || fail "record did not begin in dom0: $(tail -n 2 "$OUT/raw/record.log")"
	there=$(guest_run g1 'cat /run/pid')
}
end_record() { # [TOOL]
	local tool=${1:-record}
	note_usage "$tool" dom0 "$(bash -c "$usage" <<< "$here")"
	note_usage "$tool" guest "$(guest_run g1 "{ $usage; } <<< $there")"
	kill -TERM "$here"
	wait "$here" || fail "record ended with $?"
	guest_run g1 "kill -TERM $there; while [ -d /proc/$there ]; do sleep 0.2; done" || true
	echo "unwound $round $tool dom0 $(grep -o "[0-9]* stacks were unwound" "$OUT/raw/record.log") guest $(guest_run g1 "grep -o '[0-9]* stacks were unwound' /run/log")" | tee -a "$OUT/runs.txt"
	echo "size $round $tool dom0 $(stat -c %s /run/lab/cost.gwc) $(gzip -1 < /run/lab/cost.gwc | wc -c) events $(grantwatch dump /run/lab/cost.gwc | grep -cE '^(grant|end|free|release|map|unmap|arm|disarm|ring|copy) ')" | tee -a "$OUT/runs.txt"
	echo "lost $round $tool dom0 $(grantwatch dump /run/lab/cost.gwc | awk "$lost")" | tee -a "$OUT/runs.txt"
	echo "lost $round $tool guest $(guest_run g1 "grantwatch dump /run/cost.gwc | awk '$lost'" 120)" | tee -a "$OUT/runs.txt"
}

begin_record-kprobe() { begin_record --tier kprobe; }
end_record-kprobe() { end_record record-kprobe; }

begin_flight() { begin_record --flight 5; }
end_flight() { end_record flight; }

begin_watch() {
	gw_watch g1
}
end_watch() {
	note_usage watch dom0 "$(pgrep -x grantwatch | bash -c "$usage")"
	note_usage watch guest "$(guest_run g1 "pgrep -x grantwatch | { $usage; }")"
	gw_stop
	echo "lost $round watch dom0 $(tail -n 1 "$OUT/watch.json")" | tee -a "$OUT/runs.txt"
	rm -rf "$OUT/save"
}

begin_bpftrace() { # [SCRIPT]
	local script=/run/gw/bench/${1:-grants}.bt
	bpftrace -q "$script" > /run/lab/bt.txt 2> /run/lab/bt.err &
	here=$!
	guest_run g1 "setsid bpftrace -q $script > /run/bt.txt 2> /run/bt.err & echo \$! > /run/pid" 60
	there=$(guest_run g1 'cat /run/pid')
	# bpftrace has attached when its links exist, one for each of its five functions.
	retry 180 attached_here || fail "bpftrace did not attach in dom0: $(head -c 300 /run/lab/bt.err)"
	guest_run g1 'for n in $(seq 600); do [ "$(bpftool link show | grep -c "^[0-9]*: tracing")" -ge 5 ] && exit 0; sleep 0.3; done; cat /run/bt.err; exit 1' 200 ||
		fail "bpftrace did not attach in the guest"
	sleep 2
}
attached_here() {
	kill -0 "$here" || fail "bpftrace ended: $(head -c 300 /run/lab/bt.err)"
	[ "$(bpftool link show | grep -c "^[0-9]*: tracing")" -ge 5 ]
}
end_bpftrace() { # [TOOL]
	local tool=${1:-bpftrace}
	note_usage "$tool" dom0 "$(bash -c "$usage" <<< "$here")"
	note_usage "$tool" guest "$(guest_run g1 "{ $usage; } <<< $there")"
	kill -INT "$here"
	wait "$here" || true
	guest_run g1 "kill -INT $there; while [ -d /proc/$there ]; do sleep 0.2; done" 120 || true
	echo "lost $round $tool dom0 $(grep -i lost /run/lab/bt.err /run/lab/bt.txt | grep -o '[0-9]* events' | awk '{ n += $1 } END { print n + 0 }')" | tee -a "$OUT/runs.txt"
	echo "lost $round $tool guest $(guest_run g1 "grep -ih lost /run/bt.err /run/bt.txt | grep -o '[0-9]* events' | awk '{ n += \$1 } END { print n + 0 }'")" | tee -a "$OUT/runs.txt"
}

begin_bpftrace-stacks() { begin_bpftrace grants-stacks; }
end_bpftrace-stacks() { end_bpftrace bpftrace-stacks; }

# --- time of the BPF programs, as the kernel counts it

# Prints name, nanoseconds and runs of each probe's program.
programs='bpftool prog show -j | tr "{" "\n" | sed -n "s/.*\"type\":\"\(tracing\|kprobe\)\".*\"name\":\"\([^\"]*\)\".*\"run_time_ns\":\([0-9]*\),\"run_cnt\":\([0-9]*\).*/\2 \3 \4/p"'
read_programs() { # FILE
	bash -c "$programs" > "$OUT/raw/$1.dom0" || true
	guest_run g1 "$programs" > "$OUT/raw/$1.guest" || true
}

# spent TOOL LOAD: what the programs took since read_programs before: nanoseconds and events (calls of the five functions that
# all tools probe)
spent() {
	local where
	for where in dom0 guest; do
		awk -v head="spent $round $1 $2 $where" -v tool="$1" '
			{ sub(/^.*\//, "", FILENAME) }
			tool !~ /^bpftrace/ && $1 !~ /^(grant_|end_|free_|release|map_|unmap_)/ { next }
			FILENAME ~ /^before/ { ns -= $2; if (counts($1)) events -= $3; next }
			{ ns += $2; if (counts($1)) events += $3 }
			function counts(name) { return name !~ /_in$|_nested/ }
			END { print head, ns + 0, events + 0 }' "$OUT/raw/before.$where" "$OUT/raw/after.$where" | tee -a "$OUT/runs.txt"
	done
}

# --- loads: each prints how many seconds it took

load_block() {
	guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=64k count=120 iflag=direct 2>&1' 120 | sed -n 's/.*copied, \([0-9.e-]*\) s.*/\1/p'
}
load_net() {
	# nc closes its half of the connection when its standard input ends, so the input stays open for longer than the transfer.
	nc -l -p 5001 < <(sleep 100) > /run/lab/received &
	local listener=$!
	sleep 0.5
	guest_run g1 "s=\$EPOCHREALTIME; head -c 1000000 /dev/zero | nc $address.1 5001
		awk -v s=\$s -v e=\$EPOCHREALTIME 'BEGIN { print e - s }'" 90
	wait "$listener" || true
	[ "$(stat -c %s /run/lab/received)" = 1000000 ] || fail "$(stat -c %s /run/lab/received) bytes came through the network, not 1000000"
}
load_windows() {
	gw_repro g1 storm --pages $pages --repeat 2 --every 1
	sed -n 's/.* in \([0-9.]*\) s$/\1/p' "$OUT/repro-mapper.txt" | tail -n 1
}

run_loads() { # TOOL
	local load seconds
	for load in block net windows; do
		read_programs before
		seconds=$("load_$load")
		read_programs after
		[ -n "$seconds" ] || fail "load $load with $1 reported no time"
		echo "took $round $1 $load $seconds" | tee -a "$OUT/runs.txt"
		[ "$1" = bare ] || spent "$1" "$load"
	done
}

for round in $(seq "$rounds"); do
	for tool in $conditions; do
		"begin_$tool"
		run_loads "$tool"
		"end_$tool"
		settle
	done
done

# --- attaching, without load. bench_handlers measures how long the programs take to load, to scale these times to real hardware.
/run/gw/bench/bench_handlers /run/gw/bench/bench_handlers.bpf.o load | sed -n 's/.* \([0-9.]*\) ms$/load \1/p' | tee -a "$OUT/runs.txt"
for round in 1 2 3; do
	for tier in btf kprobe; do
		rm -f /run/lab/ready
		begun=$(date +%s%N)
		grantwatch record -q --force --tier $tier -o /run/lab/cost.gwc --ready-file /run/lab/ready &
		here=$!
		until [ -e /run/lab/ready ]; do sleep 0.02; done
		ready=$(date +%s%N)
		kill -TERM "$here"
		wait "$here" || fail "record --tier $tier ended with $?"
		ended=$(date +%s%N)
		echo "attach $round $tier $(((ready - begun) / 1000000)) $(((ended - ready) / 1000000))" | tee -a "$OUT/runs.txt"
	done
done

# --- time from a map to its alert. The guest loses its disk.
gw_watch g1
gw_repro g1 race
sleep 2
gw_stop
echo "lag $(grep -o '"class":"stale-map".*"lag_ms":[0-9]*' "$OUT/watch.json" | head -n 1 | grep -o '[0-9]*$')" | tee -a "$OUT/runs.txt"
result ok
