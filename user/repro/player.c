// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "repro/player.h"
#include "util/log.h"
#include "util/monotonic.h"

static bool is_here(const struct player *player, enum actor actor)
{
	return !player->channel || actor__side(actor) == player->channel->side;
}

/* ---- our steps ---- */

static int send_refs(struct player *player, u32 nr, const struct window *window)
{
	struct message msg = {
		.type = MSG_REFS,
		.round = player->round,
		.step = nr,
		.nonce = window->nonce,
		.serial = window->serial[0],
		.total = window->nr,
	};
	u32 next;
	int err;

	for (msg.first = 0; msg.first < window->nr; msg.first = next) {
		/* Leaves room for the numbers before the text. */
		next = window__ranges(window, msg.first, msg.text, sizeof(msg.text) - 128);
		err = channel__send(player->channel, &msg);
		if (err)
			return err;
	}
	return 0;
}

static void tell(struct player *player, u32 nr, const struct script_step *step, struct outcome *out)
{
	const struct window *from = player->ops->window(player->ctx, step->actor);
	struct window *told = player->ops->window(player->ctx, ACTOR_MAPPER);

	out->start = now_mono();
	out->nr = from->nr;
	if (!from->nr) {
		out->err = ENODATA;
		outcome__note(out, "nothing was granted");
		return;
	}
	if (player->channel) {
		out->err = -send_refs(player, nr, from);
	} else {
		told->nr = step->word ? told->nr : 0;
		out->err = -window__join(told, from);
	}
	out->worked = out->err ? 0 : from->nr;
	out->took = now_mono() - out->start;
}

static int do_ours(struct player *player, u32 nr, const struct script_step *step,
		   struct outcome *out)
{
	struct message done = {.type = MSG_DONE, .round = player->round, .step = nr};

	if (step->verb == VERB_TELL)
		tell(player, nr, step, out);
	else
		player->ops->perform(player->ctx, step, out);
	if (!player->channel)
		return 0;
	done.err = out->err;
	snprintf(done.text, sizeof(done.text), "%s", out->note);
	return channel__send(player->channel, &done);
}

/* ---- the other side's steps ---- */

/* Takes a part of a window. The other side may send anything; the script bounds what is taken. */
static int take_refs(struct player *player, u32 nr, const struct script_step *step,
		     const struct message *msg)
{
	struct window *told;

	if (step->verb != VERB_TELL || msg->round != player->round || msg->step != nr)
		return -EPROTO;
	if (!msg->total || msg->total > script__window(player->script))
		return -EPROTO;
	told = player->ops->window(player->ctx, ACTOR_MAPPER);
	if (!msg->first) {
		told->nr = step->word ? told->nr : 0;
		told->nonce = msg->nonce;
		player->before = told->nr;
		player->total = msg->total;
	}
	if (msg->first != told->nr - player->before || msg->total != player->total)
		return -EPROTO;
	return window__append(told, msg->text, msg->serial, player->before + msg->total) ? -EPROTO
											 : 0;
}

static int take_done(struct player *player, u32 nr, const struct script_step *step,
		     const struct message *msg, struct outcome *out)
{
	if (msg->round != player->round || msg->step != nr)
		return -EPROTO;
	out->err = msg->err;
	snprintf(out->note, sizeof(out->note), "%.*s", (int)sizeof(out->note) - 1, msg->text);
	if (step->verb != VERB_TELL || msg->err)
		return 0;
	out->nr = out->worked = player->ops->window(player->ctx, ACTOR_MAPPER)->nr - player->before;
	return player->total && player->total == out->nr ? 0 : -EPROTO;
}

static int await_theirs(struct player *player, u32 nr, const struct script_step *step,
			struct outcome *out)
{
	u64 deadline = now_mono() + step__budget(step) + player->limit;
	struct message msg;
	int err;

	player->before = player->total = 0;
	out->start = now_mono();
	for (;;) {
		err = channel__receive(player->channel, &msg, deadline);
		if (err)
			break;
		if (msg.type == MSG_STOP) {
			pr_err("the other side stopped: %s", msg.text);
			return -ECONNABORTED;
		}
		if (msg.type == MSG_HELLO || msg.type == MSG_JOIN)
			continue;
		if (msg.type == MSG_REFS)
			err = take_refs(player, nr, step, &msg);
		else
			return take_done(player, nr, step, &msg, out);
		if (err)
			break;
	}
	if (err == -ETIMEDOUT)
		pr_err("step %u: no answer from the other side", nr + 1);
	else if (err == -EPIPE)
		pr_err("step %u: the other side is gone", nr + 1);
	return err;
}

/* ---- the course ---- */

static const struct window *shown_window(struct player *player, const struct script_step *step,
					 const struct outcome *out)
{
	if (out->err || (step->verb != VERB_GRANT && step->verb != VERB_TELL))
		return NULL;
	if (is_here(player, step->actor))
		return player->ops->window(player->ctx, step->actor);
	return step->verb == VERB_TELL ? player->ops->window(player->ctx, ACTOR_MAPPER) : NULL;
}

static int play_step(struct player *player, u32 nr)
{
	const struct script_step *step = &player->script->step[nr];
	bool here = is_here(player, step->actor);
	struct outcome out = {0};
	struct report_step line = {
		.round = player->round,
		.nr = nr,
		.step = step,
		.out = &out,
		.here = here,
	};
	int err;

	err = here ? do_ours(player, nr, step, &out) : await_theirs(player, nr, step, &out);
	if (err)
		return err;
	line.expected = step__expects(step, out.err);
	line.window = shown_window(player, step, &out);
	report__step(player->report, &line);
	return line.expected ? 0 : -ECANCELED;
}

static int play_round(struct player *player)
{
	u32 i;
	int err = 0;

	for (i = 0; i < player->script->nr && !err; i++)
		err = play_step(player, i);
	return err;
}

int player__run(struct player *player)
{
	u64 start = now_mono();
	int err = 0;

	for (player->round = 0; player->round < player->script->repeat && !err; player->round++) {
		if (player->script->every)
			repro__sleep_until(start + player->round * player->script->every);
		err = play_round(player);
	}
	if (err && err != -ECANCELED && err != -ECONNABORTED) {
		struct message stop = {.type = MSG_STOP};

		pr_err("step cannot be played: %s", strerror(-err));
		if (player->channel) {
			snprintf(stop.text, sizeof(stop.text), "%s", strerror(-err));
			channel__send(player->channel, &stop);
		}
	}
	return err;
}
