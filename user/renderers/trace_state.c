// SPDX-License-Identifier: GPL-2.0
#include "renderers/trace_state.h"

int trace_state__init(struct trace_state *state)
{
	return hash__reserve(&state->places, TRACE_TRACKS);
}

void trace_state__cleanup(struct trace_state *state)
{
	hash__clear(&state->places);
}

struct trace_track *trace_state__track(struct trace_state *state, u32 pid, u64 tid, bool *fresh)
{
	u64 key = (u64)pid << 34 | tid;
	u32 place = hash__find(&state->places, key);

	*fresh = !place;
	if (place)
		return &state->track[place - 1];
	if (state->nr_tracks == TRACE_TRACKS ||
	    hash__set(&state->places, key, state->nr_tracks + 1)) {
		state->untracked++;
		return NULL;
	}
	return &state->track[state->nr_tracks++];
}
