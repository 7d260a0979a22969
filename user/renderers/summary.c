// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <string.h>

#include "renderers/renderer.h"

void summary__blind(struct summary *summary, const char *fmt, ...)
{
	va_list ap;
	char *slot;
	u32 i;

	if (summary->nr_blind == SUMMARY_BLIND)
		return;
	slot = summary->blind[summary->nr_blind];
	va_start(ap, fmt);
	vsnprintf(slot, sizeof(summary->blind[0]), fmt, ap);
	va_end(ap);
	for (i = 0; i < summary->nr_blind; i++)
		if (!strcmp(summary->blind[i], slot))
			return;
	summary->nr_blind++;
}

const struct summary_side *summary__side(const struct summary *summary, u16 domid)
{
	u32 i;

	for (i = 0; i < summary->nr_sides; i++)
		if (summary->side[i].domid == domid)
			return &summary->side[i];
	return NULL;
}
