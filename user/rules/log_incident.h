/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Incidents: lines of a log that belong together become one finding. They are of one stretch, one
 * granter and one mapper, and have the same message, name the same ref, or follow each other at
 * once.
 */
#ifndef GRANTWATCH_LOG_INCIDENT_H
#define GRANTWATCH_LOG_INCIDENT_H

#include "rules/rules.h"

/*
 * Returns the incident to which @event belongs, a new one if needed; NULL at a limit or without
 * memory.
 */
struct finding *log_incident__add(struct rules *rules, const struct log_event *event);

/* Returns the ref that @event names, NO_REF if it names none or an impossible one. */
u32 log_event__ref(const struct log_event *event);

/* Writes the device that @event names, "" if none. */
void log_event__device(const struct log_event *event, char *buf, size_t size);

/* Writes the line's text for a report. */
void log_event__text(const struct log_event *event, char *buf, size_t size);

#endif
