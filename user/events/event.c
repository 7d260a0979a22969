// SPDX-License-Identifier: GPL-2.0
#include "events/event.h"

static const struct {
	const char *name, *word;
} names[REC_TYPE_MAX] = {
	[REC_LOG] = {"log", "log"},
	[REC_GRANT] = {"grant", "grant"},
	[REC_REVOKE] = {"end", "end"},
	[REC_FREE] = {"free", "free"},
	[REC_RELEASE] = {"release", "release"},
	[REC_RESET] = {"reset", "reset"},
	[REC_ARM] = {"arm", "announce"},
	[REC_DISARM] = {"disarm", "withdraw"},
	[REC_MAP] = {"map", "map"},
	[REC_UNMAP] = {"unmap", "unmap"},
	[REC_RING] = {"ring", "ring"},
	[REC_RING_UNMAP] = {"ring-unmap", "ring-unmap"},
	[REC_COPY] = {"copy", "copy"},
	[REC_ENTRY] = {"table-read", "table-read"},
};

const char *event__name(const struct event *event)
{
	const char *name = event->type < REC_TYPE_MAX ? names[event->type].name : NULL;

	return name ? name : "other";
}

const char *event__word(const struct event *event)
{
	const char *word = event->type < REC_TYPE_MAX ? names[event->type].word : NULL;

	return word ? word : "other";
}

const char *event__result(const struct event *event)
{
	return !event->has_result ? "" : event->ok ? "ok" : "refused";
}

const char *event_pair__name(u8 pair)
{
	static const char *const pairs[] = {
		[PAIR_NONE] = "",	  [PAIR_GRANTED] = "grant", [PAIR_ENDED] = "end",
		[PAIR_ANNOUNCED] = "arm", [PAIR_MAPPED] = "map",
	};

	return pair < ARRAY_SIZE(pairs) ? pairs[pair] : "";
}
