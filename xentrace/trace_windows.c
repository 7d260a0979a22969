// SPDX-License-Identifier: GPL-2.0
/*
 * From bytes to checked records. xentrace writes windows: a CPU_CHANGE record, and the number of
 * bytes of that pCPU's records which it announces. A segment is a sequence of complete, checked
 * records.
 */
#include <stdlib.h>

#include "trace_internal.h"

#define CPU_CHANGE_WORD	 (TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT) /* no TSC */
#define CPU_CHANGE_BYTES 12u
static struct cpu *find_cpu(struct xentrace *xt, u32 nr)
{
	struct cpu *cpu = xt->cpus[nr];

	if (cpu)
		return cpu;
	cpu = calloc(1, sizeof(*cpu));
	if (!cpu)
		return NULL;
	cpu->nr = (u16)nr;
	cpu->rec.pcpu = (u16)nr;
	context__reset(cpu);
	xt->cpus[nr] = cpu;
	xt->cpu_end = max(xt->cpu_end, nr + 1);
	xt->stats.cpus++;
	return cpu;
}

static bool is_cpu_change(const u8 *p)
{
	u32 size = load32(p + 8);

	return load32(p) == CPU_CHANGE_WORD && load32(p + 4) < XT_MAX_CPUS && size <= MAX_WINDOW &&
	       !(size & 3);
}

/* Bytes of unknown pCPUs are missing. */
static void hole_everywhere(struct xentrace *xt)
{
	xt->stats.holes++;
	xt->common_holes++;
}

static void hole_here(struct xentrace *xt)
{
	xt->stats.holes++;
	xt->window->hole = true;
}

/* Hands over the window's records up to @end. */
static int close_segment(struct xentrace *xt, const u8 *end)
{
	struct cpu *cpu = xt->window;
	struct xt_segment *segment;

	xt->max_key = max(xt->max_key, cpu->walked.key);
	if (end == xt->segment)
		return 0;
	segment = xt_segment__get(xt);
	if (!segment)
		return -1;
	segment->next = NULL;
	segment->chunk = xt->chunk;
	segment->chunk->refs++;
	segment->pos = xt->segment;
	segment->end = end;
	segment->steady = !xt->unsteady;
	segment->hole = cpu->hole || cpu->common_holes != xt->common_holes;
	cpu->hole = false;
	cpu->common_holes = xt->common_holes;
	xt->segment = end;
	xt->unsteady = false;
	cpu__append(xt, cpu, segment);
	return 0;
}

/*
 * xentrace reads the pCPUs in ascending order, again and again: a number that is not higher starts
 * another pass. Records from now on were written after their pCPU's buffer was read in the last
 * pass. So they come after all records of the pass before, which can be returned.
 */
static bool begin_window(struct xentrace *xt, const u8 *p)
{
	u32 nr = load32(p + 4);
	bool new_pass = (s32)nr <= xt->last_cpu;

	xt->window = find_cpu(xt, nr);
	if (!xt->window)
		return false;
	xt->stats.windows++;
	xt->window_left = load32(p + 8);
	xt->last_cpu = (s32)nr;
	xt->walk = WALK_WINDOW;
	xt->segment = p + CPU_CHANGE_BYTES;
	xt->unsteady = false;
	if (new_pass) {
		xt->watermark = max(xt->watermark, xt->unit_max);
		xt->unit_max = xt->max_key;
	}
	return true;
}

static const u8 *filled_end(const struct xentrace *xt)
{
	return xt->chunk->bytes + HEADROOM + xt->chunk->fill;
}

static enum walk_result seek(struct xentrace *xt)
{
	const u8 *p = xt->chunk->bytes + xt->walked;
	s32 last_cpu = xt->last_cpu;

	if (filled_end(xt) - p < (ptrdiff_t)CPU_CHANGE_BYTES)
		return WALK_MORE;
	if (!is_cpu_change(p)) {
		hole_everywhere(xt);
		xt->walk = WALK_HUNT;
		return WALK_STOP;
	}
	xt->walked += CPU_CHANGE_BYTES;
	if (!begin_window(xt, p))
		return WALK_NOMEM;
	return xt->last_cpu <= last_cpu ? WALK_END : WALK_STOP;
}

/* A header may begin at any byte, as a loss may have any length. */
static enum walk_result hunt(struct xentrace *xt)
{
	const u8 *start = xt->chunk->bytes + xt->walked, *p = start, *end = filled_end(xt);

