// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "rules/frames.h"
#include "util/array.h"

/*
 * 2^24 guest frames are 64 GiB. Guest frame numbers come from the guest, so the table needs a
 * limit.
 */
#define FRAMES_MAX   (1u << 24)
#define FRAMES_CHUNK 512u

/* chunks up to that of the highest learned frame */
struct frames {
	u32 **chunk;
	u32 nr;
};

struct frames *frames__new(void)
{
	return calloc(1, sizeof(struct frames));
}

void frames__free(struct frames *frames)
{
	u32 i;

	if (!frames)
		return;
	for (i = 0; i < frames->nr; i++)
		free(frames->chunk[i]);
	free(frames->chunk);
	free(frames);
}

static bool grow(struct frames *frames, u32 need)
{
	u32 room = frames->nr;
	u32 **bigger = array__reserve(frames->chunk, &room, need, sizeof(*bigger));

	if (!bigger)
		return false;
	memset(bigger + frames->nr, 0, (room - frames->nr) * sizeof(*bigger));
	frames->chunk = bigger;
	frames->nr = room;
	return true;
}

void frames__learn(struct frames *frames, u64 gfn, u64 mfn)
{
	u32 **chunk;

	if (gfn >= FRAMES_MAX || mfn > UINT32_MAX || !grow(frames, (u32)(gfn / FRAMES_CHUNK) + 1))
		return;
	chunk = &frames->chunk[gfn / FRAMES_CHUNK];
	if (!*chunk && !(*chunk = calloc(FRAMES_CHUNK, sizeof(u32))))
		return;
	(*chunk)[gfn % FRAMES_CHUNK] = (u32)mfn;
}

u64 frames__lookup(const struct frames *frames, u64 gfn)
{
	if (!frames || gfn / FRAMES_CHUNK >= frames->nr || !frames->chunk[gfn / FRAMES_CHUNK])
		return 0;
	return frames->chunk[gfn / FRAMES_CHUNK][gfn % FRAMES_CHUNK];
}
