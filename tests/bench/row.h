/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line of the table that `make bench` ends with (tests/bench/run): part, what, figure, ratio,
 * what the ratio is to; separated by tabs, in the file that BENCH_ROWS names. Without it nothing is
 * kept.
 */
#ifndef GRANTWATCH_BENCH_ROW_H
#define GRANTWATCH_BENCH_ROW_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* @ratio 0: nothing to compare with. */
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
