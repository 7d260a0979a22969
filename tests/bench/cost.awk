# Prints the runs of tests/lab/scenarios/cost.sh as tables, as medians over the rounds. Compared values come from one boot.
$1 == "took" { took[$3, $4, ++n_took[$3, $4]] = $5; tools[$3]; loads[$4]; rounds = $2 > rounds ? $2 : rounds }
$1 == "spent" { key = $3 SUBSEP $4 SUBSEP $5; ns[key] += $6; events[key] += $7; if ($7) each[key, ++n_each[key]] = $6 / $7; places[$5] }
$1 == "usage" { key = $3 " " $4 " " $5; if ($7 > rss[key]) rss[key] = $7; cpu[key] += $8; n_usage[key]++ }
$1 == "lost" { lost[$3 " " $4] = lost[$3 " " $4] " " said($0) }
$1 == "unwound" { unwound[$3] = unwound[$3] " dom0 " $5 " guest " $(NF - 3) }
$1 == "load" { load_ms = $2 }
$1 == "attach" { attach[$3, ++n_attach[$3]] = $4; detach[$3, n_attach[$3]] = $5 }
$1 == "lag" { lag = $2 }
$1 == "size" { match($0, /events [0-9]+/); n = substr($0, RSTART + 7, RLENGTH - 7); if (n) size[$3] = size[$3] sprintf(" %.1f (gzip -1: %.1f)", $5 / n, $6 / n) }

function said(line) {
	if (match(line, /lost [0-9]+$/)) return substr(line, RSTART + 5)
	if (match(line, /"lost":[0-9]+/)) return substr(line, RSTART + 7, RLENGTH - 7)
	return $NF
}
function median(array, key, n,    i, j, v, t) {
	for (i = 1; i <= n; i++) v[i] = array[key, i]
	for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
END {
	n_order = split("bare record record-kprobe flight watch bpftrace bpftrace-stacks", order, " ")
	print "throughput against bare, median of", rounds, "rounds (fastest bare against slowest bare in brackets)"
	for (load in loads) {
		bare = median(took, "bare" SUBSEP load, n_took["bare", load])
		line = "  " load ":"
		for (o = 1; o <= n_order; o++) {
			tool = order[o]
			if (!n_took[tool, load]) continue
			ratio = bare / median(took, tool SUBSEP load, n_took[tool, load])
			line = line sprintf("  %s %.2f", tool, ratio)
			if (tool != "bare") row("throughput", load " with " tool, "-", ratio, "bare")
		}
		low = high = took["bare", load, 1]
		for (i = 2; i <= n_took["bare", load]; i++) {
			t = took["bare", load, i]
			low = t < low ? t : low
			high = t > high ? t : high
		}
		print line sprintf("  (%.2f)", low / high)
	}
	print "kernel's account of the programs: ns an event (median), against bpftrace, against bpftrace with stacks"
	for (load in loads) for (place in places) {
		peer = median(each, "bpftrace" SUBSEP load SUBSEP place, n_each["bpftrace", load, place])
		same = median(each, "bpftrace-stacks" SUBSEP load SUBSEP place, n_each["bpftrace-stacks", load, place])
		for (o = 2; o <= n_order; o++) {
			key = order[o] SUBSEP load SUBSEP place
			if (!n_each[key]) continue
			mine = median(each, key, n_each[key])
			printf "  %-8s %-6s %-15s %9.0f ns  %.2f  %.2f  (%d events in all)\n", load, place, order[o], mine, peer ? mine / peer : 0, same ? mine / same : 0, events[key]
			if (order[o] == "record-kprobe" && n_each["record", load, place])
				row("tier", load " " place ", kprobe", sprintf("%.1f us", mine / 1000), mine / median(each, "record" SUBSEP load SUBSEP place, n_each["record", load, place]), "btf")
			if (order[o] !~ /^bpftrace/) {
				row("an event", load " " place " " order[o], sprintf("%.1f us", mine / 1000), peer ? mine / peer : 0, "bpftrace")
				row("an event", load " " place " " order[o], sprintf("%.1f us", mine / 1000), same ? mine / same : 0, "bpftrace with stacks")
			}
		}
	}
	print "events lost, each round"
	for (key in lost) {
		print "  " key ":" lost[key]
		row("lost", key, "events a round:" lost[key], 0, "-")
	}
	print "stacks that had to be unwound, each round"
	for (key in unwound) print "  " key ":" unwound[key]
	print "bytes an event in dom0's capture, each round"
	for (key in size) print "  " key ":" size[key]
	print "from the map to its finding on screen:", lag == "" ? "not seen" : lag " ms"
	row("alert", "from the map to the screen, emulated", lag == "" ? "not seen" : lag " ms", 0, "-")
	for (tier in n_attach) {
		slow = median(attach, tier, n_attach[tier])
		gone = median(detach, tier, n_attach[tier])
		printf "attach, %s tier: %d ms emulated, detach %d ms; the handlers load in %s ms emulated, %s ms here", tier, slow, gone, load_ms, native
		printf load_ms && native ? sprintf(": about %d and %d ms\n", slow * native / load_ms, gone * native / load_ms) : "\n"
		row("attach", tier " tier, emulated", slow " ms", load_ms && native ? native / load_ms : 0, "to take it to the machine's own speed")
	}
	print "processes: resident memory after the loads, CPU ticks (10 ms) a round"
	for (key in rss) {
		printf "  %-34s %6.1f MB  %6.1f\n", key, rss[key] / 1024, cpu[key] / n_usage[key]
		row("resident", key, sprintf("%.1f MB", rss[key] / 1024), 0, "-")
	}
}
# Adds a row to the table at the end of tests/bench/run.
function row(part, what, figure, ratio, to) {
	if (ENVIRON["BENCH_ROWS"])
		printf "%s\t%s\t%s\t%s\t%s\n", part, what, figure, ratio ? sprintf("%.2f", ratio) : "-", to >> ENVIRON["BENCH_ROWS"]
}
