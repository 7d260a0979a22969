// SPDX-License-Identifier: GPL-2.0
#include "events/print.h"
#include "model/wall.h"
#include "util/json_line.h"

static void set_actor(json_t *object, const char *key, const struct event_actor *actor)
{
	json_t *value;

	if (actor->kind == KIND_UNKNOWN && !actor->tid)
		return;
	value = json_object();
	json__set_string(value, "kind", kind__name(actor->kind));
	if (actor->tid) {
		json__set_string(value, "comm", actor->shown);
		json__set_number(value, "pid", actor->pid);
		json__set_number(value, "tid", actor->tid);
	}
	json_object_set_new(object, key, value);
}

static void set_ref(json_t *object, const struct event *event)
{
	if (event->granter != EVENT_NO_DOM)
		json__set_number(object, "granter", event->granter);
	if (event->target != EVENT_NO_DOM)
		json__set_number(object, "granter_target", event->target);
	if (event->ref != EVENT_NO_REF)
		json__set_number(object, "ref", event->ref);
	if (event->generation) {
		json__set_number(object, "generation", event->generation);
		set_actor(object, "owner", &event->owner);
	}
	if (event->peer != EVENT_NO_DOM)
		json__set_number(object, "peer", event->peer);
}

static void set_pair(json_t *object, const struct event *event)
{
	json_t *pair = json_object();

	json__set_string(pair, "what", event_pair__name(event->pair));
	json__set_number(pair, "system_ns", event->pair_ns);
	json_object_set_new(object, "pair", pair);
}

void event__print_json(FILE *out, const struct event *event)
{
	char text[WALL_TEXT];
	struct json_line line;
	json_t *object;

	json_line__begin(&line, out, "event");
	object = line.object;
	json__set_number(object, "system_ns", event->ns);
	if (event->err < CLOCK_ERR_UNKNOWN)
		json__set_number(object, "error_ns", event->err);
	else
		json_object_set_new(object, "error_ns", json_null());
	if (event->wall)
		json__set_string(object, "time", wall__text(event->wall, text, sizeof(text)));
	json__set_number(object, "domid", event->domid);
	json__set_string(object, "what", event__name(event));
	json__set_number(object, "call", event->call);
	set_ref(object, event);
	set_actor(object, "by", &event->by);
	if (event->has_result)
		json__set_string(object, "result", event__result(event));
	if (event->status)
		json_object_set_new(object, "status", json_integer(event->status));
	if (event->took != EVENT_UNSEEN)
		json__set_number(object, "duration_ns", event->took);
	/* A guest may record any number; no machine has more frames than fit. */
	if (event->frame && event->frame <= INT64_MAX)
		json__set_number(object, "frame", event->frame);
	if (event->ok && (event->type == REC_MAP || event->type == REC_UNMAP))
		json__set_number(object, "handle", event->handle);
	if (event->trace)
		json__set_string(object, "trace", event->trace == TRACE_NAMED ? "named" : "paired");
	if (event->pair)
		set_pair(object, event);
	if (event->text[0])
		json__set_string(object, "text", event->text);
	json_line__end(&line);
}
