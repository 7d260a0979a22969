// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/kept.h"

void kept__cleanup(struct kept *kept)
{
	while (kept->nr)
		free(kept->rec[--kept->nr]);
}

/* The key of a fact or the name of a probe; NULL for other records. */
static const char *subject(const struct rec *rec)
{
	if (rec->type == REC_FACT)
		return ((const struct rec_fact *)(const void *)rec)->text;
	if (rec->type == REC_PROBE)
		return ((const struct rec_probe *)(const void *)rec)->text;
	return NULL;
}

static bool is_of_one_file(const struct rec *rec)
{
	return rec->type == REC_FACT &&
	       (!strncmp(subject(rec), "ids.", 4) || !strcmp(subject(rec), FACT_CONTINUES));
}

/* The index of the kept record with the same subject, or the first free index. */
static u32 find(const struct kept *kept, const struct rec *rec)
{
	u32 i;

	for (i = 0; i < kept->nr && subject(rec); i++)
		if (kept->rec[i]->type == rec->type && !strcmp(subject(kept->rec[i]), subject(rec)))
			return i;
	return kept->nr;
}

int kept__see(struct kept *kept, const struct rec *rec)
{
	struct rec *copy;
	u32 at;

	if ((!subject(rec) && rec->type != REC_LOSS) || is_of_one_file(rec))
		return 0;
	at = find(kept, rec);
	copy = at < KEPT_MAX ? malloc(rec->len) : NULL;
	if (!copy)
		return -ENOMEM;
	memcpy(copy, rec, rec->len);
	if (at == kept->nr)
		kept->rec[kept->nr++] = NULL;
	free(kept->rec[at]);
	kept->rec[at] = copy;
	return 0;
}

static bool is_over(const struct rec *rec, u64 watermark)
{
	return rec->type == REC_LOSS &&
	       ((const struct rec_loss *)(const void *)rec)->until <= watermark;
}

void kept__mark(struct kept *kept, u64 watermark)
{
	u32 i, nr = 0;

	for (i = 0; i < kept->nr; i++) {
		if (is_over(kept->rec[i], watermark))
			free(kept->rec[i]);
		else
			kept->rec[nr++] = kept->rec[i];
	}
	kept->nr = nr;
}
