# Prints the rows of benchmarks as one table, beside the ratios that tests/bench/history.tsv records.
# usage: awk -f table.awk HISTORY ROWS
#
# A row: part, what, figure, ratio ("-" without one), what the ratio compares with. A line of the history: commit, part, what, what the
# ratio compares with, ratio. Of several records of one ratio the last counts.

BEGIN { FS = "\t" }

# What a ratio compares with, without the numbers that follow.
function peer(to) {
	sub(/[,:(].*/, "", to)
	return to
}

FNR == 1 { file++ }
file == 1 {
	if (!/^#/) before[$2, $3, $4] = $5
	next
}
FNR == 1 { printf "%-13s %-38s %-34s %7s %7s %6s  %s\n", "part", "what", "figure", "ratio", "before", "change", "to" }
{
	old = before[$1, $2, peer($5)]
	change = old && $4 != "-" ? sprintf("%+.0f%%", 100 * ($4 - old) / old) : ""
	printf "%-13s %-38s %-34s %7s %7s %6s  %s\n", $1, $2, $3, $4, old, change, $5
	if (record && $4 != "-") printf "%s\t%s\t%s\t%s\t%s\n", commit, $1, $2, peer($5), $4 >> record
}
