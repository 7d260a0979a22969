// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a trace for benchmarks: block I/O without persistent grants on four pCPUs. It repeats a
 * switch, a map hypercall with 8 maps and an unmap hypercall with 8 unmaps up to RECORDS records.
 *
 *	bench_xentrace_gen RECORDS > FILE
 */
#include <stdio.h>

#include "../unit/test_xentrace_gen.h"

#define CPUS 4
/* As with xentrace's default of 32 pages and 100 ms: a poll when a buffer is half full. */
#define POLL_BYTES (64u << 10)

static void block_io(struct trace_gen *gen, u32 cpu, bool *running)
{
	u32 i, granter = 1 + gen__random(gen, 20);

	if (*running)
		gen__switch_out(gen, cpu, 0, cpu);
	gen__switch_in(gen, cpu, 0, cpu);
	*running = true;
	gen__grant_op(gen, cpu, 0, 8);
	for (i = 0; i < 8; i++)
		gen__map(gen, cpu, granter);
	gen__grant_op(gen, cpu, 1, 8);
	for (i = 0; i < 8; i++)
		gen__unmap(gen, cpu, granter);
}

int main(int argc, char **argv)
{
	u64 records = argc > 1 ? strtoull(argv[1], NULL, 0) : 5000000;
	bool running[CPUS] = {false};
	struct trace_gen gen;

	gen__init(&gen, 1);
	while (gen.records < records) {
		u32 cpu = gen__random(&gen, CPUS);

		block_io(&gen, cpu, &running[cpu]);
		if (gen.cpu[cpu].len < POLL_BYTES)
			continue;
		gen__poll(&gen);
		if (fwrite(gen.out.data, 1, gen.out.len, stdout) != gen.out.len)
			return 1;
		gen.out.len = 0;
	}
	gen__poll(&gen);
	if (fwrite(gen.out.data, 1, gen.out.len, stdout) != gen.out.len || fflush(stdout))
		return 1;
	gen__cleanup(&gen);
	return 0;
}
