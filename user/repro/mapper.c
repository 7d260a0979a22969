// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "repro/mapper.h"
#include "util/array.h"
#include "util/monotonic.h"

void mapper__init(struct mapper *mapper, const struct repro_ops *ops, void *ctx, u32 domid,
		  const struct window *told)
{
	*mapper = (struct mapper){.ops = ops, .ctx = ctx, .domid = domid, .fd = -1, .told = told};
}

void mapper__cleanup(struct mapper *mapper)
{
	free(mapper->armed);
	free(mapper->pages);
	free(mapper->status);
	mapper->armed = NULL;
	mapper->pages = NULL;
	mapper->status = NULL;
}

u32 mapper__holds(const struct mapper *mapper)
{
	u32 i, n = 0;

	for (i = 0; i < mapper->nr; i++)
		n += mapper->armed[i].addr ? mapper->armed[i].mapped : 0;
	return n;
}

static struct armed *add(struct mapper *mapper)
{
	struct armed *armed =
		array__reserve(mapper->armed, &mapper->room, mapper->nr + 1, sizeof(*armed));

	if (!armed)
		return NULL;
	mapper->armed = armed;
	mapper->armed[mapper->nr] = (struct armed){0};
	return &mapper->armed[mapper->nr];
}

/* Announces refs @first to @first + @count - 1 of the window. Returns 0 or -errno. */
static int arm(struct mapper *mapper, u32 first, u32 count)
{
	struct armed *armed = add(mapper);
	int err;

	if (!armed)
		return -ENOMEM;
	armed->first = first;
	armed->count = count;
	err = mapper->ops->arm(mapper->ctx, mapper->fd, mapper->domid, mapper->told->ref + first,
			       count, &armed->index);
	if (!err)
		mapper->nr++;
	return err;
}

static int disarm_last(struct mapper *mapper)
{
	struct armed *armed = &mapper->armed[--mapper->nr];

	return mapper->ops->disarm(mapper->ctx, mapper->fd, armed->index, armed->count);
}

static int map(struct mapper *mapper, struct armed *armed)
{
	void *addr;
	int err =
		mapper->ops->map(mapper->ctx, mapper->fd, armed->index, armed->count, false, &addr);

	if (!err) {
		armed->addr = addr;
		armed->mapped = armed->count;
	}
	return err;
}

/* Returns 0, or an errno with a note. */
static int prepare(struct mapper *mapper, struct outcome *out)
{
	out->nr = mapper->told->nr;
	if (!mapper->told->nr) {
		outcome__note(out, "no refs were announced to it");
		return ENODATA;
	}
	if (mapper->fd < 0)
		mapper->fd = mapper->ops->open(mapper->ctx, SIDE_MAPPER);
	return -min(mapper->fd, 0);
}

void mapper__arm(struct mapper *mapper, bool each, struct outcome *out)
{
	u32 i, count;

	out->err = prepare(mapper, out);
	if (!out->err && mapper->nr) {
		outcome__note(out, "refs are armed already");
		out->err = EBUSY;
	}
	count = each ? 1 : mapper->told->nr;
	for (i = 0; i < mapper->told->nr && !out->err; i += count) {
		out->err = -arm(mapper, i, count);
		out->worked += out->err ? 0 : count;
	}
}

void mapper__map(struct mapper *mapper, struct outcome *out)
{
	u32 i;

	for (i = 0; i < mapper->nr; i++) {
		struct armed *armed = &mapper->armed[i];
		int err;

		if (armed->addr)
			continue;
		err = -map(mapper, armed);
		out->nr += armed->count;
		out->worked += err ? 0 : armed->count;
		if (err)
			out->err = err;
	}
	if (!out->nr) {
		out->err = ENODATA;
		outcome__note(out, "no refs are armed");
	}
}

/* ---- map retry ---- */

struct retry {
	u32 tries, rounds;
	int err;	/* of the last try */
	bool was_armed; /* it mapped a ref that was announced before the step */
};

/* The mapped ref is the last of the list. */
static void note_hit(struct mapper *mapper, const struct retry *retry, struct outcome *out)
{
	const struct armed *armed = &mapper->armed[mapper->nr - 1];
	u32 ref = mapper->told->ref[armed->first];

	out->worked = armed->count;
	outcome__note(out, "ref %u (0x%x) after %u tries in %u rounds%s", ref, ref, retry->tries,
		      retry->rounds, retry->was_armed ? ", with what was armed before" : "");
}

