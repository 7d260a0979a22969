/* SPDX-License-Identifier: GPL-2.0 */
/* "did you mean": the word of a list that a misspelt one most likely is. */
#ifndef GRANTWATCH_SIMILAR_H
#define GRANTWATCH_SIMILAR_H

#include "util/types.h"

struct similar {
	const char *word; /* as it was typed */
	const char *best; /* the likeliest candidate so far, NULL: none is close */
	u32 distance;	  /* of @best: letters changed, added, removed or swapped */
	u32 common;	  /* letters at the beginning that @best has in common */
};

/*
 * Consider @candidate, which must stay. Of several that are as close, the one whose beginning is
 * more alike is kept.
 */
void similar__offer(struct similar *similar, const char *candidate);

#endif
