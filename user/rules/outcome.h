/* SPDX-License-Identifier: GPL-2.0 */
/* Outcomes of findings: a refused end, a lost device. */
#ifndef GRANTWATCH_RULES_OUTCOME_H
#define GRANTWATCH_RULES_OUTCOME_H

#include "rules/rules_internal.h"

/* Notes that @finding made Xen refuse @end, which @by tried. */
void outcome__refused(struct finding *finding, const struct gen_event *end, const struct party *by);

/* Whether a log line at @ns (Xen system time) may, by time, be about @finding. */
bool outcome__fits_time(const struct finding *finding, u64 ns);

/*
 * Whether a line at @ns (Xen system time, with the bound @err) was surely read before the first
 * occurrence of @finding: a recorder reads no line before it is written.
 */
bool outcome__is_earlier(const struct finding *finding, u64 ns, u64 err);

/* Whether @incident of a log names no ref, or one of @finding's. */
bool outcome__fits_refs(const struct finding *finding, const struct finding *incident);

/* Sets @released in findings of which the end of the only ref is on record, and succeeded. */
void outcome__note_ends(struct rules *rules, const struct ledger *ledger);

/* Whether a line about @device may be about the finding's owner. "" may be any device. */
bool outcome__fits_device(const struct finding *finding, const char *device);

/* Whether the finding can be why a frontend gives its device up: somebody keeps a page of it. */
bool outcome__may_lose(const struct finding *finding);

/* Whether the message reports a lost device. */
bool outcome__is_loss(const struct known_message *message);

/*
 * A line of @domain's kernel log, which is of @incident (NULL: of none), may be the outcome of
 * findings about its refs.
 */
void outcome__log(struct rules *rules, const struct ledger *ledger, const struct domain *domain,
		  const struct span *at, const struct finding *incident, const char *text);

#endif
