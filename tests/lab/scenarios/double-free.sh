# A module in the guest frees a ref twice (lab run --modules): the kernel grants it to two owners, and the report proves
# both faults.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

start_guests
guest_run g1 'insmod /run/gw/modules/9pnet_xen.ko' > "$OUT/insmod.txt" || fail "insmod: $(head -n 1 "$OUT/insmod.txt")"
gw_watch g1
guest_run g1 'echo 1 > /sys/module/9pnet_xen/parameters/twice' || fail "the module did not free a ref twice: no memory"
guest_run g1 'dmesg | grep "double free of ref"' > "$OUT/dmesg.txt" || fail "the module printed nothing"
gw_stop
gw_analyze
gw_report
line=$(< "$OUT/dmesg.txt")
say "$line"
[[ $line =~ of\ ref\ ([0-9]+):\ granted\ as\ ([0-9]+)\ and\ as\ ([0-9]+) ]] || fail "unexpected message of the module: $line"
ref=${BASH_REMATCH[1]}
[ "${BASH_REMATCH[2]}:${BASH_REMATCH[3]}" = "$ref:$ref" ] || fail "the kernel did not grant ref $ref twice: $line"

[ "$gw_status" = 2 ] || fail "exit status $gw_status, not 2"
finding=$(gw_finding double-free)
expect "$finding" '"certainty":"proven"' "double-free"
expect "$finding" "\"ref\":$ref," "double-free"
expect "$finding" '"count":1,' "double-free"
expect "$finding" '"owner":{"kind":"9pfront"' "double-free"
finding=$(gw_finding double-grant)
expect "$finding" '"certainty":"proven"' "double-grant"
expect "$finding" "\"ref\":$ref," "double-grant"
expect "$finding" '"count":1,' "double-grant"
guest_run g1 'dd if=/dev/xvdb of=/dev/null bs=64k count=64 iflag=direct status=none' || fail "the guest cannot read its disk afterwards"
result ok
