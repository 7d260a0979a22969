/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include <stdio.h>

#include "renderers/track_event.h"
#include "util/hash.h"

/* Domains, actors and refs together. Guests name refs, so there is a limit. */
#define TRACE_TRACKS (1u << 17)

/* A track with a name. */
struct trace_track {
	u64 last;  /* ns: what is written next is not before */
	bool open; /* of a ref: a generation is open */
};

/* A call is written when its operations are known. */
struct trace_call {
	u64 number;  /* struct event's call */
	u64 track;   /* uuid; 0: none */
	u64 at, end; /* ns */
	bool open;   /* it is not written yet */
	struct track_event packet;
};

/* State of a format that prints all events (struct renderer's event). Begins as zeros. */
struct trace_state {
	struct hash places; /* uuid of a track → index + 1 */
	struct trace_track *track;
	u32 nr_tracks, room;
	u64 untracked; /* events that lack a track */
	struct trace_call call;
	u64 end; /* ns: of the newest event */
};

void trace_state__cleanup(struct trace_state *state);

/*
 * Returns the track @uuid, valid until the next call; *@fresh: it is new and has no name. NULL at
 * the limit.
 */
struct trace_track *trace_state__track(struct trace_state *state, u64 uuid, bool *fresh);

/* Whether every event has its tracks. Logs a warning if not. */
bool trace_state__is_whole(const struct trace_state *state);

#endif
