/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events around a finding. Findings are known after all was read, so events are kept in a file.
 */
#ifndef GRANTWATCH_EVENTS_AROUND_H
#define GRANTWATCH_EVENTS_AROUND_H

#include <stdio.h>

#include "events/event.h"
#include "rules/finding.h"

struct around {
	const char *which; /* number or fingerprint */
	u64 window;	   /* ns */
	FILE *file;	   /* unlinked */
	bool failed;
};

/* Returns 0, or -1 with errno set. */
int around__init(struct around *around, const char *which, u64 window);
void around__cleanup(struct around *around);

void around__keep(struct around *around, const struct event *event);

/*
 * Calls @fn for each kept event that concerns a ref of the finding, from its first step to its
 * last, or within the window. Returns 0, or -1 after logging the error.
 */
int around__print(struct around *around, const struct findings *findings,
		  void (*fn)(void *ctx, const struct event *event), void *ctx);

#endif
