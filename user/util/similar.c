// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "util/similar.h"

/* letters of a word that are compared */
#define LETTERS 32

/*
 * Number of letters to change, add, remove or swap with the next to make @b of @a (Damerau, 1964).
 */
static u32 distance(const char *a, const char *b)
{
	u32 cost[LETTERS + 1][LETTERS + 1];
	const u32 na = (u32)strnlen(a, LETTERS), nb = (u32)strnlen(b, LETTERS);
	u32 i, j;

	for (i = 0; i <= na; i++)
		cost[i][0] = i;
	for (j = 0; j <= nb; j++)
		cost[0][j] = j;
	for (i = 1; i <= na; i++)
		for (j = 1; j <= nb; j++) {
			const bool same = a[i - 1] == b[j - 1];
			u32 least = min(cost[i - 1][j], cost[i][j - 1]) + 1;

			least = min(least, cost[i - 1][j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				least = min(least, cost[i - 2][j - 2] + 1);
			cost[i][j] = least;
		}
	return cost[na][nb];
}

void similar__offer(struct similar *similar, const char *candidate)
{
	const size_t len = strlen(similar->word);
	/* One error in three letters. A correct beginning counts as one. */
	const u32 most = max((u32)len / 3, 1u);
	u32 apart, common = 0;

	if (!len)
		return;
	apart = len > 2 && !strncmp(candidate, similar->word, len)
			? 1
			: distance(similar->word, candidate);
	while (candidate[common] && candidate[common] == similar->word[common])
		common++;
	if (apart > most ||
	    (similar->best && (apart > similar->distance ||
			       (apart == similar->distance && common <= similar->common))))
		return;
	similar->common = common;
	similar->best = candidate;
	similar->distance = apart;
}
