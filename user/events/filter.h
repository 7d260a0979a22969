/* SPDX-License-Identifier: GPL-2.0 */
/* The filter of events. Values of one option are alternatives; different options must all match. */
#ifndef GRANTWATCH_EVENTS_FILTER_H
#define GRANTWATCH_EVENTS_FILTER_H

#include "events/event.h"
#include "util/options.h"

#define FILTER_VALUES 64

/* A time on the command line. */
struct event_time {
	bool given, wall; /* @ns is of the wall clock, since 1970; otherwise Xen system time */
	u64 ns;
};

struct event_filter {
	struct {
		u16 granter; /* DOMID_UNKNOWN: any */
		u32 ref;
	} ref[FILTER_VALUES];
	u16 domid[FILTER_VALUES];
	u32 nr_refs, nr_domids;
	const struct opt_list *owners, *mappers; /* subsystems or programs */
	struct event_time since, until;
};

/* "155" or "1:155", decimal or 0x. Each returns 0, or -1 after logging the error. */
int event_filter__add_ref(struct event_filter *filter, const char *text);
int event_filter__add_domid(struct event_filter *filter, const char *text);

/* Seconds of Xen system time, or RFC 3339. @option is for messages. */
int event_time__parse(struct event_time *time, const char *option, const char *text);

bool event_filter__wants(const struct event_filter *filter, const struct event *event);

#endif
