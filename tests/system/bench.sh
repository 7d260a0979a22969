#!/bin/bash
# The table of `make bench` and its history: the change of a ratio since the last record is shown. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# table COMMIT: prints the table of $out/rows and adds its ratios to the history
table() {
	cp "$out/history" "$out/before"
	awk -v record="$out/history" -v commit="$1" -f tests/bench/table.awk "$out/before" "$out/rows"
}

# change WHAT: the column "change" of the table $out/table
change() { sed -n "s/.* $1 .* \([-+][0-9]*%\) .*/\1/p" "$out/table"; }

echo '# commit, part, what, to, ratio' > "$out/history"
printf 'logs\texplain\t0.1 s\t0.50\tgrep, 80 patterns: 0.2 s\nlab\tlost\tevents: 0\t-\t-\n' > "$out/rows"
table first > "$out/table"
is "a first record has nothing to compare with" "$(change explain)" ""
is "a record has the commit, and what the ratio compares with, without its figures" "$(sed 1d "$out/history")" \
	"$(printf 'first\tlogs\texplain\tgrep\t0.50')"
printf 'logs\texplain\t0.2 s\t0.75\tgrep, 90 patterns: 0.3 s\n' > "$out/rows"
table second > "$out/table"
is "a ratio that grew by half" "$(change explain)" "+50%"
table third > "$out/table"
is "the newest record counts" "$(change explain)" "+0%"
try "tests/bench/history.tsv has five columns, a commit first" awk -F '\t' '
	/^#/ { next }
	NF != 5 || $1 !~ /^[0-9a-f]+$/ || $5 !~ /^[0-9.]+$/ { print FILENAME ":" FNR ": " $0; bad = 1 }
	END { exit bad }' tests/bench/history.tsv
done_testing
