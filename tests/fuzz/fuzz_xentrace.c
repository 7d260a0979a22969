// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as a trace. The records do not depend on the size of pieces, and
 * there are no more of them than the input has room for. Sanitizers check the rest.
 *
 *	clang -fsanitize=fuzzer,address,undefined -DCHUNK_BYTES=512u -Iuser -Ixentrace \
 *		-D_GNU_SOURCE tests/fuzz/fuzz_xentrace.c xentrace/trace_*.c -o fuzz_xentrace
 */
#include <stdlib.h>

#include "../unit/test_xentrace_run.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct digest {
	u64 hash, records;
	FILE *out;
};

static void mix(struct digest *digest, u64 value)
{
	digest->hash = (digest->hash ^ value) * 0x100000001b3u;
}

static void digest_record(const struct xt_rec *rec, void *arg)
{
	struct digest *digest = arg;
	u32 i;

	digest->records++;
	mix(digest, rec->tsc);
	mix(digest, rec->id);
	mix(digest, rec->pcpu);
	mix(digest, (u64)rec->domid << 32 | (u32)rec->vcpu);
	mix(digest, (u64)rec->flags << 8 | rec->state);
	mix(digest, rec->hypercall ? rec->hypercall->id : 0);
	for (i = 0; i < rec->nr_words; i++)
		mix(digest, xt_rec__word(rec, i));
	if (!digest->out)
		return;
	xt_rec__print(rec, digest->out);
	xt_rec__print_json(rec, digest->out);
}

static u64 run(const u8 *data, size_t size, size_t piece, size_t look_ahead, bool print)
{
	struct digest digest = {0};
	struct xt_stats stats;

	if (print) {
		digest.out = fopen("/dev/null", "w");
		if (!digest.out)
			abort();
	}
	stats = run__decode(data, size, piece, look_ahead, digest_record, &digest);
	if (stats.bytes != size || stats.records != digest.records ||
	    4 * (stats.records + stats.wraps) + 12 * stats.windows + stats.skipped > size)
		abort();
	if (digest.out)
		fclose(digest.out);
	return digest.hash;
}

static void check_summary(const u8 *data, size_t size)
{
	char *pieces = run__summary(data, size, 61), *whole = run__summary(data, size, size);

	if (strcmp(pieces, whole))
		abort();
	free(pieces);
	free(whole);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 whole = run(data, size, size ? size : 1, 0, true);

	if (run(data, size, 0, 0, false) != whole || run(data, size, 1, 0, false) != whole)
		abort();
	check_summary(data, size);
	return 0;
}
