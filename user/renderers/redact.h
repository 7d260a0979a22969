/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports go to public trackers, so names that may tell who uses the machine for what are replaced
 * by pseudonyms, the same in every report. A qube is shown by its domid, and a program that is not
 * generally known by a pseudonym (known/programs.h). Captures have no names of files and windows
 * and no command lines.
 */
#ifndef GRANTWATCH_REDACT_H
#define GRANTWATCH_REDACT_H

#include "renderers/renderer.h"

/*
 * Replaces @summary's names as far as reports show them, or those in @finding, a copy. @summary has
 * the qubes' names.
 */
void redact__finding(struct finding *finding, const struct summary *summary);
void redact__summary(struct summary *summary);

/*
 * Reduces a log's line to the known messages in it, with pseudonyms for processes. "...": there is
 * none.
 */
void redact__log_line(char *text, size_t size);

#endif
