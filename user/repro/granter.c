// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "repro/granter.h"

void granter__init(struct granter *granter, const struct repro_ops *ops, void *ctx, u32 domid,
		   struct window *window)
{
	*granter = (struct granter){
		.ops = ops, .ctx = ctx, .domid = domid, .fd = -1, .window = window};
}

static int open_device(struct granter *granter)
{
	if (granter->fd < 0)
		granter->fd = granter->ops->open(granter->ctx, SIDE_GRANTER);
	return min(granter->fd, 0);
}

static int alloc(struct granter *granter, u32 count, bool writable, u64 *index, struct outcome *out)
{
	const struct repro_ops *ops = granter->ops;
	int err = ops->alloc(granter->ctx, granter->fd, granter->domid, count, writable,
			     granter->window->ref, index);
	int raised;

	if (err != -ENOSPC)
		return err;
	raised = ops->raise_limit(granter->ctx, count, out);
	if (!raised)
		return ops->alloc(granter->ctx, granter->fd, granter->domid, count, writable,
				  granter->window->ref, index);
	if (raised == -EACCES || raised == -EPERM)
		outcome__note(out,
			      "as root, repro raises /sys/module/xen_gntalloc/parameters/limit");
	return err;
}

/*
 * Like libxengnttab's xengntshr_share_pages(), and so like the agent of the Qubes GUI: the window
 * is deallocated as soon as it is mapped, so that the last munmap frees it.
 */
void granter__grant(struct granter *granter, u32 count, bool writable, u32 serial,
		    struct outcome *out)
{
	const struct repro_ops *ops = granter->ops;
	struct window *window = granter->window;
	u64 index = 0;
	u32 i;

	out->nr = count;
	out->err = EBUSY;
	if (granter->mapped) {
		outcome__note(out, "its window is not freed yet");
		return;
	}
	window->nr = 0;
	out->err = -open_device(granter);
	if (!out->err)
		out->err = -alloc(granter, count, writable, &index, out);
	if (out->err)
		return;
	out->err = -ops->map(granter->ctx, granter->fd, index, count, true, &granter->addr);
	ops->dealloc(granter->ctx, granter->fd, index, count);
	if (out->err)
		return;
	granter->mapped = count;
	window->nr = count;
	out->worked = count;
	for (i = 0; i < count; i++) {
		window->serial[i] = serial;
		window__fill(window, i, (char *)granter->addr + (size_t)i * REPRO_PAGE_SIZE);
	}
}

void granter__free(struct granter *granter, struct outcome *out)
{
	out->nr = granter->mapped;
	if (!granter->mapped) {
		out->err = ENODATA;
		outcome__note(out, "no window lives");
		return;
	}
	out->err = -granter->ops->unmap(granter->ctx, granter->addr, granter->mapped);
	if (out->err)
		return;
	out->worked = granter->mapped;
	granter->mapped = 0;
}
