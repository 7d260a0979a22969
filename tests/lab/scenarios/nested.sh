# A call in an interrupt while the program for such calls is running: the kernel does not enter it again, a second program
# takes over.
# shellcheck shell=bash disable=SC2016 # the guest's own variables
. /run/gw/lab-tests/gw-lib.sh

start_guests --extra "$GW_GUEST" --memory 512 --net
domid=$(guest_domid g1)
address=10.9.$domid
guest_run g1 "modprobe -q xen-netfront; ip link set eth0 up && ip addr add $address.2/24 dev eth0" || fail "the guest has no network"
retry 20 ip addr show "vif$domid.0" > /dev/null || fail "dom0 has no vif$domid.0"
guest_run g1 'setsid grantwatch record -v --tier btf -o /run/nested.gwc --ready-file /run/ready > /run/log 2>&1 & echo $! > /run/pid
	until [ -e /run/ready ]; do sleep 0.2; done' 120 || fail "record does not begin in the guest"

# Its standard input may not end before the transfer does: nc would close its half, and the other one give up.
nc -l -p 5001 < <(sleep 100) > /run/lab/received &
listener=$!
sleep 0.5
# A guest that does nothing else waits for its interrupts, and is in no program when they come: this one grants all the while.
load=$(guest_spawn g1 'while [ -e /run/ready ]; do grantwatch repro storm --pages 200 --repeat 20 --every 20; done > /run/load 2>&1')
guest_run g1 "head -c 4000000 /dev/zero | nc $address.1 5001" 90 || fail "the transfer ended with $?"
wait "$listener" || true
guest_run g1 'rm /run/ready' > /dev/null
guest_join g1 "$load" 60 > /dev/null || fail "the load: $(guest_run g1 'tail -n 2 /run/load')"
[ "$(stat -c %s /run/lab/received)" = 4000000 ] || fail "$(stat -c %s /run/lab/received) bytes came through the network"

sleep 1
# read while the map is there; [MAP] of one CPU: { "covered": [N,N,...] }
covered=$(guest_run g1 'bpftool map dump name nest' | tr -d ' \n' | grep -o '"covered":\[[0-9,]*\]' | tr -c '0-9\n' ' ' |
	awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n + 0 }')
guest_run g1 'kill -TERM $(cat /run/pid); while [ -d /proc/$(cat /run/pid) ]; do sleep 0.2; done; cat /run/log' > "$OUT/record.log"
guest_get g1 /run/nested.gwc "$OUT/nested.gwc"
lost=$(grantwatch dump "$OUT/nested.gwc" | awk '/^loss / { for (i = 2; i < NF; i += 2) if ($i == "count") n += $(i + 1) } END { print n + 0 }')
say "$covered calls were taken over, $lost lost: $(tail -n 1 "$OUT/record.log")"
[ "$covered" -ge 20 ] || fail "only $covered calls came in interrupts: the load was none"
[ $((lost * 10)) -le "$covered" ] || fail "$lost events were lost"
result ok
