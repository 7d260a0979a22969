#!/bin/bash
# JSON output of the commands agrees with docs/schema, and the schema with the code. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Only watch prints alerts. Its sources are two programs which print the lab's captures of the race.
for domid in 0 1; do
	xz -dc tests/captures/race/d$domid.gwc.xz > "$out/d$domid.gwc"
	xz -dc tests/captures/xentrace-race/d$domid.gwc.xz > "$out/x$domid.gwc"
done
xz -dc tests/captures/xentrace-race/xentrace.bin.xz > "$out/xentrace.bin"
build/grantwatch watch -j --no-redact --no-local --xentrace off --source 0="cat $out/d0.gwc" --source 1="cat $out/d1.gwc" \
	> "$out/watch.ndjson" 2> /dev/null
build/grantwatch analyze -j --xentrace "$out/xentrace.bin" "$out/x0.gwc" "$out/x1.gwc" > "$out/trace.ndjson"
build/grantwatch events -j "$out/d0.gwc" "$out/d1.gwc" > "$out/events.ndjson"
build/grantwatch events -j --xentrace "$out/xentrace.bin" "$out/x0.gwc" "$out/x1.gwc" > "$out/trace-events.ndjson"
build/grantwatch doctor -j --only-look > "$out/doctor.ndjson" 2> /dev/null
build/grantwatch watch --no-local --results "$out/results" --source 0="cat $out/d0.gwc" --source 1="cat $out/d1.gwc" > /dev/null 2>&1
cp "$out/results/rates.json" "$out/rates.ndjson"
build/grantwatch compare -j "$out/d1.gwc" "$out/x1.gwc" > "$out/compare.ndjson"

build/grantwatch pack -o "$out/holding.gwc" tests/cases/table-free-between/d0.txt
build/grantwatch holders -j -c "$out/holding.gwc" > "$out/holders.ndjson"

# None of the captures above has a thread whose name differs from its process.
for domid in 0 5; do
	build/grantwatch pack -o "$out/t$domid.gwc" tests/cases/thread-named-as-backend/d$domid.txt
done
build/grantwatch analyze -j --no-redact "$out/t0.gwc" "$out/t5.gwc" > "$out/thread.ndjson"

# Stub domains as the granter and as the mapper, with the name of a target.
sed '0,/^fact /s//fact time 101 key stubdom.7 value 5\n&/' tests/cases/double-grant-other-peer/d0.txt > "$out/s0.txt"
build/grantwatch pack -o "$out/s0.gwc" "$out/s0.txt"
build/grantwatch pack -o "$out/s5.gwc" tests/cases/double-grant-other-peer/d5.txt
build/grantwatch analyze -j "$out/s0.gwc" "$out/s5.gwc" > "$out/stub-mapper.ndjson"
for domid in 0 6; do
	build/grantwatch pack -o "$out/g$domid.gwc" tests/cases/stubdom/d$domid.txt
done
build/grantwatch analyze -j --no-redact "$out/g0.gwc" "$out/g6.gwc" > "$out/stub-granter.ndjson"
build/grantwatch watch -j --no-local --source 0="cat $out/s0.gwc" --source 5="cat $out/s5.gwc" > "$out/stub-mapper-alert.ndjson" 2> /dev/null
build/grantwatch watch -j --no-local --source 0="cat $out/g0.gwc" --source 6="cat $out/g6.gwc" > "$out/stub-granter-alert.ndjson" 2> /dev/null

build/grantwatch xentrace -j "$out/xentrace.bin" > "$out/records.ndjson"
build/grantwatch xentrace -j -s "$out/xentrace.bin" > "$out/tally.ndjson"
build/grantwatch xentrace -j --list-records > "$out/kinds.ndjson"
build/grantwatch repro -j --list > "$out/list.ndjson"
GRANTWATCH_TEST_REPORTS=$out build/tests/unit/test_repro_play > /dev/null 2>&1
build/grantwatch explain -j tests/golden/logs/old.log > "$out/explain.ndjson" 2> /dev/null

# tests/captures/tables has output which only a Xen host prints, from the lab's scenario table. Files replace
# its grant tables here.
python3 tests/system/tables.py "$out/xen" 0:Domain-0:0 5:work:100:90 6:vault:1
export GRANTWATCH_XENSTORE=$out/xen/store GRANTWATCH_TABLES=$out/xen/tables
build/grantwatch table -j work > "$out/table.ndjson"
build/grantwatch top -j -n 1 > "$out/top.ndjson"
(sleep 0.3 && python3 tests/system/tables.py "$out/xen" 5:work:100:80 6:vault:3) &
build/grantwatch table -j -i 1 vault > "$out/changes.ndjson"
wait

# Each command with --json is above.
for command in $(sed -n 's/^\tX(\([a-z]*\)).*/\1/p' user/commands.h); do
	! build/grantwatch "$command" --help | grep -q -e '--json' || grep -q "^build/grantwatch $command .*-j" tests/system/schema.sh || {
		echo "Bail out! no JSON of $command is validated"
		exit 1
	}
done

exec python3 tests/system/schema.py docs/schema/grantwatch-1.schema.json user/rules/classes.h docs/json-schema.md \
	"$out"/*.ndjson tests/captures/tables/*.ndjson tests/golden/*/*.ndjson