	while (end - p >= (ptrdiff_t)CPU_CHANGE_BYTES && !is_cpu_change(p)) {
		const u8 *next = memchr(p + 1, CPU_CHANGE_WORD & 0xff, (size_t)(end - p - 1));

		p = next ? next : end;
	}
	xt->stats.skipped += (u64)(p - start);
	xt->walked += (u32)(p - start);
	if (end - p < (ptrdiff_t)CPU_CHANGE_BYTES)
		return WALK_MORE;
	xt->walk = WALK_SEEK;
	return WALK_STOP;
}

static enum walk_result skip(struct xentrace *xt)
{
	u64 there = (u64)(filled_end(xt) - (xt->chunk->bytes + xt->walked));
	u64 n = min(there, xt->window_left);

	xt->window_left -= n;
	xt->walked += (u32)n;
	xt->stats.skipped += n;
	if (xt->window_left)
		return WALK_MORE;
	xt->walk = WALK_SEEK;
	return WALK_STOP;
}

static enum walk_result window(struct xentrace *xt)
{
	const u8 *p = xt->chunk->bytes + xt->walked, *there = filled_end(xt), *end = there, *stop;
	bool whole = (u64)(there - p) >= xt->window_left;
	enum check_end why;

	if (whole)
		end = p + xt->window_left;
	why = xentrace__check(xt, p, end, &stop);
	xt->walked += (u32)(stop - p);
	xt->window_left -= (u64)(stop - p);
	if (why == CHECK_OUT_OF_BYTES && !whole)
		return WALK_MORE;
	if (close_segment(xt, stop))
		return WALK_NOMEM;
	if (why == CHECK_OUT_OF_BYTES && !xt->window_left) {
		xt->walk = WALK_SEEK;
		return WALK_STOP;
	}
	hole_here(xt);
	/* xentrace was killed in this window, and the output of another one follows. */
	xt->walk = why == CHECK_CUT ? WALK_SEEK : WALK_SKIP;
	return WALK_STOP;
}

/* The chunk is full: continues in the next one, with the bytes of an incomplete record. */
static enum walk_result next_chunk(struct xentrace *xt)
{
	const u8 *from = xt->chunk->bytes + xt->walked;
	u32 rest = (u32)(filled_end(xt) - from);
	struct chunk *chunk;

	if (xt->walk == WALK_WINDOW && close_segment(xt, from))
		return WALK_NOMEM;
	chunk = chunk__get(xt);
	if (!chunk)
		return WALK_NOMEM;
	memcpy(chunk->bytes + HEADROOM - rest, from, rest);
	chunk__put(xt, xt->chunk);
	xt->chunk = chunk;
	xt->walked = HEADROOM - rest;
	xt->segment = chunk->bytes + xt->walked;
	xt->forcing = xt->held > xt->look_ahead;
	xt->stats.forced += xt->forcing;
	return xt->forcing ? WALK_END : WALK_MORE;
}

static enum walk_result finish(struct xentrace *xt)
{
	u64 rest = (u64)(filled_end(xt) - (xt->chunk->bytes + xt->walked));

	if (xt->walk == WALK_WINDOW) {
		if (close_segment(xt, xt->chunk->bytes + xt->walked))
			return WALK_NOMEM;
		xt->stats.truncated += xt->window_left;
	} else if (xt->walk == WALK_SKIP) {
		xt->stats.truncated += xt->window_left;
	} else if (rest) {
		xt->stats.holes += xt->walk == WALK_SEEK;
		xt->stats.skipped += rest;
	}
	chunk__put(xt, xt->chunk);
	xt->chunk = NULL;
	xt->watermark = UINT64_MAX - 1;
	return WALK_END;
}

/*
 * Reads bytes until records can be returned (WALK_END: at the end of a pass, of memory, or of the
 * input), or no more bytes are there. The result depends on the bytes only, not on how they arrive.
 */
enum walk_result xentrace__walk(struct xentrace *xt)
{
	static enum walk_result (*const step[])(struct xentrace *) = {
		[WALK_SEEK] = seek,
		[WALK_HUNT] = hunt,
		[WALK_WINDOW] = window,
		[WALK_SKIP] = skip,
	};
	enum walk_result result = WALK_STOP;

	if (!xt->chunk)
		return WALK_MORE;
	for (;;) {
		while (result == WALK_STOP)
			result = step[xt->walk](xt);
		if (result != WALK_MORE)
			return result;
		if (xt->chunk->fill < CHUNK_BYTES)
			return xt->finished ? finish(xt) : WALK_MORE;
		result = next_chunk(xt);
		if (result != WALK_MORE || !xt->finished)
			return result;
		result = WALK_STOP;
	}
}
