/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An input's first byte chooses its rendering: bits 1 to 3 are the format, bit 4 stands for none.
 * Rendering takes several times as long as judging, so that all formats for each input would leave
 * fewer inputs for the parser and the rules.
 */
#ifndef GRANTWATCH_FUZZ_RENDER_H
#define GRANTWATCH_FUZZ_RENDER_H

#include "renderers/renderer.h"

#define RENDER_NOTHING 0x10

/* Returns NULL for none. */
static inline const struct renderer *render__choose(u8 flags)
{
	return flags & RENDER_NOTHING ? NULL : renderer__of((enum report_format)(flags >> 1 & 7));
}

#endif
