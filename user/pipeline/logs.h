/* SPDX-License-Identifier: GPL-2.0 */
/* Old logs: kernel logs, journals, guest consoles. Their lines are matched with what was found, or stand alone. */
#ifndef GRANTWATCH_LOGS_H
#define GRANTWATCH_LOGS_H

#include "pipeline/pipeline.h"

/*
 * Take in the log that @spec names, "FILE" or "DOMID=FILE", after everything is settled. 0, or -1 when it cannot be
 * read and that was said.
 */
int pipeline__read_log(struct pipeline *pipeline, const char *spec);

#endif
