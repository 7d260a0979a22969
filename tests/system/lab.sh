#!/bin/bash
# tests/lab/boot and tests/harness with a simulated lab: a lab error is repeated once and counted, a failed scenario is not. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The simulated lab: its Nth run takes line N of $out/answers, an exit status and the text to print.
cat > "$out/lab" << 'END'
#!/bin/bash
dir=$(dirname "$0")
echo run >> "$dir/runs"
read -r status line < <(sed -n "$(wc -l < "$dir/runs")p" "$dir/answers")
echo "$line"
exit "$status"
END
chmod +x "$out/lab"
echo "some --guest pv race" > "$out/plan"

# boot ANSWER...: runs tests/lab/boot, with its output in $out/tap
boot() {
	rm -f "$out/runs"
	printf '%s\n' "$@" > "$out/answers"
	LAB=$out/lab tests/lab/boot "$out/plan" some "$out/logs" > "$out/tap" 2> "$out/err"
}
runs() { wc -l < "$out/runs"; }
has() { grep -qFx -e "$1" "$out/tap"; }
broken='3 not ok race - lab error: guest g1 is not ready after 90 s'

boot '0 ok race'
is "a passed scenario: status" $? 0
is "a passed scenario: number of boots" "$(runs)" 1
try "a passed scenario: is a passed test" has 'ok 1 - race'
try "a passed scenario: a TAP plan" has '1..1'

boot '1 not ok race - exit status 0, not 2'
is "a failed scenario: status" $? 1
is "a failed scenario: number of boots" "$(runs)" 1
try "a failed scenario: is a failed test" has 'not ok 1 - race - exit status 0, not 2'

boot "$broken" '0 ok race'
is "a lab error: status" $? 0
is "a lab error: number of boots" "$(runs)" 2
try "a lab error: a note" has '# lab error: guest g1 is not ready after 90 s; booted once more'
try "a lab error: the second boot counts" has 'ok 1 - race'

boot "$broken" "$broken" '0 ok race'
is "two lab errors: status" $? 3
is "two lab errors: number of boots" "$(runs)" 2

boot "$broken" '1 not ok race - wrong'
is "a lab error, then a failed scenario: number of boots" "$(runs)" 2
try "a lab error, then a failed scenario: is a failed test" has 'not ok 1 - race - wrong'

boot '77 lab: cannot run here'
try "a machine without the lab: is skipped" grep -q '^1\.\.0 # SKIP' "$out/tap"

boot "$broken" '0 ok race'
printf 'boot\tcat %s\n' "$out/tap" | tests/harness 1 "$out/harness" > "$out/said"
is "harness: lab errors are counted" "$(tail -n 3 "$out/said")" "lab errors: 1
boot: lab error: guest g1 is not ready after 90 s; booted once more
1 passed, 0 failed, 0 skipped"
printf 'none\ttrue\n' | tests/harness 1 "$out/harness" > "$out/said"
is "harness: a program without a test is a failure" "$(tail -n 1 "$out/said")" "0 passed, 1 failed, 0 skipped"
printf '%s\techo 1..1; echo ok 1\n' one one two > "$out/twice"
tests/harness 1 "$out/harness" < "$out/twice" > "$out/said"
is "harness: a program of two groups runs once, and those after it run" "$(tail -n 1 "$out/said")" "2 passed, 0 failed, 0 skipped"
printf 'bad\techo 1..1; echo ok 1; exit 3\n' | tests/harness 1 "$out/harness" > "$out/said"
is "harness: a bad exit status is a failure" "$(tail -n 1 "$out/said")" "1 passed, 1 failed, 0 skipped"
done_testing
