/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include <stdio.h>

#include "util/hash.h"

/* Domains, actors and refs together. Guests name refs, so there is a limit. */
#define TRACE_TRACKS (1u << 17)

/* A track with a name. For a ref: whether a generation is open on it. */
struct trace_track {
	bool open;
	u32 generation;
	u64 since;
};

/* State of a format that prints all events (struct renderer's event). Begins as zeros. */
struct trace_state {
	struct hash places; /* pid and tid in one number → index + 1 */
	struct trace_track *track;
	u32 nr_tracks, room;
	u64 untracked; /* events that lack a track */
	u64 call;      /* the newest call with a slice */
	u64 end;       /* ns: of the newest event */
};

void trace_state__cleanup(struct trace_state *state);

/*
 * Returns the track of thread @tid in process @pid, valid until the next call; *@fresh: it is new
 * and has no name. NULL at the limit.
 */
struct trace_track *trace_state__track(struct trace_state *state, u32 pid, u64 tid, bool *fresh);

/* Whether every event has its tracks. Logs a warning if not. */
bool trace_state__is_whole(const struct trace_state *state);

#endif
