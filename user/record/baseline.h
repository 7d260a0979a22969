/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The baseline: the live entries of this domain's own grant table when recording begins. In the
 * capture they are table reads of the own table (REC_ENTRY of DOMID_SELF), each with the interval
 * of its read. Grants and ends during the read are recorded too.
 */
#ifndef GRANTWATCH_BASELINE_H
#define GRANTWATCH_BASELINE_H

#include "record/ksyms.h"
#include "record/pump.h"

struct baseline;

/* Adds the symbols that baseline__new() needs, like probes__wanted(). */
unsigned int baseline__wanted(struct ksym_want *want, unsigned int room);

/* Loads the program. Returns NULL with *@why set if the table cannot be read here. */
struct baseline *baseline__new(const struct ksym_want *want, unsigned int nr_want,
			       const char **why);
void baseline__free(struct baseline *baseline);

/*
 * Called after the begin of recording: reads the table into the capture, and records how far that
 * went. @baseline NULL: records @why the table is not read.
 */
void baseline__record(struct baseline *baseline, const char *why, struct pump *pump);

#endif
