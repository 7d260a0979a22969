# gntdev is loaded, unloaded and loaded again while the recorder runs: the recorder probes it, and the gaps are blind spots.
# Attaching and detaching are fast enough, SIGTERM ends a recorder which is attaching, and SIGKILL leaves no probe behind.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

ms() { echo $((($(date +%s%N) - $1) / 1000000)); }
has() { grep -qE -- "$2" "$1" || fail "${1##*/} has no line like: $2"; }

# arms FILE: how many refs were announced
arms() { awk '/^[a-z]/ { inside = $1 == "arm" } /^  op/ && inside { n++ } END { print n + 0 }' "$1"; }

# probed FILE FUNCTION: the states of the function's probe, in order
probed() { sed -n "s/^probe .*state \([a-z]*\) events .* name $2 .*/\1/p" "$1" | tr '\n' ' '; }

start_guests
domid=$(guest_domid g1)

# --- gntdev is loaded during a watch
guest_run g1 'rmmod xen_gntdev && [ ! -e /sys/module/xen_gntdev ]' > /dev/null || fail "g1's gntdev is in use"
gw_watch g1
# A command for the guest: waits until gntdev's functions are probed, and three seconds for the recorder to write this down.
probed='until grep -q gntdev_release /sys/kernel/tracing/enabled_functions; do sleep 0.5; done; sleep 3'
guest_run g1 "modprobe xen-gntdev && $probed && grantwatch repro clean" 120 > "$OUT/repro.txt" || fail "repro: $(tail -n 1 "$OUT/repro.txt")"
sleep 4
gw_stop
gw_analyze
grantwatch dump "$OUT/save/d$domid.gwc" > "$OUT/late.txt"
# The tiers which this kernel supports, and the function in which the first one records announcements.
tiers='btf kprobe' probe=gntdev_add_map
! gw_by_kprobes || tiers=kprobe probe=gntdev_ioctl
[ "$(probed "$OUT/late.txt" $probe)" = "missing missing attached " ] || fail "states of the probe on $probe: $(probed "$OUT/late.txt" $probe)"
[ "$(arms "$OUT/late.txt")" -gt 0 ] || fail "no announcement was recorded after gntdev was loaded"
expect "$(tail -n 1 "$OUT/live.json")" "d$domid: $probe was not probed for" "blind spot for the gap"
! tail -n 1 "$OUT/live.json" | grep -q 'has no probes' || fail "Xen's trace: the report says that d$domid has no probes"

