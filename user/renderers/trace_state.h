/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include <stdio.h>

#include "util/hash.h"

#define TRACE_TRACKS 4096u /* of domains, actors and refs together */

/* A track that has its name. Of a ref: whether a generation is open on it. */
struct trace_track {
	bool open;
	u32 generation;
	u64 since;
};

/* What a format of the whole capture (struct renderer's event) has said so far. */
struct trace_state {
	struct hash places; /* pid and tid in one number → place + 1 */
	struct trace_track track[TRACE_TRACKS];
	u32 nr_tracks;
	u64 untracked; /* events for which there was no track any more */
	u64 call;      /* the newest one that has its slice */
	u64 end;       /* ns: of the newest event */
};

/* Begins @state, which holds zeros. 0 or -ENOMEM. */
int trace_state__init(struct trace_state *state);
void trace_state__cleanup(struct trace_state *state);

/*
 * The track of thread @tid in process @pid; *@fresh: it is new, and has no name yet. NULL when
 * there are too many.
 */
struct trace_track *trace_state__track(struct trace_state *state, u32 pid, u64 tid, bool *fresh);

#endif
