// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "events/filter.h"
#include "model/wall.h"
#include "util/log.h"

/* Reads a number up to @max that ends at the text's end or at @stop. */
static bool parse_number(const char **text, char stop, u32 max, u32 *number)
{
	unsigned long long value;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoull(*text, &end, 0);
	if (end == *text || (*end && *end != stop) || value > max)
		return false;
	*number = (u32)value;
	*text = end;
	return true;
}

int event_filter__add_ref(struct event_filter *filter, const char *text)
{
	const char *pos = text;
	u32 granter = DOMID_UNKNOWN, ref = 0;
	bool ok = parse_number(&pos, ':', UINT32_MAX - 1, &ref);

	if (ok && *pos == ':') {
		pos++;
		granter = ref;
		ok = granter < DOMID_FIRST_RESERVED &&
		     parse_number(&pos, '\0', UINT32_MAX - 1, &ref);
	}
	if (!ok) {
		pr_err("--ref %s: give a ref, or the granter's domid and a ref: 155, 1:155", text);
		return -1;
	}
	filter->ref[filter->nr_refs].granter = (u16)granter;
	filter->ref[filter->nr_refs++].ref = ref;
	return 0;
}

int event_filter__add_domid(struct event_filter *filter, const char *text)
{
	const char *pos = text;
	u32 domid;

	if (!parse_number(&pos, '\0', DOMID_FIRST_RESERVED - 1, &domid)) {
		pr_err("--domid %s: give the number of a domain", text);
		return -1;
	}
	filter->domid[filter->nr_domids++] = (u16)domid;
	return 0;
}

/* Seconds with up to nine decimals. */
static bool parse_seconds(const char *text, u64 *ns)
{
	u64 seconds, unit = NSEC_PER_SEC;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	seconds = strtoull(text, &end, 10);
	if (seconds > WALL_MAX / NSEC_PER_SEC)
		return false;
	*ns = seconds * NSEC_PER_SEC;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++) {
			unit /= 10;
			*ns += unit * (u64)(*end - '0');
		}
	return !*end || !strcmp(end, "s");
}

int event_time__parse(struct event_time *time, const char *option, const char *text)
{
	if (!text)
		return 0;
	time->given = true;
	if (parse_seconds(text, &time->ns))
		return 0;
	time->wall = true;
	if (wall__parse(text, &time->ns))
		return 0;
	pr_err("--%s %s: give seconds of Xen system time, as reports have them, or wall-clock time: "
	       "89.81, 2026-03-30T12:53:08+00:00",
	       option, text);
	return -1;
}

static bool has_domid(const struct event_filter *filter, const struct event *event)
{
	u32 i;

	for (i = 0; i < filter->nr_domids; i++)
		if (filter->domid[i] == event->domid || filter->domid[i] == event->granter)
			return true;
	return !filter->nr_domids;
}

static bool has_ref(const struct event_filter *filter, const struct event *event)
{
	u32 i;

	for (i = 0; i < filter->nr_refs && event->ref != EVENT_NO_REF; i++)
		if (filter->ref[i].ref == event->ref && (filter->ref[i].granter == DOMID_UNKNOWN ||
							 filter->ref[i].granter == event->granter))
			return true;
	return !filter->nr_refs;
}

/* Whether the name is that of a subsystem or program; a pseudonym counts too. */
static bool is_actor(const struct opt_list *names, const struct event_actor *actor)
{
	u32 i;

	for (i = 0; names && i < names->nr; i++)
		if (!strcmp(names->item[i], kind__name(actor->kind)) ||
		    (actor->tid && (!strcmp(names->item[i], actor->comm) ||
				    !strcmp(names->item[i], actor->shown))))
			return true;
	return !names || !names->nr;
}

static bool is_mappers(u8 type)
{
	return type >= REC_ARM && type <= REC_COPY;
}

static u64 time_of(const struct event_time *time, const struct event *event)
{
	return time->wall ? event->wall : event->ns;
}

bool event_filter__wants(const struct event_filter *filter, const struct event *event)
{
	if (filter->since.given && time_of(&filter->since, event) < filter->since.ns)
		return false;
	if (filter->until.given && time_of(&filter->until, event) > filter->until.ns)
		return false;
	if (filter->owners && filter->owners->nr &&
	    (!event->generation || !is_actor(filter->owners, &event->owner)))
		return false;
	if (filter->mappers && filter->mappers->nr &&
	    (!is_mappers(event->type) || !is_actor(filter->mappers, &event->by)))
		return false;
	return has_domid(filter, event) && has_ref(filter, event);
}
