/* SPDX-License-Identifier: GPL-2.0 */
/* "did you mean": finds the entry of a list that is most similar to a misspelt word. */
#ifndef GRANTWATCH_SIMILAR_H
#define GRANTWATCH_SIMILAR_H

#include "util/types.h"

struct similar {
	const char *word; /* as it was typed */
	const char *best; /* the most similar word so far, NULL none */
	u32 distance;	  /* of @best: letters changed, added, removed or swapped */
	u32 common;	  /* number of first letters that @best has in common */
};

/*
 * Compares @candidate, which must stay valid. Of equally similar words, the one with the longer
 * common beginning is kept.
 */
void similar__offer(struct similar *similar, const char *candidate);

#endif
