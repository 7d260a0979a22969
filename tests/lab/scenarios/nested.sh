# A grant operation in an interrupt while the probe's program already runs on the CPU: the kernel does not run the program
# twice at a time, and a second program records the operation.
# shellcheck shell=bash disable=SC2016 # the guest's own variables
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST" --memory 512 --net
domid=$(guest_domid g1)
address=10.9.$domid
guest_run g1 "modprobe -q xen-netfront; ip link set eth0 up && ip addr add $address.2/24 dev eth0" || fail "the guest has no network"
retry 20 ip addr show "vif$domid.0" > /dev/null || fail "dom0 has no vif$domid.0"
guest_run g1 'setsid grantwatch record -v --tier btf -o /run/nested.gwc --ready-file /run/ready > /run/log 2>&1 & echo $! > /run/pid
	until [ -e /run/ready ]; do sleep 0.2; done' 120 || fail "record does not begin in the guest"

# nc closes its half of the connection when its standard input ends, so the input stays open for longer than the transfer.
nc -l -p 5001 < <(sleep 100) > /run/lab/received &
listener=$!
sleep 0.5
# Interrupts of an idle guest never meet a running program. So this guest grants pages during the transfer.
load=$(guest_spawn g1 'while [ -e /run/ready ]; do grantwatch repro storm --pages 200 --repeat 20 --every 20; done > /run/load 2>&1')
guest_run g1 "head -c 4000000 /dev/zero | nc $address.1 5001" 90 || fail "the transfer ended with $?"
wait "$listener" || true
guest_run g1 'rm /run/ready' > /dev/null
guest_join g1 "$load" 60 > /dev/null || fail "the load failed: $(guest_run g1 'tail -n 2 /run/load')"
[ "$(stat -c %s /run/lab/received)" = 4000000 ] || fail "$(stat -c %s /run/lab/received) bytes came through the network, not 4000000"

sleep 1
# The BPF map exists only while the recorder runs. It has one element: { "covered": [N,N,...] }
covered=$(guest_run g1 'bpftool map dump name nest' | tr -d ' \n' | grep -o '"covered":\[[0-9,]*\]' | tr -c '0-9\n' ' ' |
	awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n + 0 }')
guest_run g1 'kill -TERM $(cat /run/pid); while [ -d /proc/$(cat /run/pid) ]; do sleep 0.2; done; cat /run/log' > "$OUT/record.log"
guest_get g1 /run/nested.gwc "$OUT/nested.gwc"
lost=$(grantwatch dump "$OUT/nested.gwc" | awk '/^loss / { for (i = 2; i < NF; i += 2) if ($i == "count") n += $(i + 1) } END { print n + 0 }')
say "the second program recorded $covered operations, $lost events lost: $(tail -n 1 "$OUT/record.log")"
[ "$covered" -ge 20 ] || fail "the second program recorded only $covered operations: the load is too small for this test"
# A call has its earliest time if the first program was skipped for its entry, too.
missed=$(grantwatch dump "$OUT/nested.gwc" | grep -cE '^(grant|revoke) .* flags 0x[4-7] ') || true
say "$missed operations have no recorded entry"
[ $((missed * 10)) -le "$covered" ] || fail "$missed operations have no recorded entry, $covered recorded by the second program"
[ $((lost * 10)) -le "$covered" ] || fail "$lost events lost, $covered recorded by the second program"
result ok
