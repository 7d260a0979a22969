/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated host and its trace. Records go to per-pCPU buffers on one clock. A poll writes them
 * as xentrace(8) does. Used by the tests, the seeds of the fuzz target, and the benchmark.
 */
#ifndef GRANTWATCH_TEST_XENTRACE_GEN_H
#define GRANTWATCH_TEST_XENTRACE_GEN_H

#include <stdlib.h>
#include <string.h>

#include "util/types.h"

#define GEN_CPUS 8

struct gen_bytes {
	u8 *data;
	size_t len, room;
};

struct trace_gen {
	struct gen_bytes out; /* output of xentrace */
	struct gen_bytes cpu[GEN_CPUS];
	u64 now; /* TSC, one for all pCPUs */
	u64 records;
	u32 seed;
};

static inline void gen_bytes__add(struct gen_bytes *bytes, const void *data, size_t len)
{
	if (bytes->len + len > bytes->room) {
		bytes->room = 2 * (bytes->len + len) + 4096;
		bytes->data = realloc(bytes->data, bytes->room);
		if (!bytes->data)
			abort();
	}
	if (len)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

static inline u32 gen__random(struct trace_gen *gen, u32 below)
{
	gen->seed = gen->seed * 1664525u + 1013904223u;
	return (gen->seed >> 8) % below;
}

static inline void gen__init(struct trace_gen *gen, u32 seed)
{
	memset(gen, 0, sizeof(*gen));
	gen->now = (u64)1 << 32;
	gen->seed = seed;
}

static inline void gen__cleanup(struct trace_gen *gen)
{
	u32 i;

	free(gen->out.data);
	for (i = 0; i < GEN_CPUS; i++)
		free(gen->cpu[i].data);
}

/* Adds a record of @nr words, with a TSC later than all others. Returns the TSC. */
static inline u64 gen__rec(struct trace_gen *gen, u32 cpu, u32 id, u32 nr, const u32 *words)
{
	u32 header = 1u << 31 | nr << 28 | id;

	gen->now += 20 + gen__random(gen, 100);
	gen_bytes__add(&gen->cpu[cpu], &header, 4);
	gen_bytes__add(&gen->cpu[cpu], &gen->now, 8);
	gen_bytes__add(&gen->cpu[cpu], words, 4 * nr);
	gen->records++;
	return gen->now;
}

static inline void gen__rec_no_tsc(struct trace_gen *gen, u32 cpu, u32 id, u32 nr, const u32 *words)
{
	u32 header = nr << 28 | id;

	gen_bytes__add(&gen->cpu[cpu], &header, 4);
	gen_bytes__add(&gen->cpu[cpu], words, 4 * nr);
	gen->records++;
}

#define GEN_REC(gen, cpu, id, ...) \
	gen__rec(gen, cpu, id, sizeof((u32[]){__VA_ARGS__}) / 4, (u32[]){__VA_ARGS__})

/* Writes one pCPU's window, as xentrace gets it. */
static inline void gen__window(struct trace_gen *gen, u32 cpu)
{
	u32 head[3] = {0x2001f003u, cpu, (u32)gen->cpu[cpu].len};

	if (!gen->cpu[cpu].len)
		return;
	gen_bytes__add(&gen->out, head, sizeof(head));
	gen_bytes__add(&gen->out, gen->cpu[cpu].data, gen->cpu[cpu].len);
	gen->cpu[cpu].len = 0;
}

static inline void gen__poll(struct trace_gen *gen)
{
	u32 i;

	for (i = 0; i < GEN_CPUS; i++)
		gen__window(gen, i);
}

static inline void gen__switch_out(struct trace_gen *gen, u32 cpu, u32 domid, u32 vcpu)
{
	GEN_REC(gen, cpu, 0x21011, domid << 16 | vcpu);
}

static inline void gen__switch_in(struct trace_gen *gen, u32 cpu, u32 domid, u32 vcpu)
{
	GEN_REC(gen, cpu, 0x21101, domid << 16 | vcpu);
}

static inline u64 gen__grant_op(struct trace_gen *gen, u32 cpu, u32 cmd, u32 count)
{
	return GEN_REC(gen, cpu, 0x20100d, 0x01100014, cmd, count);
}

static inline u64 gen__map(struct trace_gen *gen, u32 cpu, u32 granter)
{
	return GEN_REC(gen, cpu, 0x10f001, granter);
}

static inline u64 gen__unmap(struct trace_gen *gen, u32 cpu, u32 granter)
{
	return GEN_REC(gen, cpu, 0x10f002, granter);
}

/* Records of a patched hypervisor: one after each map operation, and one at the end of an unmap. */
static inline u64 gen__map_op(struct trace_gen *gen, u32 cpu, u32 granter, u32 ref, u32 handle,
			      s32 status)
{
	return GEN_REC(gen, cpu, 0x10f006, granter, ref, 2, handle, (u32)status);
}

static inline u64 gen__unmap_done(struct trace_gen *gen, u32 cpu, u32 granter, u32 ref, u32 handle)
{
	return GEN_REC(gen, cpu, 0x10f007, granter, ref, handle, 2, 0);
}

#endif
