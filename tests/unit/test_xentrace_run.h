/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers that run the decoder on bytes and return text. */
#ifndef GRANTWATCH_TEST_XENTRACE_RUN_H
#define GRANTWATCH_TEST_XENTRACE_RUN_H

#include <stdio.h>
#include <stdlib.h>

#include "trace_print.h"
#include "trace_tally.h"
#include "xentrace.h"

typedef void (*run_record_fn)(const struct xt_rec *rec, void *arg);

/*
 * Decodes @len bytes in pieces of @piece, 0 for random ones, and calls @fn for each record. Aborts
 * if the decoder accepts no more bytes. A sanitizer or valgrind checks the decoder's buffers.
 */
static inline struct xt_stats run__decode(const u8 *data, size_t len, size_t piece,
					  size_t look_ahead, run_record_fn fn, void *arg)
{
	struct xentrace *xt = xentrace__new(look_ahead);
	const struct xt_rec *rec;
	struct xt_stats stats;
	u32 seed = 1;

	if (!xt)
		abort();
	for (;;) {
		enum xt_status status = xentrace__next(xt, &rec);
		size_t n = piece;

		if (status == XT_RECORD) {
			fn(rec, arg);
			continue;
		}
		if (status != XT_MORE)
			break;
		if (!len) {
			xentrace__finish(xt);
			continue;
		}
		if (!piece) {
			seed = seed * 1664525u + 1013904223u;
			n = 1 + (seed >> 8) % 300;
		}
		n = xentrace__feed(xt, data, min(n, len));
		if (!n)
			abort();
		data += n;
		len -= n;
	}
	stats = *xentrace__stats(xt);
	xentrace__free(xt);
	return stats;
}

static inline void run__print(const struct xt_rec *rec, void *arg)
{
	xt_rec__print(rec, arg);
}

static inline void run__print_json(const struct xt_rec *rec, void *arg)
{
	xt_rec__print_json(rec, arg);
}

/* Returns the records and the decoder's blind spots as text, to be freed. */
static inline char *run__text(const u8 *data, size_t len, size_t piece, size_t look_ahead)
{
	char *text = NULL, reason[160];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct xt_stats stats = run__decode(data, len, piece, look_ahead, run__print, out);
	u32 i;

	for (i = 0; tally__blind(&stats, i, reason, sizeof(reason)); i++)
		fprintf(out, "blind: %s\n", reason);
	fclose(out);
	return text;
}

/* Returns the output of --summary as text and as JSON, to be freed. */
static inline char *run__summary(const u8 *data, size_t len, size_t piece)
{
	struct xentrace *xt = xentrace__new(0);
	struct tally *tally = tally__new();
	enum xt_status status;
	char *text = NULL;
	size_t size, n;
	FILE *out = open_memstream(&text, &size);

	if (!xt || !tally || !out)
		abort();
	while ((status = tally__take(tally, xt)) != XT_END) {
		if (status != XT_MORE)
			abort();
		n = xentrace__feed(xt, data, min(piece, len));
		data += n;
		len -= n;
		if (!n)
			xentrace__finish(xt);
	}
	tally__print(tally, xentrace__stats(xt), out);
	tally__print_json(tally, xentrace__stats(xt), out);
	fclose(out);
	tally__free(tally);
	xentrace__free(xt);
	return text;
}

#endif