# --- gntdev is unloaded and loaded again while kprobes are attached, which do not prevent unloading
id=$(guest_spawn g1 'grantwatch record --tier kprobe -o /run/k.gwc --ready-file /run/k.ready 2> /run/k.log & r=$!
	until [ -e /run/k.ready ] || ! kill -0 $r; do sleep 0.2; done
	rmmod xen_gntdev && sleep 3 && modprobe xen-gntdev && '"$probed"' && grantwatch repro clean
	kill $r; wait $r')
guest_join g1 "$id" 150 > "$OUT/kprobe.log" || fail "kprobes: $(tail -n 1 "$OUT/kprobe.log")"
guest_get g1 /run/k.gwc "$OUT/kprobe.gwc"
grantwatch dump "$OUT/kprobe.gwc" > "$OUT/kprobe.txt"
[ "$(probed "$OUT/kprobe.txt" gntdev_ioctl)" = "attached missing missing attached " ] ||
	fail "kprobes: states of the probe on gntdev_ioctl: $(probed "$OUT/kprobe.txt" gntdev_ioctl)"
[ "$(arms "$OUT/kprobe.txt")" -gt 0 ] || fail "kprobes: no announcement was recorded after gntdev was loaded again"
grantwatch analyze "$OUT/kprobe.gwc" > "$OUT/kprobe.report" || true
has "$OUT/kprobe.report" 'gntdev_ioctl was not probed for'

# --- attach, detach, SIGKILL
functions() { wc -l < /sys/kernel/tracing/enabled_functions; }
programs() { cat /proc/[0-9]*/fdinfo/* 2> /dev/null | grep -c '^prog_id:'; }
before=$(functions)
nothing_probed() { [ "$(functions)" = "$before" ]; }
# In ms of virtual time: a fifth more than a dom0 with Linux 6.1 takes
declare -A attach_limit=([btf]=4100 [kprobe]=2300)

# stop_early SECONDS STATUS ARGUMENT...: fails unless grantwatch, with SIGTERM SECONDS after its start, ends with STATUS
stop_early() {
	local delay=$1 expected=$2 status=0 began took pid
	shift 2
	grantwatch "$@" > /run/lab/early.out 2> /run/lab/early.log & pid=$!
	sleep "$delay"
	began=$(date +%s%N)
	kill -TERM $pid
	wait $pid || status=$?
	took=$(ms "$began")
	say "$1, SIGTERM after $delay s: status $status in $took ms: $(tail -n 1 /run/lab/early.log)"
	[ "$took" -lt 1000 ] || fail "$1 took $took ms to end"
	[ $status = "$expected" ] || fail "$1, SIGTERM while attaching: exit status $status, not $expected"
	grep -q 'stopped while attaching: nothing was recorded' /run/lab/early.log ||
		fail "$1 did not print that it was stopped while attaching: $(tail -n 1 /run/lab/early.log)"
	retry 20 nothing_probed || fail "$1, SIGTERM while attaching: leaves $(($(functions) - before)) functions probed"
}

# The guest still removes its kprobes, and a busy guest makes dom0 slower (tests/lab/README.md).
sleep 10
for tier in $tiers; do
	rm -f /run/lab/ready
	began=$(date +%s%N)
	grantwatch record -v --force --tier $tier -o /run/lab/own.gwc --ready-file /run/lab/ready 2> /run/lab/own.log & recorder=$!
	retry 120 test -e /run/lab/ready || fail "record --tier $tier did not begin: $(tail -n 1 /run/lab/own.log)"
	cp /run/lab/own.log "$OUT/attach-$tier.log"
	attach=$(ms "$began")
	[ "$attach" -lt "${attach_limit[$tier]}" ] || fail "tier $tier: attached in $attach ms, not in ${attach_limit[$tier]} ms"
	[ "$(functions)" -gt "$before" ] || fail "tier $tier: the kernel lists no probed function"
	began=$(date +%s%N)
	kill -TERM $recorder
	wait $recorder || fail "record --tier $tier ended with $?"
	say "tier $tier: attached in $attach ms, ended in $(ms "$began") ms"
	retry 20 nothing_probed || fail "tier $tier leaves $(($(functions) - before)) functions probed"

	rm -f /run/lab/ready
	grantwatch record --force --tier $tier -o /run/lab/own.gwc --ready-file /run/lab/ready 2> /run/lab/own.log & recorder=$!
	retry 120 test -e /run/lab/ready || fail "record --tier $tier did not begin: $(tail -n 1 /run/lab/own.log)"
	kill -KILL $recorder
	wait $recorder || true
	retry 20 nothing_probed || fail "SIGKILL of tier $tier leaves $(($(functions) - before)) functions probed"
	[ "$(programs)" = 0 ] || fail "SIGKILL of tier $tier leaves BPF programs"
	status=0
	grantwatch dump /run/lab/own.gwc > "$OUT/killed-$tier.txt" || status=$?
	[ $status = 0 ] || [ $status = 3 ] || fail "dump of the killed recorder's capture ended with $status"
	has "$OUT/killed-$tier.txt" '^mark '

	# SIGTERM while it reads symbols, loads programs, attaches them
	for delay in 0.2 0.7 1.2; do
		stop_early $delay 1 record --force --tier $tier -o /run/lab/own.gwc
		stop_early $delay 3 watch --tier $tier
	done
done
result ok
