/* SPDX-License-Identifier: GPL-2.0 */
/* What the parties have in common: pauses, messages between the two ends of a device, pages. */
#ifndef GRANTWATCH_SIM_ACTORS_H
#define GRANTWATCH_SIM_ACTORS_H

#include "sim.h"

/* The actor does nothing for a random time, in the exhaustive runs for none. */
void actor__pause(struct sim *sim, struct actor *actor);

/* Put what @from has just granted into the inbox of @to; a full one loses it. */
void actor__send(struct sim *sim, struct actor *from, struct actor *to);

/* Take the oldest message; tell its sender that it was served. */
void actor__take(struct actor *actor);
void actor__answer(struct sim *sim, struct actor *actor);

u32 guest__take_ref(struct guest *guest);
u32 guest__take_frame(struct guest *guest);
void guest__put_frame(struct guest *guest, u32 gfn);

/* Whether a frontend can grant one more ref. */
static inline bool guest__can_grant(const struct guest *guest)
{
	return guest->nr_free && guest->nr_frames;
}

/* A user of gntdev, as process @task: one step from message to answer. */
void gntdev_user__step(struct sim *sim, struct actor *actor, u8 task);
/* The parts of that: announce what the message names; take that back. */
void gntdev_user__arm(struct sim *sim, struct actor *actor, u8 task);

#endif
