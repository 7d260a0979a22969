/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine frame behind a guest frame. A PV guest grants machine frames, so both are the same
 * number. For PVH and HVM the frame is learned from maps whose generation is beyond doubt. It is
 * forgotten when a later map contradicts it (ballooning, page exchange).
 */
#ifndef GRANTWATCH_FRAMES_H
#define GRANTWATCH_FRAMES_H

#include "util/types.h"

struct frames;

struct frames *frames__new(void);
void frames__free(struct frames *frames);

/* Notes that a map of guest frame @gfn returned machine frame @mfn. */
void frames__learn(struct frames *frames, u64 gfn, u64 mfn);

/* Returns the machine frame of @gfn, 0 unknown. */
u64 frames__lookup(const struct frames *frames, u64 gfn);

#endif
