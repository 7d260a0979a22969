# Two runs of the race, each with a new guest, have the same findings with the same fingerprints and certainties. Only one may
# differ: whether the daemon also tried to map a ref while it was free.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# run NAME: plays the race in a new guest; its findings go to $OUT/NAME.txt, one on each line
run() {
	start_guests --extra "$GW_GUEST"
	gw_watch g1
	gw_repro g1 race
	sleep 1
	gw_stop
	gw_analyze
	[ "$gw_status" = 2 ] || fail "$1: exit status $gw_status, not 2"
	guest_stop g1
	grep '"type":"finding"' "$OUT/live.json" | grep -v '"class":"stale-map-refused"' | sed 's/.*"class":"\([^"]*\)","certainty":"\([^"]*\)".*"fingerprint":"\([^"]*\)".*/\1 \2 \3/' |
		sort > "$OUT/$1.txt"
	say "$1: $(tr '\n' ';' < "$OUT/$1.txt")"
}

run first
run second
grep -q '^stale-map proven ' "$OUT/first.txt" || fail "the first run has no proven stale-map"
diff "$OUT/first.txt" "$OUT/second.txt" > "$OUT/diff.txt" || fail "the runs differ: $(tr '\n' ';' < "$OUT/diff.txt")"
result ok
