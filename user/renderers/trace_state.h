/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include <stdio.h>

#include "util/types.h"

#define TRACE_TRACKS 8192u /* of domains, actors and refs together; a power of two */

/* A track that has its name. Of a ref: whether a generation is open on it. */
struct trace_track {
	u64 key; /* pid and tid in one number, 0: free */
	bool open;
	u32 generation;
	u64 since;
};

/* What a format of the whole capture (struct renderer's event) has said so far. Begins as zeros. */
struct trace_state {
	struct trace_track track[TRACE_TRACKS]; /* hash by key, open addressing */
	u32 nr_tracks;
	u64 untracked; /* events for which there was no track any more */
	u64 call;      /* the newest one that has its slice */
	u64 end;       /* ns: of the newest event */
};

#endif
