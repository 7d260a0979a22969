# The recorders of dom0 and of a guest end under load, once by SIGTERM and once by SIGKILL, and others begin. Blind spots are the
# times without a record and the unmaps missed in them. A race whose window was granted before both restarts is proven.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

recorder='' gw_mapper=''
trap 'for pid in $recorder $gw_mapper; do kill -KILL "$pid" 2> /dev/null; done' EXIT

here=$OUT/d0.gwc
steps='granter grant 128; granter tell; mapper cue granted; mapper await go 300; mapper arm each; granter free;
	granter read; mapper map retry 60; granter lost; mapper !check; mapper unmap; granter idle'

# begin: starts both recorders. Their files are those of a rotation, so the older ones stay.
begin() {
	rm -f /run/lab/recording
	guest_run g1 'rm -f /run/recording
		setsid grantwatch record -q -o /run/g.gwc --rotate 64M,4 --ready-file /run/recording < /dev/null > /run/log 2>&1 &
		echo $! > /run/recorder'
	retry 120 guest_run g1 'test -e /run/recording' || fail "the guest's recorder did not begin: $(guest_run g1 'cat /run/log')"
	grantwatch record -q -o "$here" --rotate 64M,4 --ready-file /run/lab/recording &
	recorder=$!
	retry 120 test -e /run/lab/recording || fail "dom0's recorder did not begin"
}

# end HERE THERE: the signals which end dom0's recorder and the guest's
end() {
	kill "-$1" "$recorder"
	wait "$recorder" || [ "$1" = KILL ] || fail "dom0's recorder ended with $?"
	recorder=
	guest_run g1 "kill -$2 \$(cat /run/recorder); while [ -d /proc/\$(cat /run/recorder) ]; do sleep 0.1; done"
}

# analyzed NAME: analyzes all captures so far, of which the guest's are copied. Sets status.
analyzed() {
	local n
	guest_get g1 /run/g.gwc "$OUT/d1.gwc"
	for n in 1 2; do
		guest_run g1 "test -e /run/g.gwc.$n" > /dev/null && guest_get g1 "/run/g.gwc.$n" "$OUT/d1.gwc.$n"
	done
	status=0
	grantwatch analyze -j "$here"* "$OUT"/d1.gwc* > "$OUT/$1.json" 2> "$OUT/$1.log" || status=$?
	say "$1: $status, $(tail -n 1 "$OUT/$1.json" | grep -o '"findings".*')"
}

guest_start g1 --extra "$GW_GUEST"
guest_spawn g1 'while true; do dd if=/dev/xvdb of=/dev/null bs=44k count=40 iflag=direct 2> /dev/null; done' > /dev/null
begin
gw_begin_steps g1 "$steps" --disk /dev/xvdb
gw_await_cue granted
end TERM KILL
begin
sleep 2
end KILL TERM
analyzed clean
[ $status = 3 ] || fail "without a race: exit status $status, not 3"
clean=$(tail -n 1 "$OUT/clean.json")
expect "$clean" '"findings":{}' "findings without a race"
blind=$(sed -n 's/.*"blind":\[\([^]]*\)\].*/\1/p' <<< "$clean" | sed 's/","/"\n"/g')
say "blind: $(tr '\n' ' ' <<< "$blind")"
for domain in d0 "d$(guest_domid g1)"; do
	expect "$blind" "\"$domain: nothing was recorded for " "blind spots"
done
# An unmap in such a time is missing.
expected='nothing was recorded for |cut short: the recorder did not end it|handles were given out again without a recorded unmap'
! grep -vE "$expected" <<< "$blind" || fail "another blind spot: $(grep -vE "$expected" <<< "$blind" | head -n 1)"

begin
touch "$gw_cues/go"
gw_end_steps g1
# The load does not end: its disk is lost.
sleep 1
end TERM TERM
analyzed race
[ $status = 2 ] || fail "with a race: exit status $status, not 2"
finding=$(grep '"class":"stale-map"' "$OUT/race.json" | head -n 1)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$finding" '"owner":{"kind":"blkfront"' "owner"
result ok
