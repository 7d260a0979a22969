# What the scenarios of grantwatch share. Sourced by them, in dom0.
# shellcheck shell=bash

# persistent grants off: every request grants and frees, as in August 2022
GW_GUEST="xen_blkfront.feature_persistent=0"

# gw_watch GUEST...: `grantwatch watch` here, with each guest streaming its capture; keeps what it saw in $OUT,
# in place of what an earlier watch of the scenario saw
gw_watch() {
	local guest sources=()
	for guest; do
		sources+=(--source "$(guest_domid "$guest")=lab-stream $guest 'grantwatch record -q -o -'")
	done
	rm -f /run/lab/watching
	mkdir -p "$OUT/save"
	grantwatch watch -j --force --save "$OUT/save" "${sources[@]}" --ready-file /run/lab/watching \
		-o "$OUT/watch.json" 2> "$OUT/watch.log" &
	gw_pid=$!
	retry 120 test -e /run/lab/watching || fail "watch did not begin: $(tail -n 2 "$OUT/watch.log" | tr '\n' ' ')"
	sleep 1
}

# gw_stop: end the watch as Ctrl-C does; its exit status is in $gw_status, the last lines of its report in $OUT/live.json
gw_stop() {
	local began ended findings
	began=$(date +%s%N)
	kill -TERM "$gw_pid"
	gw_status=0
	wait "$gw_pid" || gw_status=$?
	ended=$(date +%s%N)
	gw_stop_ms=$(((ended - began) / 1000000))
	say "watch ended with $gw_status after $gw_stop_ms ms: $(tail -n 1 "$OUT/watch.json")"
	[ "$gw_stop_ms" -lt 1000 ] || fail "watch took $gw_stop_ms ms to end"
	# what analyze prints is what watch prints at its end: behind the last alert
	findings=$(tail -n 1 "$OUT/watch.json" | grep -o '"findings":{[^}]*}' | grep -o ':[0-9]*' | tr -d : | awk '{n += $1} END {print n + 1}')
	tail -n "$findings" "$OUT/watch.json" > "$OUT/live.json"
}

# gw_saved [OPTION]...: judge the saved captures, offline
gw_saved() {
	local trace=()
	[ ! -e "$OUT/save/xentrace.bin" ] || trace=(--xentrace "$OUT/save/xentrace.bin")
	grantwatch analyze "$@" "${trace[@]}" "$OUT"/save/*.gwc
}

# gw_report: as people read it, in $OUT/report.txt
gw_report() { gw_saved > "$OUT/report.txt" 2> "$OUT/report.log" || true; }

# gw_analyze: judge the saved captures again, and compare with what was said live
gw_analyze() {
	local status=0
	gw_saved -j > "$OUT/stored.json" 2> "$OUT/analyze.log" || status=$?
	[ "$status" = "$gw_status" ] || fail "analyze says $status, watch said $gw_status: $(tail -n 1 "$OUT/analyze.log")"
	cmp -s <(gw_plain "$OUT/stored.json") <(gw_plain "$OUT/live.json") ||
		fail "live and stored verdicts differ"
}

# names of the sources and notes about them differ between live and stored; the findings must not
gw_plain() { grep '"type":"finding"' "$1"; sed -n '$s/"blind":.*//p' "$1"; }

# gw_finding CLASS: its line of the final report
gw_finding() { grep "\"class\":\"$1\"" "$OUT/live.json" | head -n 1; }

# expect LINE TEXT WHAT
expect() {
	case $1 in
	*"$2"*) ;;
	*) fail "$3: no $2 in $(echo "$1" | cut -c1-300)" ;;
	esac
}

# gw_only_passed_over SUMMARY: it would have been clean, had the kernel not passed over kprobes of interrupts that came while
# another kprobe's program ran. Every one of them is counted and said, and they are few.
gw_only_passed_over() {
	local lost events
	[[ $1 =~ \"findings\":\{\} ]] && [[ $1 =~ \"tier\":\"kprobe\" ]] &&
		[[ $1 =~ \"blind\":\[(\"d[0-9]+\ lost\ [0-9]+\ events?\",?)+\] ]] || return 1
	lost=$(grep -o '"lost":[0-9]*' <<< "$1" | head -n 1 | cut -d: -f2)
	events=$(grep -o '"events":[0-9]*' <<< "$1" | head -n 1 | cut -d: -f2)
	[ "$lost" -gt 0 ] && [ $((lost * 10)) -le "$events" ] && say "$lost of $events events were passed over, and grantwatch said so"
}

# gw_clean [STATUS SUMMARY]: nothing found and, but for what the kernel passes over, nothing missed; of the last watch by default
gw_clean() {
	local status=${1:-$gw_status} summary=${2:-$(tail -n 1 "$OUT/live.json")}
	[ "$status" = 0 ] || { [ "$status" = 3 ] && gw_only_passed_over "$summary"; } || fail "exit status $status, not 0: $summary"
}

# gw_by_kprobes: the guest of the last watch was probed by kprobes
gw_by_kprobes() { tail -n 1 "$OUT/live.json" | grep -q '"role":"guest"[^}]*"tier":"kprobe"'; }

# gw_number KEY: of the final summary, over all domains
gw_number() { tail -n 1 "$OUT/live.json" | grep -o "\"$1\":[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }

# gw_trace KEY: a number of the final summary's account of Xen's trace
gw_trace() { tail -n 1 "$OUT/live.json" | grep -o '"trace":{.*' | grep -o "\"$1\":[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }

# gw_tracing_is_off: nothing is written into Xen's trace buffers any more. What is in them comes out without -D, and
# -X adds hardly anything.
gw_tracing_is_off() {
	local size
	if pgrep -x xentrace > /dev/null; then
		say "xentrace still runs"
		return 1
	fi
	timeout 5 xentrace -D -X -T 1 -e 0x00361000 /run/lab/stale > /dev/null 2>&1 || true
	timeout 5 xentrace -X -T 1 -e 0x00361000 /run/lab/stale > /dev/null 2>&1 || true
	size=$(stat -c %s /run/lab/stale)
	rm -f /run/lab/stale
	say "$size bytes in the trace buffers"
	[ "$size" -lt 20000 ]
}

# gw_repro GUEST SCENARIO [OPTION]...: the granter in the guest, the mapper here
gw_repro() {
	local guest=$1 scenario=$2 domid id path status=0
	shift 2
	domid=$(guest_domid "$guest")
	path=/local/domain/$domid/data/repro
	xenstore-write "$path" '' && xenstore-chmod "$path" "n$domid"
	id=$(guest_spawn "$guest" "grantwatch repro --role granter --peer 0 --channel xenstore:$path \
		--granter-name gui-agent --disk /dev/xvdb ${scenario@Q} ${*@Q}")
	grantwatch repro --role mapper --peer "$domid" --channel "xenstore:$path" --mapper-name gui-daemon \
		"$scenario" "$@" > "$OUT/repro-mapper.txt" 2>&1 || status=$?
	guest_join "$guest" "$id" 90 > "$OUT/repro-granter.txt" || status=$?
	[ $status = 0 ] || fail "repro $scenario ended with $status: $(tail -n 2 "$OUT/repro-mapper.txt" "$OUT/repro-granter.txt" | tr '\n' ' ')"
}

# gw_table_frames DOMID: of how many frames its grant table is
gw_table_frames() { grantwatch table -j "$1" | grep -o '"frames":[0-9]*' | grep -o '[0-9]*$'; }
