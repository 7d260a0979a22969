/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which machine frame is behind a guest frame. A PV guest grants machine frames, so there it is the
 * same number. For PVH and HVM it is learned from maps whose generation is beyond doubt, and
 * forgotten when a later one contradicts (ballooning, page exchange).
 */
#ifndef GRANTWATCH_FRAMES_H
#define GRANTWATCH_FRAMES_H

#include "util/types.h"

struct frames;

struct frames *frames__new(void);
void frames__free(struct frames *frames);

/* A map of guest frame @gfn returned machine frame @mfn. */
void frames__learn(struct frames *frames, u64 gfn, u64 mfn);

/* The machine frame of @gfn, 0 when not known. */
u64 frames__lookup(const struct frames *frames, u64 gfn);

#endif