/*
 * From the end, as refs that were freed last are granted first. A failed announcement cannot be
 * mapped again (gntdev permits one mmap), so it is withdrawn.
 */
static bool try_armed(struct mapper *mapper, struct retry *retry)
{
	retry->rounds++;
	retry->was_armed = true;
	while (mapper->nr) {
		retry->tries++;
		retry->err = map(mapper, &mapper->armed[mapper->nr - 1]);
		if (!retry->err)
			return true;
		disarm_last(mapper);
	}
	return false;
}

static bool try_each(struct mapper *mapper, struct retry *retry, u64 deadline)
{
	u32 i;

	retry->rounds++;
	retry->was_armed = false;
	for (i = mapper->told->nr; i-- > 0 && now_mono() < deadline;) {
		retry->tries++;
		retry->err = arm(mapper, i, 1);
		if (retry->err)
			continue;
		retry->err = map(mapper, &mapper->armed[mapper->nr - 1]);
		if (!retry->err)
			return true;
		disarm_last(mapper);
	}
	return false;
}

void mapper__map_retry(struct mapper *mapper, u64 deadline, struct outcome *out)
{
	struct retry retry = {0};
	bool hit;

	out->err = prepare(mapper, out);
	if (!out->err && mapper__holds(mapper)) {
		outcome__note(out, "it holds a map already");
		out->err = EBUSY;
	}
	if (out->err)
		return;
	hit = mapper->nr && try_armed(mapper, &retry);
	while (!hit && now_mono() < deadline)
		hit = try_each(mapper, &retry, deadline);
	if (hit) {
		note_hit(mapper, &retry, out);
		return;
	}
	out->err = -retry.err;
	outcome__note(out,
		      "%u tries in %u rounds: nothing was given these refs. A disk with persistent "
		      "grants "
		      "keeps its own; the granter's kernel does without with "
		      "xen_blkfront.feature_persistent=0",
		      retry.tries, retry.rounds);
}

/* ---- copies ---- */

/* Makes room for a page of each ref. Returns 0 or an errno. */
static int prepare_pages(struct mapper *mapper)
{
	u32 nr = mapper->told->nr;
	size_t size = (size_t)nr * REPRO_PAGE_SIZE;

	mapper->copied = 0;
	if (nr > mapper->nr_pages) {
		free(mapper->pages);
		free(mapper->status);
		mapper->nr_pages = 0;
		mapper->pages = aligned_alloc(REPRO_PAGE_SIZE, size);
		mapper->status = calloc(nr, sizeof(*mapper->status));
		if (!mapper->pages || !mapper->status)
			return ENOMEM;
		mapper->nr_pages = nr;
	}
	memset(mapper->pages, 0, size);
	return 0;
}

/* Returns how many of the window's refs Xen copied, or -errno. */
static int copy_once(struct mapper *mapper, bool to_refs)
{
	const struct repro_copy copy = {.domid = mapper->domid,
					.refs = mapper->told->ref,
					.count = mapper->told->nr,
					.pages = mapper->pages,
					.to_refs = to_refs};
	int err = mapper->ops->copy(mapper->ctx, mapper->fd, &copy, mapper->status), worked = 0;
	u32 i;

	for (i = 0; !err && i < copy.count; i++)
		worked += !mapper->status[i];
	mapper->copied = !err && !to_refs ? copy.count : 0;
	return err ? err : worked;
}

/* Returns the first ref that was copied (@worked), or not copied. */
static u32 first_copied(const struct mapper *mapper, bool worked)
{
	u32 i = 0;

	while (i + 1 < mapper->told->nr && !mapper->status[i] != worked)
		i++;
	return i;
}

static int begin_copy(struct mapper *mapper, struct outcome *out)
{
	int err = prepare(mapper, out);

	return err ? err : prepare_pages(mapper);
}

void mapper__copy(struct mapper *mapper, bool to_refs, struct outcome *out)
{
	int worked;
	u32 i;

	out->err = begin_copy(mapper, out);
	if (out->err)
		return;
	worked = copy_once(mapper, to_refs);
	if (worked < 0) {
		out->err = -worked;
		return;
	}
	out->worked = (u32)worked;
	if (out->worked == out->nr)
		return;
	out->err = EINVAL;
	i = first_copied(mapper, false);
	outcome__note(out, "%u refused, the first one, ref %u, with status %d",
		      out->nr - out->worked, mapper->told->ref[i], mapper->status[i]);
}

