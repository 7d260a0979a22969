/* SPDX-License-Identifier: GPL-2.0 */
/* Common to all actors: pauses, messages between the two ends of a device, pages. */
#ifndef GRANTWATCH_SIM_ACTORS_H
#define GRANTWATCH_SIM_ACTORS_H

#include "sim.h"

/* Pauses the actor for a random time, 0 in exhaustive runs. */
void actor__pause(struct sim *sim, struct actor *actor);

/* Puts the ref that @from has just granted into the inbox of @to; a full inbox loses it. */
void actor__send(struct sim *sim, struct actor *from, struct actor *to);

/* Takes the oldest message and answers its sender. */
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

/* One step of a user of gntdev, the process @task, from message to answer. */
void gntdev_user__step(struct sim *sim, struct actor *actor, u8 task);
/* Its parts: announces the message's refs; withdraws them. */
void gntdev_user__arm(struct sim *sim, struct actor *actor, u8 task);

#endif
