/* SPDX-License-Identifier: GPL-2.0 */
/* The classes of findings, one table. Reports, JSON, exit statuses and docs follow it. */
#ifndef GRANTWATCH_CLASSES_H
#define GRANTWATCH_CLASSES_H

#include "util/types.h"

/* X(symbol, id, severity, title). Ids are in the contract and keep their names. */
#define FINDING_CLASSES(X)                                                              \
	X(STALE_MAP, "stale-map", SEVERITY_ALARM,                                       \
	  "the mapper mapped a later generation than the one it announced")             \
	X(STALE_COPY, "stale-copy", SEVERITY_ALARM,                                     \
	  "a copy read or wrote the page of a later generation")                        \
	X(STALE_MAP_REFUSED, "stale-map-refused", SEVERITY_WARNING,                     \
	  "a map or copy came after the end of access and Xen refused it")              \
	X(NEAR_MISS, "near-miss", SEVERITY_WARNING,                                     \
	  "an announced ref was freed before it was mapped")                            \
	X(REVOKE_BLOCKED, "revoke-blocked", SEVERITY_ALARM,                             \
	  "the backend still had the page mapped when the frontend ended access")       \
	X(FREED_WHILE_MAPPED, "freed-while-mapped", SEVERITY_ALARM,                     \
	  "a ref was released for reuse although its end was refused or never tried")   \
	X(FOREIGN_REF_FREED, "foreign-ref-freed", SEVERITY_ALARM,                       \
	  "a subsystem ended access to a ref of another subsystem")                     \
	X(DOUBLE_FREE, "double-free", SEVERITY_ALARM,                                   \
	  "a ref was ended or freed twice without a grant in between")                  \
	X(DOUBLE_GRANT, "double-grant", SEVERITY_ALARM,                                 \
	  "a ref was granted while an earlier grant of it was live: it has two owners") \
	X(DEVICE_LOST, "device-lost", SEVERITY_ALARM,                                   \
	  "the kernel log says a driver gave up its device")                            \
	X(DOUBLE_MAP, "double-map", SEVERITY_WARNING,                                   \
	  "two mappers had one ref mapped at the same time")                            \
	X(PERSISTENT_MISMATCH, "persistent-mismatch", SEVERITY_WARNING,                 \
	  "frontend and backend disagree about persistent grants")                      \
	X(LINGERING_MAP, "lingering-map", SEVERITY_WARNING,                             \
	  "a ref is still mapped long after its end was first refused")                 \
	X(PARTIAL_MAP_LEAK, "partial-map-leak", SEVERITY_WARNING,                       \
	  "the successful maps of a failed batch stay mapped")                          \
	X(MAPPING_LOST, "mapping-lost", SEVERITY_WARNING,                               \
	  "a process lost a mapping which it had not unmapped")                         \
	X(DEFERRAL_BACKLOG, "deferral-backlog", SEVERITY_WARNING,                       \
	  "refs are deferred faster than the kernel frees them")                        \
	X(GRANT_LEAK, "grant-leak", SEVERITY_WARNING,                                   \
	  "a ref was ended but never freed and is lost")                                \
	X(DEFERRAL, "deferral", SEVERITY_INFO,                                          \
	  "a ref was ended while mapped; the kernel frees it later (routine)")          \
	X(LOG_ONLY, "log-only", SEVERITY_INFO, "a log contains a known message")

/* clang-format off */
enum finding_class {
#define CLASS_ENUM(symbol, id, severity, title) CLASS_##symbol,
	FINDING_CLASSES(CLASS_ENUM)
#undef CLASS_ENUM
	CLASS_MAX,
};
/* clang-format on */

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ALARM };
enum certainty { CERTAINTY_POSSIBLE, CERTAINTY_LIKELY, CERTAINTY_PROVEN };

const char *class__id(enum finding_class class);
const char *class__title(enum finding_class class);
enum severity class__severity(enum finding_class class);
const char *severity__name(enum severity severity);
/* Of all severities, ends with NULL. */
extern const char *const severity_names[];
const char *certainty__name(enum certainty certainty);

#endif
