#!/bin/bash
# The systemd units: their configuration file, systemd's checks, the filter of system calls, and sd_notify messages. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
has() { grep -qE -e "$1" "$2"; }

# --- the configuration file

# says TEXT: watch exits with 1 because of the file, and its error contains TEXT
says() {
	local status=0
	timeout 60 "$gw" watch --no-local --config "$out/conf" -d 1 > "$out/stdout" 2> "$out/stderr" < /dev/null || status=$?
	[ $status = 1 ] && grep '^grantwatch: error: ' "$out/stderr" | grep -qF -e "$1" || { echo "ended with $status"; cat "$out/stderr"; return 1; }
}
conf() { printf '%s\n' "$@" > "$out/conf"; }

for d in d0 d1; do xz -dc "tests/captures/race/$d.gwc.xz" > "$out/$d.gwc"; done
conf '# a comment' '; another' '[record]' 'rotate = 1M,2' '[watch]' "source = 0=cat $out/d0.gwc" "  source=1=sh -c 'cat $out/d1.gwc ; true # not a comment'  " \
	'no-local = yes' 'quiet-not-set = 1'
try "config: an unknown option is an error" says "conf:9: watch has no option 'quiet-not-set'"
sed -i '$d' "$out/conf"
echo "json = yes" >> "$out/conf"
"$gw" watch --config "$out/conf" > "$out/report" 2> "$out/stderr"
is "config: sources are used, and the race is found" "$?" 2
try "config: the flag json is used" has '"class":"stale-map","certainty":"proven"' "$out/report"
"$gw" watch --config "$out/conf" --format tap > "$out/report" 2> "$out/stderr"
try "config: later options of the command line are used" test -s "$out/report"
conf '[watch]' 'soft = no' 'duration = 1h'
timeout 60 "$gw" watch --no-local --config "$out/conf" -d 1s -s "0=cat $out/d0.gwc" > /dev/null 2> "$out/stderr"
try "config: later options of the command line replace those of the file" [ $? != 124 ]
conf '[watch]' 'sorce = 5=true'
try "config: a misspelt option gets a suggestion" says "conf:2: watch has no option 'sorce': did you mean source?"
conf '[wacth]'
try "config: an unknown section is an error" says 'conf:1: a section is [ci], [record] or [watch]'
conf 'soft = yes'
try "config: an option before a section is an error" says 'conf:1: an option before the first section'
conf '[watch]' soft
try "config: an option without a value is an error" says "conf:2: takes 'option = value'"
conf '[watch]' 'soft = perhaps'
try "config: a flag takes only yes or no" says "conf:2: soft takes yes or no, not 'perhaps'"
conf '[watch]' 'duration = 1x'
try "config: an invalid value is an error" says "watch: --duration takes seconds"
try "config: an invalid value: the error has the line" has 'conf:2: the line is not usable' "$out/stderr"
rm "$out/conf"
try "config: a missing file is an error" says "conf: No such file"
"$gw" help --config > "$out/conf"
for command in ci record watch; do
	for option in $("$gw" "$command" --help | sed -nE 's/^  (-., |    )--([a-z0-9-]+).*/\2/p' | grep -vxE 'help|verbose|quiet|config'); do
		try "help --config has the option $option of $command" sh -c 'sed -n "/^\[$2\]/,/^\[/p" "$1" | grep -q "^#$3 = "' - "$out/conf" "$command" "$option"
	done
done
without=$("$gw" watch -j --no-local -s "0=cat $out/d0.gwc" 2> "$out/stderr" | tail -n 1)
is "help --config: the file changes nothing" "$("$gw" watch --no-local --config "$out/conf" -j -s "0=cat $out/d0.gwc" 2> "$out/stderr" | tail -n 1)" "$without"

# --- systemd's checks of the units

make --no-print-directory units PREFIX=/usr
for unit in build/systemd/*.service; do
	name=$(basename "$unit")
	systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>&1 | grep -F "$name" | grep -v 'is not executable' > "$out/verify"
	try "$name: systemd accepts every line" test ! -s "$out/verify"
	case $name in *monitor*) most=25 ;; *) most=22 ;; esac
	try "$name: systemd's exposure level is at most $most tenths" systemd-analyze security --no-pager --offline=true --threshold=$most "$unit"
	try "$name: no condition that would exclude dom0" sh -c '! grep -q "^ConditionVirtualization" "$1"' - "$unit"
	grep -oE '^ExecStart=.*' "$unit" | grep -oE -e '(^|[ =])--[a-z-]+' | tr -d ' =' | sort -u > "$out/options"
	command=$(sed -nE 's/^ExecStart=[^ ]*grantwatch ([a-z]+) .*/\1/p' "$unit")
	try "$name: options of its command exist" sh -c 'for option in $(grep -v -e "--journal" "$3"); do "$1" "$2" --help | grep -q -e " $option " || { echo "$option"; exit 1; }; done' - "$gw" "$command" "$out/options"
