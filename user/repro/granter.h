/* SPDX-License-Identifier: GPL-2.0 */
/* The granter's process: one window at a time. */
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
	u32 mapped; /* pages at addr, 0 when no window lives */
};

void granter__init(struct granter *granter, const struct repro_ops *ops, void *ctx, u32 domid,
		   struct window *window);

/*
 * @writable: by the mapper, as the windows of the Qubes GUI are not. @serial is the window's number
 * in this run; window->nonce is the caller's, the rest is filled in.
 */
void granter__grant(struct granter *granter, u32 count, bool writable, u32 serial,
		    struct outcome *out);
void granter__free(struct granter *granter, struct outcome *out);

#endif
