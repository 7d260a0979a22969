/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include <stdio.h>

#include "util/hash.h"

#define TRACE_TRACKS 4096u /* domains, actors and refs together */

/* A track with a name. For a ref: whether a generation is open on it. */
struct trace_track {
	bool open;
	u32 generation;
	u64 since;
};

/* State of a format that prints all events (struct renderer's event). */
struct trace_state {
	struct hash places; /* pid and tid in one number → index + 1 */
	struct trace_track track[TRACE_TRACKS];
	u32 nr_tracks;
	u64 untracked; /* events beyond the limit of tracks */
	u64 call;      /* the newest call with a slice */
	u64 end;       /* ns: of the newest event */
};

/* Initialises @state, which holds zeros. Returns 0 or -ENOMEM. */
int trace_state__init(struct trace_state *state);
void trace_state__cleanup(struct trace_state *state);

/*
 * Returns the track of thread @tid in process @pid; *@fresh: it is new and has no name. NULL at the
 * limit.
 */
struct trace_track *trace_state__track(struct trace_state *state, u32 pid, u64 tid, bool *fresh);

#endif