done

# --- system calls of the monitor. Those of a recorder need Xen and are not tested.

# Names of system calls, with systemd's groups expanded
calls() { # NAME...
	local name
	for name; do
		case $name in
		@*)
			# shellcheck disable=SC2046 # words
			calls $(systemd-analyze syscall-filter "$name" | sed -n 's/^ \+\([@a-z0-9_-]*\)$/\1/p')
			;;
		*) echo "$name" ;;
		esac
	done
}
# shellcheck disable=SC2046 # words
calls $(sed -n 's/^SystemCallFilter=//p' build/systemd/grantwatch-monitor.service) | sort -u > "$out/allowed"
try "system calls: systemd's groups are expanded" grep -qx openat "$out/allowed"
mkdir "$out/traced"
if command -v strace > /dev/null; then
	strace -f -qq -o "$out/strace" "$gw" watch -q --no-local -o /dev/null --results "$out/traced" -s "0=cat $out/d0.gwc" 2> "$out/stderr"
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$out/strace" | sort -u > "$out/made"
	try "system calls: strace has traced them" test "$(wc -l < "$out/made")" -gt 30
	is "system calls: the unit permits all of the monitor's" "$(comm -23 "$out/made" "$out/allowed" | tr '\n' ' ')" ""
else
	skip "system calls: the unit permits all of the monitor's" "strace is not installed: run scripts/setup"
fi

# --- the monitor's messages to systemd

cat > "$out/manager.py" <<- 'EOF'
	# usage: manager.py SECONDS OUT COMMAND...   Stands in for systemd: writes sd_notify messages to OUT, and sends SIGTERM
	# after SECONDS.
	import os, signal, socket, subprocess, sys, time
	path = os.path.join(os.path.dirname(sys.argv[2]), "notify%d" % os.getpid())
	listen = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	listen.bind(path)
	listen.settimeout(0.2)
	child = subprocess.Popen(sys.argv[3:], env=dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="1500000"))
	said, end, told = [], time.monotonic() + float(sys.argv[1]), False
	while child.poll() is None:
	    if not told and time.monotonic() > end:
	        told = True
	        child.send_signal(signal.SIGTERM)
	    try:
	        said.append(listen.recv(1000).decode())
	    except TimeoutError:
	        pass
	open(sys.argv[2], "w").write("\n".join(said) + "\n")
	sys.exit(child.returncode)
EOF
conf '[ci]' "results = $out/results" '[watch]' 'no-local = yes' "source = 0=sh -c 'cat $out/d0.gwc; exec sleep 60'" "source = 1=sh -c 'cat $out/d1.gwc; env > $out/env; exec sleep 60'"
timeout 100 python3 "$out/manager.py" 5 "$out/said" "$gw" ci start --foreground --config "$out/conf" > "$out/stdout" 2> "$out/stderr"
is "monitor: finds the race with sources of the file" "$?" 2
is "monitor: sends READY=1 once" "$(grep -c '^READY=1$' "$out/said")" 1
try "monitor: sends WATCHDOG=1" test "$(grep -c '^WATCHDOG=1$' "$out/said")" -ge 3
try "monitor: sources have no environment variables of systemd" sh -c 'test -s "$1" && ! grep -E "^(NOTIFY|WATCHDOG)" "$1"' - "$out/env"
try_status 2 "monitor: ci stop takes the results' directory from the file" "$gw" ci stop --config "$out/conf"
conf '[ci]' "results = $out/silent" '[watch]' 'no-local = yes' 'source = 5=sleep 60'
timeout 100 python3 "$out/manager.py" 3 "$out/said" "$gw" ci start --foreground --config "$out/conf" > "$out/stdout" 2> "$out/stderr"
try "monitor: no READY=1 while a source sends nothing, but WATCHDOG=1" sh -c '! grep -q READY "$1" && grep -q WATCHDOG "$1"' - "$out/said"
done_testing
