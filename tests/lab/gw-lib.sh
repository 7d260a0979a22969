# Functions for grantwatch's scenarios, which source this file in dom0.
# shellcheck shell=bash

# Without persistent grants blkfront grants and frees pages for each request, so that it soon reuses a freed ref.
GW_GUEST="xen_blkfront.feature_persistent=0"

# gw_watch GUEST...: starts `grantwatch watch` in dom0, with a stream from each guest. Sets gw_pid. Captures and report go to
# $OUT and replace those of an earlier watch.
gw_watch() {
	local guest sources=()
	for guest; do
		sources+=(--source "$(guest_domid "$guest")=lab-stream $guest 'grantwatch record -q -o -'")
	done
	rm -rf /run/lab/watching "$OUT/save"
	mkdir -p "$OUT/save"
	grantwatch watch -j --force --save "$OUT/save" "${sources[@]}" --ready-file /run/lab/watching \
		-o "$OUT/watch.json" 2> "$OUT/watch.log" &
	gw_pid=$!
	retry 120 test -e /run/lab/watching || fail "watch did not begin: $(tail -n 2 "$OUT/watch.log" | tr '\n' ' ')"
	sleep 1
}

# gw_stop: ends the watch with SIGTERM. Sets gw_status, its exit status, and gw_stop_ms. The report that it prints at its end
# goes to $OUT/live.json.
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
	# At its end watch prints the same lines as analyze: the findings and the summary, after all alerts.
	findings=$(tail -n 1 "$OUT/watch.json" | grep -o '"findings":{[^}]*}' | grep -o ':[0-9]*' | tr -d : | awk '{n += $1} END {print n + 1}')
	tail -n "$findings" "$OUT/watch.json" > "$OUT/live.json"
}

# gw_saved [OPTION]...: analyzes the saved captures
gw_saved() {
	local trace=()
	[ ! -e "$OUT/save/xentrace.bin" ] || trace=(--xentrace "$OUT/save/xentrace.bin")
	grantwatch analyze "$@" "${trace[@]}" "$OUT"/save/*.gwc
}

# gw_report: writes the report as text to $OUT/report.txt
gw_report() { gw_saved > "$OUT/report.txt" 2> "$OUT/report.log" || true; }

# gw_analyze: analyzes the saved captures; fails if the findings or the exit status differ from those of the watch
gw_analyze() {
	local status=0
	gw_saved -j > "$OUT/stored.json" 2> "$OUT/analyze.log" || status=$?
	[ "$status" = "$gw_status" ] || fail "analyze ended with $status, watch with $gw_status: $(tail -n 1 "$OUT/analyze.log")"
	cmp -s <(gw_plain "$OUT/stored.json") <(gw_plain "$OUT/live.json") ||
		fail "watch and analyze report different findings"
}

# gw_plain FILE: the report without the blind spots of its summary, in which the names of sources differ between watch and analyze
gw_plain() { grep '"type":"finding"' "$1"; sed -n '$s/"blind":.*//p' "$1"; }

# gw_finding CLASS: the first finding of the class in the final report, as JSON
gw_finding() { grep "\"class\":\"$1\"" "$OUT/live.json" | head -n 1; }

# expect TEXT PART WHAT: fails unless TEXT contains PART; the message begins with WHAT
expect() {
	case $1 in
	*"$2"*) ;;
	*) fail "$3: no $2 in $(echo "$1" | cut -c1-300)" ;;
	esac
}

