/* SPDX-License-Identifier: GPL-2.0 */
/* The granter's process, with one window at a time. */
#ifndef GRANTWATCH_REPRO_GRANTER_H
#define GRANTWATCH_REPRO_GRANTER_H

#include "repro/device.h"
#include "repro/window.h"

struct granter {
	const struct repro_ops *ops;
	void *ctx;
	u32 domid; /* to which it grants */
	int fd;	   /* -1 until it is needed */
	struct window *window;
	void *addr;
	u32 mapped; /* pages at addr, 0 without a window */
};

void granter__init(struct granter *granter, const struct repro_ops *ops, void *ctx, u32 domid,
		   struct window *window);

/*
 * @writable: by the mapper; windows of the Qubes GUI are not. @serial: the window's number in this
 * run. The caller sets window->nonce; the rest is filled in.
 */
void granter__grant(struct granter *granter, u32 count, bool writable, u32 serial,
		    struct outcome *out);
void granter__free(struct granter *granter, struct outcome *out);

#endif
