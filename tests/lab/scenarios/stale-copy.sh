# Late copies by gntdev and netback (lab run --modules): one by gntdev reaches blkfront's page and is a stale-copy, those by
# netback are refused. Copies in time are no finding and no blind spot.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# copies STACK: how many refs were copied successfully in calls with a matching stack, in dom0's capture
copies() {
	grantwatch dump "$OUT/save/local.gwc" | awk -v pattern="$1" '
		$1 == "stack" { wanted[$3] = $0 ~ pattern }
		/^[a-z]/ { inside = 0; if ($1 == "copy" && match($0, / stack [0-9]+/)) inside = wanted[substr($0, RSTART + 7, RLENGTH - 7)] }
		/^  op/ && inside && / status 0 / { n++ }
		END { print n + 0 }'
}

# bytes_of_copies: calls, refs and record bytes per ref of all copies in dom0's capture
bytes_of_copies() {
	grantwatch dump "$OUT/save/local.gwc" | awk '
		/^[a-z]/ { inside = $1 == "copy"; calls += inside }
		/^  op/ && inside { n++ }
		END { printf "%d calls with %d refs: %.1f bytes per ref\n", calls, n, n ? (calls * 56 + n * 16) / n : 0 }'
}

# --- gntdev, by repro

start_guests --extra "$GW_GUEST" --memory 512 --net
domid=$(guest_domid g1)
address=10.9.$domid

gw_watch g1
gw_repro g1 copy --repeat 5
gw_stop
gw_analyze
gw_clean
copied=$(copies 'gntdev_ioctl')
[ "$copied" = 160 ] || gw_by_kprobes || fail "$copied copied refs are recorded, not 160"
say "copies in time by gntdev: $(bytes_of_copies)"

gw_watch g1
gw_repro g1 copy-refused
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "copy-refused: exit status $gw_status, not 2"
expect "$(gw_finding stale-map-refused)" '"previous_owner":{"kind":"gntalloc"' "copy-refused"
[ -z "$(gw_finding stale-copy)" ] || fail "copy-refused: reports a stale-copy although Xen refused every copy"

rm -f /run/lab/recording
grantwatch record -v --flight 5 -o "$OUT/flight.gwc" --ready-file /run/lab/recording 2> "$OUT/flight.log" &
recorder=$!
retry 120 test -e /run/lab/recording || fail "record --flight did not begin: $(tail -n 2 "$OUT/flight.log" | tr '\n' ' ')"
gw_repro g1 copy-refused
sleep 1
kill -TERM $recorder
wait $recorder || fail "record --flight ended with $?"
grep -q 'a copy was refused: the last 5 s go into the capture' "$OUT/flight.log" ||
	fail "a refused copy did not trigger record --flight: $(tail -n 2 "$OUT/flight.log" | tr '\n' ' ')"

gw_watch g1
gw_repro g1 copy-late
gw_stop
gw_analyze
gw_report
[ "$gw_status" = 2 ] || fail "copy-late: exit status $gw_status, not 2"
finding=$(gw_finding stale-copy)
expect "$finding" '"owner":{"kind":"blkfront"' "copy-late"
expect "$finding" '"gui-daemon"' "copy-late"
[[ $finding =~ \"rule\":\"(owner|identity)\" ]] || fail "copy-late: no evidence by owner or identity: $finding"
gw_by_kprobes || expect "$finding" '"certainty":"proven"' "copy-late"
mv "$OUT/report.txt" "$OUT/report-gntdev.txt"

# --- netback

guest_run g1 "modprobe -q xen-netfront; ip link set eth0 up && ip addr add $address.2/24 dev eth0" || fail "the guest has no network"
retry 20 ip addr show "vif$domid.0" > /dev/null || fail "dom0 has no vif$domid.0"

# transfer BYTES: sends so many in each direction
transfer() {
	local listener
	# nc closes its half of the connection when its standard input ends, so the input stays open for longer than the transfer.
	nc -l -p 5001 < <(sleep 100) > /run/lab/received &
	listener=$!
	sleep 0.5
	guest_run g1 "head -c $1 /dev/zero | nc $address.1 5001" 90 || fail "the transfer from the guest ended with $?"
	wait "$listener" || true
	[ "$(stat -c %s /run/lab/received)" = "$1" ] || fail "$(stat -c %s /run/lab/received) bytes came from the guest, not $1"
	head -c "$1" /dev/zero | nc -l -p 5002 &
	listener=$!
	sleep 0.5
	guest_run g1 "exec 3<> /dev/tcp/$address.1/5002; head -c $1 <&3 | wc -c" 90 > "$OUT/received.txt" || true
	kill $listener 2> /dev/null || true
	[ "$(cat "$OUT/received.txt")" = "$1" ] || fail "$(cat "$OUT/received.txt") bytes came to the guest, not $1"
}

gw_watch g1
transfer 2000000
sleep 1
gw_stop
gw_analyze
gw_clean
copied=$(copies 'xen_netback')
say "copies in time by netback: $copied; $(bytes_of_copies)"
[ "$copied" -ge 900 ] || fail "only $copied copied refs by netback are recorded"

# --- netback, late: netfront frees buffers of its receive ring, and netback still copies packets to them. Xen refuses these
# copies, because the refs are not granted again before the packets come.

gw_watch g1
# After this transfer the capture has the grant of each buffer in the ring.
transfer 2000000
sleep 1
# netback takes the buffers in the order in which they were granted.
refs=$(grantwatch dump "$OUT/save/d$domid.gwc" | awk '
	$1 == "stack" { rx[$3] = /xennet_alloc_rx_buffers/ }
	$1 == "grant" || ($1 == "revoke" && / result ok/) { match($0, / ref [0-9]+/); ref = substr($0, RSTART + 5, RLENGTH - 5); delete live[ref] }
	$1 == "grant" && match($0, / stack [0-9]+/) && rx[substr($0, RSTART + 7, RLENGTH - 7)] { live[ref] = ++n }
	END { for (ref in live) print live[ref], ref }' | sort -n | awk 'NR <= 12 { printf "%s ", $2 }')
[ -n "$refs" ] || fail "no grant of a receive buffer is recorded"
guest_run g1 'insmod /run/gw/modules/netfront_gives_up.ko' > "$OUT/insmod.txt" || fail "insmod: $(head -n 1 "$OUT/insmod.txt")"
guest_run g1 "echo $refs > /sys/module/netfront_gives_up/parameters/refs" || fail "the module did not free netfront's refs $refs"
for ((packet = 0; packet < 100; packet++)); do
	echo x > "/dev/udp/$address.2/9"
	sleep 0.1
	! grep -q '"class":"stale-map-refused"' "$OUT/watch.json" || break
done
say "refs $refs freed, $packet packets sent"
gw_stop
gw_analyze
gw_report
mv "$OUT/report.txt" "$OUT/report-netback.txt"
[ "$gw_status" = 2 ] || fail "netback late: exit status $gw_status, not 2"
finding=$(gw_finding stale-map-refused)
expect "$finding" '"map_by":{"kind":"netback"' "netback late"
expect "$finding" '"previous_owner":{"kind":"netfront"' "netback late"
gw_by_kprobes || expect "$finding" '"certainty":"proven"' "netback late"
result ok
