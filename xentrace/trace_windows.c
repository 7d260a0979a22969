// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes to checked records. xentrace writes windows: a CPU_CHANGE record, then as many bytes of
 * that pCPU's records as it says. The bytes stay in the chunks that they were read into; a segment
 * is a run of whole, checked records.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "trace_internal.h"

/* Linux 5.14; newer than some of the headers that this is built with. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define CPU_CHANGE_WORD	 (TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT) /* no TSC */
#define CPU_CHANGE_BYTES 12u
#define CLASS_BITS	 0x0fff0000u
#define SUBCLASS_BITS	 0x0000f000u

/* Less than this is a TSC being corrected, more is another boot or a suspend. */
#define EPOCH_STEP ((u64)1 << 30)
/* Room between two epochs: what other pCPUs may still have of the old one. */
#define EPOCH_SPACE ((u64)1 << 36)

/*
 * All pages of a chunk in one call, as they are going to be filled: a fault for each of them takes
 * longer. Where the kernel does not know how, that is what happens.
 */
static void populate(struct chunk *chunk)
{
	const uintptr_t page = 4096, start = ((uintptr_t)chunk + page - 1) & ~(page - 1),
			end = (uintptr_t)(chunk + 1) & ~(page - 1);

	if (start < end)
		madvise((u8 *)chunk + (start - (uintptr_t)chunk), end - start, MADV_POPULATE_WRITE);
}

static struct chunk *new_chunk(const struct xentrace *xt)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	/* The first one is all that a short trace needs, and not all of it. */
	if (chunk && xt->stats.bytes >= CHUNK_BYTES)
		populate(chunk);
	return chunk;
}

static struct chunk *chunk__get(struct xentrace *xt)
{
	struct chunk *chunk = xt->free_chunks;

	if (chunk)
		xt->free_chunks = chunk->next;
	else
		chunk = new_chunk(xt);
	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->refs = 1;
	chunk->fill = 0;
	xt->held += sizeof(*chunk);
	xt->stats.held_max = max(xt->stats.held_max, (u64)xt->held);
	return chunk;
}

static void chunk__put(struct xentrace *xt, struct chunk *chunk)
{
	if (--chunk->refs)
		return;
	chunk->next = xt->free_chunks;
	xt->free_chunks = chunk;
	xt->held -= sizeof(*chunk);
}

static struct xt_segment *xt_segment__get(struct xentrace *xt)
{
	struct xt_segment *segment = xt->free_segments;

	if (segment)
		xt->free_segments = segment->next;
	else
		segment = malloc(sizeof(*segment));
	if (segment)
		xt->held += sizeof(*segment);
	return segment;
}

void xt_segment__put(struct xentrace *xt, struct xt_segment *segment)
{
	chunk__put(xt, segment->chunk);
	segment->next = xt->free_segments;
	xt->free_segments = segment;
	xt->held -= sizeof(*segment);
}

void *xentrace__room(struct xentrace *xt, size_t *size)
{
	if (!xt->chunk) {
		xt->chunk = chunk__get(xt);
		xt->walked = HEADROOM;
	}
	*size = xt->chunk ? CHUNK_BYTES - xt->chunk->fill : 0;
	return xt->chunk ? xt->chunk->bytes + HEADROOM + xt->chunk->fill : NULL;
}

void xentrace__filled(struct xentrace *xt, size_t size)
{
	if (!size)
		return;
	xt->chunk->fill += (u32)size;
	xt->stats.bytes += size;
}

size_t xentrace__feed(struct xentrace *xt, const void *data, size_t size)
{
	size_t room;
	void *to = xentrace__room(xt, &room);

	size = min(size, room);
	if (size)
		memcpy(to, data, size);
	xentrace__filled(xt, size);
	return size;
}

void xentrace__finish(struct xentrace *xt)
{
	xt->finished = true;
}

/* --- time --- */

void xt_clock__jump(struct xentrace *xt, struct xt_clock *clock, u64 tsc, bool lead)
{
	u64 base;

	/* Not a time that any machine has reached: the record is damaged, the clock stays. */
	if (tsc >= clock->tsc)
		return;
	if (clock->tsc - tsc >= EPOCH_STEP) {
		base = max(xt->max_key, clock->key) + EPOCH_SPACE;
		if (lead && clock->epoch + 1 == xt->nr_epochs && xt->nr_epochs < MAX_EPOCHS &&
		    base < TSC_LEAP)
			xt->bases[xt->nr_epochs++] = base;
		if (clock->epoch + 1 < xt->nr_epochs)
			clock->base = xt->bases[++clock->epoch];
	}
	clock->tsc = tsc;
	clock->key = max(clock->key, clock->base + tsc);
	clock->started = true;
}

/* --- windows --- */

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

/* Bytes are missing, and nobody knows whose. */
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

/* Hand over the records of the window up to @end. */
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
 * xentrace goes through the pCPUs in ascending order, again and again. When a number is not higher
 * than the one before, another pass has begun. Whatever comes from now on was written after its
 * pCPU's buffer was read in the pass that ended, thus after everything that the pass before that
 * one brought: those records can be given out.
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

