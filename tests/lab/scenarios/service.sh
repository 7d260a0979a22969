# grantwatch's units under systemd in dom0 and a guest (lab run --systemd): they restart when killed or hung and keep captures.
# The monitor finds the race, which is no failure of its unit.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

unit=grantwatch-record
in_guest() { guest_run g1 "systemctl show -P $1 $unit"; }

# started_again COUNT SECONDS: waits until the guest's recorder is ready after so many restarts
started_again() {
	guest_run g1 "until [ \"\$(systemctl show -P NRestarts -P ActiveState $unit | tr '\\n' ' ')\" = '$1 active ' ]; do sleep 2; done" "$2"
}
guest_fails() { fail "$1: $(guest_run g1 "systemctl status -n 20 $unit; journalctl -q -n 20 -o cat" | tail -n 40)"; }

start_guests --extra "$GW_GUEST"
domid=$(guest_domid g1)
trap 'journalctl -q -u grantwatch-monitor > "$OUT/journal.txt"; cp -r /var/log/grantwatch "$OUT/results"' EXIT

# --- the recorder in the guest, with the file that is installed and one of its lines changed

guest_run g1 "grantwatch help --config | sed 's/^#rotate = .*/rotate = 64K,4/' > /etc/grantwatch.conf
	grep -q '^rotate' /etc/grantwatch.conf && systemctl start $unit" 120 || guest_fails "the recorder does not start"
guest_run g1 "test -s /var/log/grantwatch/record.gwc" || guest_fails "the unit is ready, but there is no capture"
say "recorder: $(in_guest ActiveState)"

guest_run g1 "systemctl kill -s KILL $unit"
started_again 1 60 || guest_fails "not started again after SIGKILL"
guest_run g1 "systemctl kill -s STOP $unit"
started_again 2 150 || guest_fails "not started again when it hung"
[ "$(in_guest Result)" = success ] || guest_fails "the result is $(in_guest Result)"
say "restarts: $(guest_run g1 'ls /var/log/grantwatch' | tr '\n' ' ')"

# --- the monitor in dom0

cat > /etc/grantwatch.conf <<- END
	[watch]
	source = $domid=env PATH=$PATH lab-stream g1 'grantwatch record -q -o -'
END
systemctl start grantwatch-monitor || fail "the monitor does not start: $(systemctl status -n 20 grantwatch-monitor)"
[ "$(systemctl is-active grantwatch-monitor)" = active ] || fail "the monitor is $(systemctl is-active grantwatch-monitor)"
gw_repro g1 race
retry 20 grep -q '"class":"stale-map"' /var/log/grantwatch/current/report.ndjson || fail "the monitor has no finding"
systemctl stop grantwatch-monitor

# A finding is no failure of the unit, and it was started once. systemd keeps the state of units which failed only.
[ "$(systemctl is-failed grantwatch-monitor)" = inactive ] || fail "the monitor is $(systemctl is-failed grantwatch-monitor)"
starts=$(journalctl -q -u grantwatch-monitor | grep -c "Starting grantwatch-monitor") || true
[ "$starts" = 1 ] || fail "the monitor was started $starts times"
finding=$(grep '"class":"stale-map"' /var/log/grantwatch/report.ndjson | head -n 1)
expect "$finding" '"certainty":"proven"' "stale-map"
expect "$(journalctl -q -u grantwatch-monitor)" "grantwatch: watching 2 domains" "the monitor's messages"
! journalctl -q -u grantwatch-monitor | grep "error:" || fail "the monitor has logged an error"
expect "$(journalctl -q -o json GRANTWATCH_CLASS=stale-map)" '"GRANTWATCH_CERTAINTY":"proven"' "the journal"

# --- the guest's captures: one for each start, of which two were killed

guest_run g1 "systemctl stop $unit" 30 || guest_fails "the recorder does not stop"
[ "$(in_guest Result)" = success ] || guest_fails "the result is $(in_guest Result)"
for file in record.gwc record.gwc.1 record.gwc.2; do
	guest_get g1 "/var/log/grantwatch/$file" "$OUT/$file"
	grantwatch dump "$OUT/$file" > "$OUT/$file.txt" || fail "$file cannot be read"
done
expect "$(grantwatch dump "$OUT/record.gwc" | tail -n 3)" 'end' "the last capture"
result ok
