# For test scripts that print TAP: try NAME COMMAND..., and at the end done_testing.
n=0 failed=0
tap_log=$(mktemp)

try() { # NAME COMMAND...: passes when COMMAND does; what it printed tells why it did not
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$tap_log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		tail -n 30 "$tap_log" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

done_testing() { # the script's last command
	echo "1..$n"
	rm -f "$tap_log"
	[ $failed = 0 ]
}
