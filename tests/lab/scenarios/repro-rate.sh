# How soon the race of repro hits, by the size of the window. A race costs the guest a disk, so it has many.
# Not in the plan of `make check`: it measures. Results in $OUT/rate.txt.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

letters=(d e f g h)
sizes=(1 16 64 128 256)
disks=()
for letter in "${letters[@]}"; do
	disks+=(--disk "format=raw,vdev=xvd$letter,access=r,script=/run/gw/lab/bin/block-hotplug,target=/dev/vdd")
done
start_guests --extra "$GW_GUEST" "${disks[@]}"

hits=0 rounds=0
for letter in "${letters[@]}"; do
	pages=${sizes[rounds % ${#sizes[@]}]}
	scenario=race
	[ $rounds -lt ${#sizes[@]} ] || scenario=race-killed
	rounds=$((rounds + 1))
	# In a shell of its own: a race that does not hit is a result here.
	(OUT=$OUT/$letter && mkdir "$OUT" && gw_repro g1 $scenario --pages "$pages" --disk "/dev/xvd$letter") && hits=$((hits + 1))
	echo "$scenario, $pages pages: $(grep -h 'map retry\|granter lost' "$OUT/$letter/repro-mapper.txt" | sed 's/  */ /g')" |
		tee -a "$OUT/rate.txt"
done
say "$hits of $rounds hit"
echo "$hits of $rounds hit" >> "$OUT/rate.txt"
[ $hits = $rounds ] || fail "$hits of $rounds hit"
result ok
