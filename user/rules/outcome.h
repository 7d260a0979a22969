/* SPDX-License-Identifier: GPL-2.0 */
/* Outcomes of findings: a refused end, a lost device. */
#ifndef GRANTWATCH_RULES_OUTCOME_H
#define GRANTWATCH_RULES_OUTCOME_H

#include "rules/rules_internal.h"

/* Notes that @finding made Xen refuse @end, which @by tried. */
void outcome__refused(struct finding *finding, const struct gen_event *end, const struct party *by);

/* Whether a log line at @ns (Xen system time) may, by time, be about @finding. */
bool outcome__fits_time(const struct finding *finding, u64 ns);

/* Whether a line about @device may be about the finding's owner. "" may be any device. */
bool outcome__fits_device(const struct finding *finding, const char *device);

/* Whether the message reports a lost device. */
bool outcome__is_loss(const struct known_message *message);

/* A line of @domain's kernel log may be the outcome of findings about its refs. */
void outcome__log(struct rules *rules, const struct domain *domain, const struct span *at,
		  const char *text);

#endif