# gw_only_missed_kprobes SUMMARY: succeeds if there is no finding and lost events are the only blind spots, at most a tenth of
# all events, by kprobes. The kernel skips a kprobe in an interrupt while the program of another kprobe runs on the same CPU.
gw_only_missed_kprobes() {
	local lost events
	[[ $1 =~ \"findings\":\{\} ]] && [[ $1 =~ \"tier\":\"kprobe\" ]] &&
		[[ $1 =~ \"blind\":\[(\"d[0-9]+\ lost\ [0-9]+\ events?\",?)+\] ]] || return 1
	lost=$(grep -o '"lost":[0-9]*' <<< "$1" | head -n 1 | cut -d: -f2)
	events=$(grep -o '"events":[0-9]*' <<< "$1" | head -n 1 | cut -d: -f2)
	[ "$lost" -gt 0 ] && [ $((lost * 10)) -le "$events" ] && say "the kernel skipped kprobes: $lost of $events events lost"
}

# gw_clean [STATUS SUMMARY]: fails unless the last watch, or the given run, was clean but for kprobes which the kernel skipped
gw_clean() {
	local status=${1:-$gw_status} summary=${2:-$(tail -n 1 "$OUT/live.json")}
	[ "$status" = 0 ] || { [ "$status" = 3 ] && gw_only_missed_kprobes "$summary"; } || fail "exit status $status, not 0: $summary"
}

# gw_by_kprobes: succeeds if the guest of the last watch used kprobes
gw_by_kprobes() { tail -n 1 "$OUT/live.json" | grep -q '"role":"guest"[^}]*"tier":"kprobe"'; }

# gw_number KEY: a number of the final summary, over all domains
gw_number() { tail -n 1 "$OUT/live.json" | grep -o "\"$1\":[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }

# gw_trace KEY: a number of the final summary's object "trace"
gw_trace() { tail -n 1 "$OUT/live.json" | grep -o '"trace":{.*' | grep -o "\"$1\":[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }

# gw_tracing_is_off: succeeds if Xen writes no more records into its trace buffers. The first xentrace discards the records
# from before (-D), the second one reads those since then. Neither turns tracing on (-X).
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

# gw_repro GUEST SCENARIO [OPTION]...: plays the scenario with the granter in the guest and the mapper in dom0
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

# gw_begin_steps GUEST STEPS [OPTION]...: starts repro with STEPS in which the mapper waits for cues, with further options for the
# granter. The cues are files in $gw_cues. Sets gw_mapper, the pid of the mapper in dom0.
gw_cues=/run/lab/cues
gw_begin_steps() {
	local guest=$1 steps=$2 domid path
	shift 2
	domid=$(guest_domid "$guest")
	path=/local/domain/$domid/data/repro
	rm -rf "$gw_cues"
	mkdir -p "$gw_cues"
	xenstore-write "$path" '' && xenstore-chmod "$path" "n$domid"
	gw_granter=$(guest_spawn "$guest" "grantwatch repro --role granter --peer 0 --channel xenstore:$path \
		--granter-name gui-agent --limit 600 ${*@Q} -e ${steps@Q}")
	grantwatch repro --role mapper --peer "$domid" --channel "xenstore:$path" --mapper-name gui-daemon --cues "dir:$gw_cues" \
		--limit 600 -e "$steps" > "$OUT/mapper.txt" 2>&1 &
	gw_mapper=$!
}

# gw_await_cue NAME: waits until the mapper of gw_begin_steps sets the cue
gw_await_cue() { retry 60 test -e "$gw_cues/$1" || fail "no cue $1: $(tail -n 1 "$OUT/mapper.txt")"; }

# gw_end_steps GUEST: waits until the steps have ended; fails if they failed
gw_end_steps() {
	local status=0
	wait "$gw_mapper" || status=$?
	gw_mapper=
	guest_join "$1" "$gw_granter" 90 > "$OUT/granter.txt" || status=$?
	[ $status = 0 ] || fail "the steps ended with $status: $(tail -n 2 "$OUT/mapper.txt" "$OUT/granter.txt" | tr '\n' ' ')"
}

# gw_table_frames DOMID: the size of its grant table in frames
gw_table_frames() { grantwatch table -j "$1" | grep -o '"frames":[0-9]*' | grep -o '[0-9]*$'; }
