/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of a feed: stream (feed.c), description and coverage. */
#ifndef GRANTWATCH_SOURCES_FEED_INTERNAL_H
#define GRANTWATCH_SOURCES_FEED_INTERNAL_H

#include "sources/feed.h"

/* Keep what @rec says: a fact, task, process or stack. */
void feed__describe(struct feed *feed, const struct rec *rec);

/* Keep what @rec says: a probe, loss or phase. */
void feed__note_coverage(struct feed *feed, const struct rec *rec);

/* A sanitised copy, charged to the feed's budget; NULL over it. */
char *feed__keep_text(struct feed *feed, const char *text);

#endif
