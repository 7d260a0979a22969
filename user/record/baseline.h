/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The baseline: what this domain's own grant table grants when recording begins. A capture has it
 * as table reads of the own table (REC_ENTRY of DOMID_SELF), each with the interval in which the
 * entry was read. Grants and ends meanwhile are recorded as always.
 */
#ifndef GRANTWATCH_BASELINE_H
#define GRANTWATCH_BASELINE_H

#include "record/ksyms.h"
#include "record/pump.h"

struct baseline;

/* Symbols that baseline__new() wants to know about, as probes__wanted(). */
unsigned int baseline__wanted(struct ksym_want *want, unsigned int room);

/* Loads the program. NULL with *@why set if the table cannot be read here. */
struct baseline *baseline__new(const struct ksym_want *want, unsigned int nr_want,
			       const char **why);
void baseline__free(struct baseline *baseline);

/*
 * Reads the table, into the capture, and says in it how far that went. Recording has begun. NULL:
 * the table is not read, because of @why.
 */
void baseline__record(struct baseline *baseline, const char *why, struct pump *pump);

#endif
