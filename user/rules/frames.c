// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "rules/frames.h"

/*
 * 2^24 guest frames are 64 GiB; a guest frame number comes from the guest, so the table has an end.
 */
#define FRAMES_MAX   (1u << 24)
#define FRAMES_CHUNK 4096u

struct frames {
	u32 *chunk[FRAMES_MAX / FRAMES_CHUNK];
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
	for (i = 0; i < FRAMES_MAX / FRAMES_CHUNK; i++)
		free(frames->chunk[i]);
	free(frames);
}

void frames__learn(struct frames *frames, u64 gfn, u64 mfn)
{
	u32 **chunk;

	if (gfn >= FRAMES_MAX || mfn > UINT32_MAX)
		return;
	chunk = &frames->chunk[gfn / FRAMES_CHUNK];
	if (!*chunk && !(*chunk = calloc(FRAMES_CHUNK, sizeof(u32))))
		return;
	(*chunk)[gfn % FRAMES_CHUNK] = (u32)mfn;
}

u64 frames__lookup(const struct frames *frames, u64 gfn)
{
	if (!frames || gfn >= FRAMES_MAX || !frames->chunk[gfn / FRAMES_CHUNK])
		return 0;
	return frames->chunk[gfn / FRAMES_CHUNK][gfn % FRAMES_CHUNK];
}
