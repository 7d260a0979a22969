# TAP for test scripts in bash, which source this file. Their last command must be done_testing.
# shellcheck shell=bash

tap_n=0 tap_failed=0
tap_log=$(mktemp)

# result STATUS NAME [LOG]: prints a test, passed if STATUS is 0. After a failure prints the first lines of LOG.
result() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
		return
	fi
	echo "not ok $tap_n - $2"
	# `$a\` adds a missing newline at the end.
	[ -z "${3:-}" ] || head -n 30 "$3" | sed 's/^/# /; $a\'
	tap_failed=$((tap_failed + 1))
}

# try NAME COMMAND...: a test which passes if COMMAND succeeds. After a failure prints the command's output.
try() {
	local name=$1 status=0
	shift
	"$@" > "$tap_log" 2>&1 || status=$?
	result $status "$name" "$tap_log"
}

# try_status STATUS NAME COMMAND...: a test which passes if COMMAND exits with STATUS
try_status() {
	local want=$1 name=$2 status=0
	shift 2
	"$@" > "$tap_log" 2>&1 || status=$?
	[ "$status" = "$want" ] || echo "status $status instead of $want" >> "$tap_log"
	[ "$status" = "$want" ]
	result $? "$name" "$tap_log"
}

# is NAME GOT WANTED: a test which passes if the two texts are equal
is() {
	[ "$2" = "$3" ] || printf 'got:    %s\nwanted: %s\n' "$2" "$3" > "$tap_log"
	[ "$2" = "$3" ]
	result $? "$1" "$tap_log"
}

# skip NAME REASON: a skipped test
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tap_n"
	rm -f "$tap_log"
	[ $tap_failed = 0 ]
}
