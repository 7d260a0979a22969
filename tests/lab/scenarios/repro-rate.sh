# Measures how soon repro's race reaches a page of the disk, by the size of the window. Each race costs the guest a disk, so
# it has several. In no plan; results are in $OUT/rate.txt.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

letters=(d e f g h)
sizes=(1 16 64 128 256)
disks=()
for letter in "${letters[@]}"; do
	disks+=(--disk "format=raw,vdev=xvd$letter,access=r,script=/run/gw/lab/bin/block-hotplug,target=$payload_disk")
done
start_guests --extra "$GW_GUEST" "${disks[@]}"

hits=0 rounds=0
for letter in "${letters[@]}"; do
	pages=${sizes[rounds % ${#sizes[@]}]}
	scenario=race
	[ $rounds -lt ${#sizes[@]} ] || scenario=race-killed
	rounds=$((rounds + 1))
	# In a subshell, so that a race without a hit does not end this scenario.
	(OUT=$OUT/$letter && mkdir "$OUT" && gw_repro g1 $scenario --pages "$pages" --disk "/dev/xvd$letter") && hits=$((hits + 1))
	echo "$scenario, $pages pages: $(grep -h 'map retry\|granter lost' "$OUT/$letter/repro-mapper.txt" | sed 's/  */ /g')" |
		tee -a "$OUT/rate.txt"
done
say "$hits of $rounds hit"
echo "$hits of $rounds hit" >> "$OUT/rate.txt"
[ $hits = $rounds ] || fail "$hits of $rounds hit"
result ok
