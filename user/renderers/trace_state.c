// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "renderers/trace_state.h"
#include "util/array.h"
#include "util/log.h"
#include "util/memory.h"

void trace_state__cleanup(struct trace_state *state)
{
	hash__clear(&state->places);
	free(state->track);
	free(state->call.packet.buf.data);
}

static struct trace_track *new_track(struct trace_state *state, u64 uuid)
{
	struct trace_track *track =
		array__reserve(state->track, &state->room, state->nr_tracks + 1, sizeof(*track));

	if (!track || hash__set(&state->places, uuid, state->nr_tracks + 1))
		memory__end();
	state->track = track;
	track += state->nr_tracks++;
	*track = (struct trace_track){};
	return track;
}

struct trace_track *trace_state__track(struct trace_state *state, u64 uuid, bool *fresh)
{
	u32 place = hash__find(&state->places, uuid);

	*fresh = !place;
	if (place)
		return &state->track[place - 1];
	return state->nr_tracks < TRACE_TRACKS ? new_track(state, uuid) : NULL;
}

bool trace_state__is_whole(const struct trace_state *state)
{
	if (state->untracked)
		pr_warn("%" PRIu64
			" events are not in the trace, which has %u tracks at most: use 'grantwatch events' with a filter such as --ref or --since",
			state->untracked, TRACE_TRACKS);
	return !state->untracked;
}