void mapper__copy_retry(struct mapper *mapper, bool to_refs, u64 deadline, struct outcome *out)
{
	u32 rounds = 0, ref;
	int worked = 0;

	out->err = begin_copy(mapper, out);
	if (out->err)
		return;
	for (; !worked && now_mono() < deadline; rounds++)
		worked = copy_once(mapper, to_refs);
	if (worked > 0) {
		ref = mapper->told->ref[first_copied(mapper, true)];
		out->worked = (u32)worked;
		outcome__note(out, "ref %u (0x%x) after %u rounds", ref, ref, rounds);
		return;
	}
	out->err = worked ? -worked : EINVAL;
	outcome__note(out, "%u rounds: nothing was given these refs", rounds);
}

/* ---- what is mapped or copied ---- */

static void examine_mapped(const struct mapper *mapper, u32 *count)
{
	u32 i, j;

	for (i = 0; i < mapper->nr; i++) {
		const struct armed *armed = &mapper->armed[i];

		for (j = 0; armed->addr && j < armed->mapped; j++) {
			const char *page = (char *)armed->addr + (size_t)j * REPRO_PAGE_SIZE;

			count[window__examine(mapper->told, armed->first + j, page)]++;
		}
	}
}

static void examine_copied(const struct mapper *mapper, u32 *count)
{
	u32 i;

	for (i = 0; i < mapper->copied; i++) {
		const char *page = mapper->pages + (size_t)i * REPRO_PAGE_SIZE;

		if (!mapper->status[i])
			count[window__examine(mapper->told, i, page)]++;
	}
}

void mapper__check(struct mapper *mapper, struct outcome *out)
{
	static const char *const words[NR_PAGE_CONTENT] = {
		"as granted", "of another window", "of another run", "zero", "foreign",
	};
	u32 count[NR_PAGE_CONTENT] = {0};
	u32 i;

	if (mapper__holds(mapper))
		examine_mapped(mapper, count);
	else
		examine_copied(mapper, count);
	for (i = 0; i < NR_PAGE_CONTENT; i++) {
		out->nr += count[i];
		if (count[i])
			outcome__note(out, "%u %s", count[i], words[i]);
	}
	out->worked = count[PAGE_OURS];
	out->err = !out->nr ? ENODATA : out->worked < out->nr ? ESTALE : 0;
	if (!out->nr)
		outcome__note(out, "nothing is mapped or copied");
}

/* Does something to one mapped range, a disturbance as in *@how. Returns 0 or an errno. */
typedef int armed_fn(struct mapper *mapper, struct armed *armed, const enum disturb *how);

static int unmap_one(struct mapper *mapper, struct armed *armed, const enum disturb *how)
{
	int err = -mapper->ops->unmap(mapper->ctx, armed->addr, armed->mapped);

	if (!err)
		armed->addr = NULL;
	return err;
}

static int disturb_one(struct mapper *mapper, struct armed *armed, const enum disturb *how)
{
	int err = -mapper->ops->disturb(mapper->ctx, &armed->addr, armed->mapped, *how);

	if (!err && *how == DISTURB_HALVE)
		armed->mapped /= 2;
	return err;
}

static void each_mapped(struct mapper *mapper, armed_fn *act, const enum disturb *how,
			struct outcome *out)
{
	u32 i;

	out->nr = mapper__holds(mapper);
	if (!out->nr) {
		out->err = ENODATA;
		outcome__note(out, "nothing is mapped");
	}
	for (i = 0; i < mapper->nr; i++) {
		struct armed *armed = &mapper->armed[i];
		u32 pages = armed->mapped;
		int err;

		if (!armed->addr)
			continue;
		err = act(mapper, armed, how);
		if (err)
			out->err = err;
		else
			out->worked += pages;
	}
}

void mapper__unmap(struct mapper *mapper, struct outcome *out)
{
	each_mapped(mapper, unmap_one, NULL, out);
}

void mapper__disturb(struct mapper *mapper, enum disturb how, struct outcome *out)
{
	each_mapped(mapper, disturb_one, &how, out);
}

void mapper__disarm(struct mapper *mapper, struct outcome *out)
{
	if (!mapper->nr) {
		out->err = ENODATA;
		outcome__note(out, "no refs are armed");
	}
	while (mapper->nr) {
		u32 count = mapper->armed[mapper->nr - 1].count;
		int err = -disarm_last(mapper);

		out->nr += count;
		out->worked += err ? 0 : count;
		if (err)
			out->err = err;
	}
}
