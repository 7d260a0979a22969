/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Incidents: the lines of a log that belong together are one finding. They are of one stretch, one
 * granter and one mapper, and say the same, name the same ref, or follow each other at once.
 */
#ifndef GRANTWATCH_LOG_INCIDENT_H
#define GRANTWATCH_LOG_INCIDENT_H

#include "rules/rules.h"

/* The incident that @event belongs to, or a new one; NULL when there are too many. */
struct finding *log_incident__add(struct rules *rules, const struct log_event *event);

/* The ref which @event names; NO_REF if it names none or an impossible one. */
u32 log_event__ref(const struct log_event *event);

/* The device that it names, "" if none. */
void log_event__device(const struct log_event *event, char *buf, size_t size);

/* The text of its line for a report. */
void log_event__text(const struct log_event *event, char *buf, size_t size);

#endif
