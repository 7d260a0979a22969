# Network and disk of one guest run at the same time: no finding and no blind spot. A race beside a busy network is proven, and the
# disk's driver is the owner.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# load: starts reads of the disk and a stream of packets to dom0 until unload
load() {
	nc -l -p 5001 > /dev/null < <(sleep 600) & listener=$!
	sleep 0.5
	disk=$(guest_spawn g1 'until [ -e /run/stop ]; do dd if=/dev/xvdb of=/dev/null bs=44k count=40 iflag=direct 2> /dev/null; done')
	net=$(guest_spawn g1 "while head -c 20000 /dev/zero && sleep 0.05 && [ ! -e /run/stop ]; do :; done | nc $address.1 5001")
}
unload() {
	guest_run g1 'touch /run/stop'
	guest_join g1 "$disk" 60 > /dev/null
	guest_join g1 "$net" 60 > /dev/null || true
	kill $listener 2> /dev/null || true
	guest_run g1 'rm -f /run/stop'
}

start_guests --extra "$GW_GUEST" --net
domid=$(guest_domid g1) address=10.9.$domid
guest_run g1 "modprobe -q xen-netfront; ip link set eth0 up && ip addr add $address.2/24 dev eth0" || fail "the guest has no network"
retry 20 ip addr show "vif$domid.0" > /dev/null || fail "dom0 has no vif$domid.0"

gw_watch g1
load
gw_repro g1 clean --repeat 3
unload
sleep 1
gw_stop
gw_analyze
expect "$(tail -n 1 "$OUT/live.json")" '"findings":{}' "findings"
gw_clean

gw_watch g1
load
gw_repro g1 race
# The load does not end: its disk is lost.
sleep 1
gw_stop
gw_analyze
[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding stale-map)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
result ok
