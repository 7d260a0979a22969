/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports go to public trackers: what tells who uses the machine for what is replaced by pseudonyms
 * that are the same in every report. Qubes are called by their domid, programs that are not
 * generally known by known/programs.h's pseudonym. Names of files and windows and command lines are
 * in no capture.
 */
#ifndef GRANTWATCH_REDACT_H
#define GRANTWATCH_REDACT_H

#include "renderers/renderer.h"

/*
 * @summary's names, as far as reports show them; @finding's, a copy. @summary tells qubes' names.
 */
void redact__finding(struct finding *finding, const struct summary *summary);
void redact__summary(struct summary *summary);

/* Names of processes in a line of a kernel's log. */
void redact__log_line(char *text, size_t size);

#endif
