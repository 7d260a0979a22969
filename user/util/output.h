/* SPDX-License-Identifier: GPL-2.0 */
/* --output FILE, the same for every command that prints text: "-" is standard output. */
#ifndef GRANTWATCH_OUTPUT_H
#define GRANTWATCH_OUTPUT_H

#include <stdio.h>

/* NULL when that failed and was said. */
FILE *output__open(const char *path);

/*
 * Flush, and close unless it is standard output. 0, or -1 when something was not written and that
 * was said.
 */
int output__close(FILE *out, const char *path);

#endif
