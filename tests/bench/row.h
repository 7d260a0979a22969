/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row of the table that `make bench` prints at its end (tests/bench/run): part, name, figure,
 * ratio, what the ratio compares with. Columns are separated by tabs. Rows go to the file
 * BENCH_ROWS, or nowhere if it is not set.
 */
#ifndef GRANTWATCH_BENCH_ROW_H
#define GRANTWATCH_BENCH_ROW_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* @ratio: 0 without a comparison. */
static inline void __attribute__((format(printf, 5, 6)))
bench_row(const char *part, const char *what, double ratio, const char *to, const char *figure, ...)
{
	const char *path = getenv("BENCH_ROWS");
	FILE *out = path ? fopen(path, "ae") : NULL;
	va_list args;

	if (!out)
		return;
	fprintf(out, "%s\t%s\t", part, what);
	va_start(args, figure);
	vfprintf(out, figure, args);
	va_end(args);
	if (ratio > 0)
		fprintf(out, "\t%.2f\t%s\n", ratio, to);
	else
		fprintf(out, "\t-\t%s\n", to);
	fclose(out);
}

#endif
