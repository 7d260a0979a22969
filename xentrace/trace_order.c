// SPDX-License-Identifier: GPL-2.0
/*
 * Returns the records of all pCPUs in order of their TSCs, by merging the pCPUs' queues. Equal
 * times are ordered by pCPU number, so the order depends on the bytes only.
 */
#include <stdlib.h>

#include "trace_internal.h"

static bool comes_before(const struct cpu *a, const struct cpu *b)
{
	return a->clock.key != b->clock.key ? a->clock.key < b->clock.key : a->nr < b->nr;
}

static void heap__down(struct xentrace *xt, u32 i)
{
	struct cpu **heap = xt->heap, *cpu = heap[i];
	u32 child;

	while ((child = 2 * i + 1) < xt->nr_heap) {
		if (child + 1 < xt->nr_heap && comes_before(heap[child + 1], heap[child]))
			child++;
		if (!comes_before(heap[child], cpu))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = cpu;
}

static void heap__up(struct xentrace *xt, u32 i)
{
	struct cpu **heap = xt->heap, *cpu = heap[i];

	while (i && comes_before(cpu, heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = cpu;
}

/* Starts the next segment. Returns false if there is none. */
static bool next_segment(struct xentrace *xt, struct cpu *cpu)
{
	struct xt_segment *segment = cpu->head;

	if (cpu->pos) {
		cpu->head = segment->next;
		xt_segment__put(xt, segment);
		segment = cpu->head;
	}
	if (!segment) {
		cpu->tail = NULL;
		cpu->pos = NULL;
		return false;
	}
	cpu->pos = segment->pos;
	cpu->end = segment->end;
	cpu->steady = segment->steady;
	if (segment->hole)
		cpu->rec.flags |= XT_F_HOLE;
	return true;
}

static bool is_wrap(u32 header)
{
	return TRC_HD_TO_EVENT(header) == TRC_TRACE_WRAP_BUFFER;
}

noinline void cpu__look_further(struct xentrace *xt, struct cpu *cpu)
{
	u32 header;

	/* The fast path does not store it for each record. */
	cpu->clock.tsc = cpu->rec.tsc;
	for (;;) {
		if (cpu->pos == cpu->end && !next_segment(xt, cpu))
			return;
		header = load32(cpu->pos);
		if (!is_wrap(header))
			break;
		xt->stats.wraps++;
		cpu->pos += header__size(header);
	}
	if (header__has_tsc(header)) {
		u64 tsc = load64(cpu->pos + 4);

		if (!xt_clock__step(&cpu->clock, tsc)) {
			xt_clock__jump(xt, &cpu->clock, tsc, false);
			cpu->rec.flags |= XT_F_TSC_BACK;
		}
	} else {
		cpu->rec.flags |= XT_F_NO_TSC;
		xt->stats.no_tsc++;
		if (!cpu->clock.started)
			cpu->rec.flags |= XT_F_NO_TIME;
		/*
		 * The record before may have been returned long ago, but it was not written so long
		 * ago.
		 */
		cpu->clock.key = max(cpu->clock.key, xt->last_key);
	}
	cpu->rec.tsc = cpu->clock.tsc;
}

void cpu__append(struct xentrace *xt, struct cpu *cpu, struct xt_segment *segment)
{
	if (cpu->tail)
		cpu->tail->next = segment;
	else
		cpu->head = segment;
	cpu->tail = segment;
	if (cpu->pos)
		return;
	cpu->rec.flags = 0;
	if (!next_segment(xt, cpu))
		return;
	cpu__look_further(xt, cpu);
	if (!cpu->pos)
		return;
	xt->heap[xt->nr_heap] = cpu;
	heap__up(xt, xt->nr_heap++);
}

/* Chooses the pCPU with the earliest record, and the limit of its run. */
static bool pick(struct xentrace *xt)
{
	struct cpu **heap = xt->heap;
	u64 last = xt->watermark;
	u32 i;

	if (xt->run) {
		if (!xt->run->pos)
			heap[0] = heap[--xt->nr_heap];
		if (xt->nr_heap)
			heap__down(xt, 0);
		xt->run = NULL;
	}
	if (xt->forcing && xt->held <= xt->look_ahead)
		xt->forcing = false;
	if (xt->forcing)
		last = UINT64_MAX - 1;
	if (!xt->nr_heap || heap[0]->clock.key > last)
		return false;
	xt->run = heap[0];
	xt->limit = last + 1;
	for (i = 1; i < 3 && i < xt->nr_heap; i++)
		xt->limit = min(xt->limit, heap[i]->clock.key + (heap[i]->nr > xt->run->nr));
	return true;
}

static noinline void learn_header(struct header_slot *slot, u32 header)
{
	slot->header = header;
	slot->event = xt_event__find(TRC_HD_TO_EVENT(header));
	slot->kind = (u8)slot->event->kind;
	slot->nr_words = (u8)header__words(header);
	slot->payload_at = (u8)(4 + 8 * header__has_tsc(header));
	slot->size = (u8)header__size(header);
}

noinline void cpu__take_header(struct xentrace *xt, struct cpu *cpu)
{
	const u32 header = load32(cpu->pos);
	struct header_slot *slot = &xt->headers[hash32(header, HEADER_BITS)];

	if (unlikely(slot->header != header))
		learn_header(slot, header);
	cpu->header = header;
	cpu->payload_at = slot->payload_at;
	cpu->size = slot->size;
	cpu->rec.id = TRC_HD_TO_EVENT(header);
	cpu->rec.event = slot->event;
	cpu->rec.kind = slot->kind;
	cpu->rec.nr_words = slot->nr_words;
}

noinline enum xt_status xentrace__next_elsewhere(struct xentrace *xt, const struct xt_rec **rec)
{
	for (;;) {
		/*
		 * Not before all input was read: a late record's place must not depend on when
		 * bytes arrive.
		 */
		if (xt->giving && pick(xt)) {
			cpu__give(xt, xt->run);
			*rec = &xt->run->rec;
			return XT_RECORD;
		}
		xt->giving = false;
		switch (xentrace__walk(xt)) {
		case WALK_NOMEM:
			return XT_NOMEM;
		case WALK_MORE:
			return xt->finished && !xt->chunk ? XT_END : XT_MORE;
		default:
			xt->giving = true;
			break;
		}
	}
}

enum xt_status xentrace__next(struct xentrace *xt, const struct xt_rec **rec)
{
	return xentrace__next_inline(xt, rec);
}

struct xentrace *xentrace__new(size_t look_ahead)
{
	struct xentrace *xt = calloc(1, sizeof(*xt));

	if (!xt)
		return NULL;
	xt->look_ahead = max(look_ahead ? look_ahead : XT_LOOK_AHEAD, 4 * sizeof(struct chunk));
	xt->vcpus = calloc(VCPU_SLOTS, sizeof(*xt->vcpus));
	if (!xt->vcpus) {
		xentrace__free(xt);
		return NULL;
	}
	xt->last_cpu = -1;
	xt->nr_epochs = 1;
	xt->generation = 1;
	return xt;
}

static void free_chunks(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void xentrace__free(struct xentrace *xt)
{
	struct xt_segment *segment;
	u32 i;

	if (!xt)
		return;
	for (i = 0; i < xt->cpu_end; i++) {
		if (!xt->cpus[i])
			continue;
		while ((segment = xt->cpus[i]->head)) {
			xt->cpus[i]->head = segment->next;
			xt_segment__put(xt, segment);
		}
		free(xt->cpus[i]);
	}
	while ((segment = xt->free_segments)) {
		xt->free_segments = segment->next;
		free(segment);
	}
	free(xt->chunk);
	free_chunks(xt->free_chunks);
	free(xt->vcpus);
	free(xt);
}

const struct xt_stats *xentrace__stats(const struct xentrace *xt)
{
	return &xt->stats;
}

bool xt_stats__blind(const struct xt_stats *stats)
{
	return stats->lost_times || stats->skipped || stats->holes || stats->truncated ||
	       stats->late || stats->conflicts || stats->distrusted;
}
