/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files that build documents. */
#ifndef GRANTWATCH_DOCUMENT_INTERNAL_H
#define GRANTWATCH_DOCUMENT_INTERNAL_H

#include "renderers/document.h"

void doc__add(struct doc *doc, enum doc_type type, const char *label, const char *fmt, ...)
	__printf(4, 5);

/* Adds the machines: kernels and their providers, Xen, tiers, devices, protocols. */
void doc__add_system(struct doc *doc, const struct report *report, const struct finding *finding);
void doc__add_side(struct doc *doc, const struct summary_side *side);
void doc__add_wall(struct doc *doc, const struct summary *summary);
void doc__add_xen(struct doc *doc, const struct summary *summary);

/* Adds the times that captures cover both. */
void doc__add_compared(struct doc *doc, const struct summary *summary);

/* Adds the results of Xen's trace, if there was one. */
void doc__add_trace(struct doc *doc, const struct summary_trace *trace);

/* Adds known bugs by their @ids, and whether these kernels have the fix. */
void doc__add_known(struct doc *doc, const struct report *report, const struct finding *finding,
		    const char *ids);

/* document_log.c: adds an incident of a log. */
void doc__add_incident_where(struct doc *doc, const struct finding *finding);
void doc__add_incident(struct doc *doc, const struct finding *finding);
void doc__add_incident_next(struct doc *doc, const struct finding *finding);

#endif
