// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "repro/crew.h"
#include "util/monotonic.h"

int crew__init(struct crew *crew)
{
	unsigned int i;

	if (getrandom(&crew->nonce, sizeof(crew->nonce), 0) != sizeof(crew->nonce))
		return -EIO;
	for (i = 0; i < NR_ACTORS; i++) {
		crew->window[i] = i == ACTOR_MAPPER2 ? crew->window[ACTOR_MAPPER]
						     : repro__shared(sizeof(struct window));
		if (!crew->window[i])
			return -ENOMEM;
	}
	return 0;
}

void crew__cleanup(struct crew *crew)
{
	unsigned int i;

	for (i = 0; i < NR_ACTORS; i++) {
		struct outcome out = {0};

		if (crew->worker[i].pid)
			worker__end(&crew->worker[i], VERB_KILL, &out);
	}
}

static int start_worker(struct crew *crew, enum actor actor)
{
	enum side side = actor__side(actor);
	bool second = actor == ACTOR_GRANTER2 || actor == ACTOR_MAPPER2;
	char name[COMM_MAX];
	struct worker_setup setup = {
		.ops = crew->ops,
		.ctx = crew->ctx,
		.side = side,
		.domid = crew->peer[side],
		.name = name,
		.window = crew->window[actor],
	};

	if (crew->worker[actor].pid)
		return 0;
	snprintf(name, sizeof(name), "%.*s%s", second ? COMM_MAX - 2 : COMM_MAX - 1,
		 crew->name[side], second ? "2" : "");
	return worker__start(&crew->worker[actor], &setup);
}

static void let_worker(struct crew *crew, const struct script_step *step, struct outcome *out)
{
	struct window *window = crew->window[step->actor];

	out->err = -start_worker(crew, step->actor);
	if (out->err)
		return;
	if (step->verb == VERB_GRANT) {
		window->nonce = crew->nonce;
		crew->serial++;
	}
	worker__do(&crew->worker[step->actor], step, crew->serial, step__budget(step) + crew->limit,
		   out);
}

static void use_disk(struct crew *crew, const struct script_step *step, struct outcome *out)
{
	if (!crew->disk) {
		out->err = ENODEV;
		outcome__note(out, "no --disk");
	} else if (step->verb == VERB_READ) {
		disk__read(crew->disk, step->count, out);
	} else if (step->verb == VERB_LOST) {
		disk__lost(crew->disk, out->start + step->time, out);
	} else {
		disk__idle(crew->disk, out);
	}
}

static void crew__perform(void *ctx, const struct script_step *step, struct outcome *out)
{
	struct crew *crew = ctx;
	u64 start = now_mono();

	out->start = start;
	switch (step->verb) {
	case VERB_EXIT:
	case VERB_KILL:
		worker__end(&crew->worker[step->actor], step->verb, out);
		break;
	case VERB_WAIT:
		repro__sleep_until(start + step->time);
		break;
	case VERB_CUE:
		out->err = -cues__give(crew->cues, step->name);
		break;
	case VERB_AWAIT:
		out->err = -cues__await(crew->cues, step->name, start + step->time);
		break;
	case VERB_READ:
	case VERB_LOST:
	case VERB_IDLE:
		use_disk(crew, step, out);
		break;
	default:
		let_worker(crew, step, out);
	}
	/* A worker measures its own time, without the way to it and back. */
	if (!out->took)
		out->took = now_mono() - start;
}

static struct window *crew__window(void *ctx, enum actor actor)
{
	return ((struct crew *)ctx)->window[actor];
}

const struct player_ops crew_ops = {.perform = crew__perform, .window = crew__window};
