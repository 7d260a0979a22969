/* SPDX-License-Identifier: GPL-2.0 */
/* Events as lines of text and of JSON. */
#ifndef GRANTWATCH_EVENTS_PRINT_H
#define GRANTWATCH_EVENTS_PRINT_H

#include <stdio.h>

#include "events/event.h"

/* State of the text output; zeros at the start. */
struct event_lines {
	bool begun;
	bool has_wall; /* there is a column of it */
	u64 day;       /* of the wall clock, ns since 1970 */
};

void event__print_text(FILE *out, struct event_lines *lines, const struct event *event);
void event__print_json(FILE *out, const struct event *event);

#endif
