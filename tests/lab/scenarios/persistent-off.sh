# A guest with persistent grants, then two without: compare reports that blkfront ends its grants in the later run. Two runs with
# the same setting have no difference.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder=
trap '[ -z "$recorder" ] || kill -KILL "$recorder" 2> /dev/null' EXIT

# run NAME [OPTION]...: records dom0 and a new guest during a fixed number of reads, into $OUT/NAME
run() {
	local name=$1 status=0
	shift
	mkdir -p "$OUT/$name"
	guest_start g1 "$@"
	rm -f /run/lab/recording
	grantwatch record -q -o "$OUT/$name/d0.gwc" --ready-file /run/lab/recording & recorder=$!
	guest_run g1 'setsid grantwatch record -q -o /run/g.gwc --ready-file /run/ready < /dev/null > /run/log 2>&1 &
		until [ -e /run/ready ]; do sleep 0.2; done' 120 || fail "$name: record did not begin in the guest"
	retry 120 test -e /run/lab/recording || fail "$name: record did not begin in dom0"
	guest_run g1 'for i in 1 2 3 4 5 6; do dd if=/dev/xvdb of=/dev/null bs=44k count=60 iflag=direct 2> /dev/null; done' 120 ||
		fail "$name: the reads ended with $?"
	gw_repro g1 clean --repeat 3
	kill -TERM $recorder
	wait $recorder || fail "$name: record ended with $?"
	recorder=
	guest_run g1 'pkill -TERM -x grantwatch; while pgrep -x grantwatch > /dev/null; do sleep 0.1; done' || true
	guest_get g1 /run/g.gwc "$OUT/$name/d1.gwc"
	guest_stop g1
	grantwatch analyze -j "$OUT/$name"/*.gwc > "$OUT/$name.json" || status=$?
	gw_clean $status "$(tail -n 1 "$OUT/$name.json")"
}

# compared OLD NEW STATUS: compares two runs; fails unless the exit status is STATUS
compared() {
	local status=0
	grantwatch compare -j "$OUT/$1" "$OUT/$2" > "$OUT/$1-$2.json" || status=$?
	grantwatch compare "$OUT/$1" "$OUT/$2" > "$OUT/$1-$2.txt" || true
	say "compare $1 $2: $status, $(tail -n 1 "$OUT/$1-$2.json")"
	[ $status = "$3" ] || fail "compare $1 $2 ended with $status, not $3: $(grep '"worse"' "$OUT/$1-$2.json" | tr '\n' ' ')"
}

run on
run off --extra "$GW_GUEST"
run off-too --extra "$GW_GUEST"

compared on off 2
expect "$(tail -n 1 "$OUT/on-off.json")" '"persistent_grants_gone":true' "on, off"
expect "$(cat "$OUT/on-off.txt")" "blkfront kept its grants in the old run and ends them in the new one" "on, off"
# The reads are the same, so blkfront makes far more grants, which is more work and not worse by itself.
grants=$(grep '"what":"blkfront grants"' "$OUT/on-off.json") || fail "compare has no rate of blkfront's grants"
expect "$grants" '"change":"more"' "blkfront's grants"
old=$(grep -o '"old_count":[0-9]*' <<< "$grants" | cut -d: -f2) new=$(grep -o '"new_count":[0-9]*' <<< "$grants" | cut -d: -f2)
[ "$new" -ge $((1000 + 10 * old)) ] || fail "blkfront made $old grants with persistent grants, $new without: the setting had no effect"
compared off off-too 0
expect "$(tail -n 1 "$OUT/off-off-too.json")" '"persistent_grants_gone":false' "off, off"
compared off on 0
expect "$(tail -n 1 "$OUT/off-on.json")" '"persistent_grants_gone":false' "off, on"
result ok
