/* SPDX-License-Identifier: GPL-2.0 */
/* The classes of findings: one table, from which reports, JSON, exit statuses and docs follow. */
#ifndef GRANTWATCH_CLASSES_H
#define GRANTWATCH_CLASSES_H

#include "util/types.h"

/* X(symbol, id, severity, title): ids are the contract's, never renamed. */
#define FINDING_CLASSES(X)                                                                        \
	X(STALE_MAP, "stale-map", SEVERITY_ALARM,                                                 \
	  "map landed on a later generation than the mapper was told of")                         \
	X(STALE_COPY, "stale-copy", SEVERITY_ALARM,                                               \
	  "copy read or wrote the page of a later generation")                                    \
	X(STALE_MAP_REFUSED, "stale-map-refused", SEVERITY_WARNING,                               \
	  "map or copy came after the end of access, Xen refused it")                             \
	X(NEAR_MISS, "near-miss", SEVERITY_WARNING,                                               \
	  "ref told to a mapper was freed before it was ever mapped")                             \
	X(REVOKE_BLOCKED, "revoke-blocked", SEVERITY_ALARM,                                       \
	  "rightful backend still maps at revoke, the frontend gives up")                         \
	X(FREED_WHILE_MAPPED, "freed-while-mapped", SEVERITY_ALARM,                               \
	  "ref released for reuse although the end was refused or never tried")                   \
	X(FOREIGN_REF_FREED, "foreign-ref-freed", SEVERITY_ALARM,                                 \
	  "a subsystem ended access to a ref that another one granted")                           \
	X(DOUBLE_FREE, "double-free", SEVERITY_ALARM,                                             \
	  "ref was ended or freed again after it had been given back")                            \
	X(DOUBLE_GRANT, "double-grant", SEVERITY_ALARM,                                           \
	  "ref was granted while an earlier grant of it was alive: it has two owners")            \
	X(DEVICE_LOST, "device-lost", SEVERITY_ALARM,                                             \
	  "a frontend gave its device up: its kernel's log says so")                              \
	X(DOUBLE_MAP, "double-map", SEVERITY_WARNING, "two mappers map one ref at the same time") \
	X(PERSISTENT_MISMATCH, "persistent-mismatch", SEVERITY_WARNING,                           \
	  "frontend and backend disagree about persistent grants")                                \
	X(LINGERING_MAP, "lingering-map", SEVERITY_WARNING,                                       \
	  "ref ended, but still mapped long after")                                               \
	X(PARTIAL_MAP_LEAK, "partial-map-leak", SEVERITY_WARNING,                                 \
	  "what succeeded of a failed batch of maps stays mapped")                                \
	X(DEFERRAL_BACKLOG, "deferral-backlog", SEVERITY_WARNING,                                 \
	  "refs wait to be freed faster than they can be")                                        \
	X(GRANT_LEAK, "grant-leak", SEVERITY_WARNING,                                             \
	  "ref ended but never freed: it will not come back")                                     \
	X(DEFERRAL, "deferral", SEVERITY_INFO,                                                    \
	  "ref ended while still mapped: the kernel frees it later, as it should")                \
	X(LOG_ONLY, "log-only", SEVERITY_INFO, "a log has a message that is known")

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
const char *certainty__name(enum certainty certainty);

#endif