/* A header may begin at any byte: what was lost need not be a multiple of anything. */
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

/* Classes are bits, one in each record; no subclass would mean that no mask lets it through. */
static inline bool is_record(u32 header)
{
	u32 class = header & CLASS_BITS;

	return class && !(class & (class - 1)) && (header & SUBCLASS_BITS);
}

enum check_end { CHECK_OUT_OF_BYTES, CHECK_DAMAGE, CHECK_CUT };

/* One of Xen's own records, the only ones that are not simply passed over. */
static bool is_special(u32 header)
{
	u32 id = TRC_HD_TO_EVENT(header);

	return id == TRC_TRACE_WRAP_BUFFER || id == TRC_TRACE_CPU_CHANGE;
}

static noinline bool learn_plain(struct xentrace *xt, u32 header)
{
	bool plain = is_record(header) && header__has_tsc(header) && !is_special(header);

	if (plain)
		xt->plain[hash32(header, PLAIN_BITS)] = header;
	return plain;
}

/* A record with a time, and none of Xen's own. There are few kinds, so what was found is kept. */
static inline bool is_plain(struct xentrace *xt, u32 header)
{
	/* That it has a time tells it from an empty slot. */
	return (xt->plain[hash32(header, PLAIN_BITS)] == header && header__has_tsc(header)) ||
	       learn_plain(xt, header);
}

/*
 * Mostly a record is like the one before it, of which all is known but the time. Of those behind
 * @p, which is good, the last one that is like it.
 */
static inline const u8 *pass_like(const u8 *p, const u8 *end, u32 header, u32 size, u64 *last)
{
	const u8 *next = p + size;
	u64 tsc = *last, t;

	for (; end - next >= (ptrdiff_t)size && load32(next) == header; next += size) {
		t = load64(next + 4);
		if (tsc__is_odd(t, tsc))
			break;
		tsc = t;
	}
	*last = tsc;
	return next - size;
}

/* The upper bits of nearly all headers: a time, and one word or three. */
#define ONE_WORD    9u
#define THREE_WORDS 11u

/*
 * header__size(), where the sizes that nearly all records have are compared with: the CPU foresees
 * them and goes on to the next record, while one that is computed has to be waited for.
 */
static inline u32 usual_size(u32 header)
{
	if (likely(header >> 28 == ONE_WORD))
		return 16;
	return header >> 28 == THREE_WORDS ? 24 : header__size(header);
}

/* What is wrong with a header, if anything but the room behind it. */
static enum check_end what_ends(u32 header)
{
	if (!is_record(header))
		return CHECK_DAMAGE;
	return TRC_HD_TO_EVENT(header) == TRC_TRACE_CPU_CHANGE ? CHECK_CUT : CHECK_OUT_OF_BYTES;
}

/* Go over whole records from @p on; where it ended goes to @stop. */
static enum check_end check_records(struct xentrace *xt, const u8 *p, const u8 *end,
				    const u8 **stop)
{
	struct xt_clock *clock = &xt->window->walked;
	enum check_end why = CHECK_OUT_OF_BYTES;
	u64 last = clock->tsc, tsc;
	u32 header, size;

	while (end - p >= 4) {
		header = load32(p);
		size = usual_size(header);
		if (unlikely(!is_plain(xt, header))) {
			why = what_ends(header);
			/* A filler's TSC is whatever was in the buffer. */
			if (why != CHECK_OUT_OF_BYTES || end - p < (ptrdiff_t)size)
				break;
			xt->unsteady = true;
			p += size;
			continue;
		}
		if (unlikely(end - p < (ptrdiff_t)size))
			break;
		tsc = load64(p + 4);
		if (unlikely(tsc__is_odd(tsc, last))) {
			xt->unsteady = true;
			xt_clock__step(clock, last);
			xt_clock__jump(xt, clock, tsc, true);
			tsc = clock->tsc;
			xt->stats.tsc_back++;
		}
		last = tsc;
		p = pass_like(p, end, header, size, &last) + size;
	}
	if (last)
		xt_clock__step(clock, last);
	*stop = p;
	return why;
}

static enum walk_result window(struct xentrace *xt)
{
	const u8 *p = xt->chunk->bytes + xt->walked, *there = filled_end(xt), *end = there, *stop;
	bool whole = (u64)(there - p) >= xt->window_left;
	enum check_end why;

	if (whole)
		end = p + xt->window_left;
	why = check_records(xt, p, end, &stop);
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
	/* xentrace died in the middle of this window, and another one's output follows. */
	xt->walk = why == CHECK_CUT ? WALK_SEEK : WALK_SKIP;
	return WALK_STOP;
}

/* The chunk is full: go on in the next one, with the bytes of a record that began here. */
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
 * Take in bytes until records can be given out (WALK_END: of a pass, of the memory allowed, or of
 * the input), or no more bytes are there. Both depend on the bytes only, not on how they arrive.
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
