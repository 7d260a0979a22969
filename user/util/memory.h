/* SPDX-License-Identifier: GPL-2.0 */
/* The end of a process that has no memory for what it is about to print. */
#ifndef GRANTWATCH_UTIL_MEMORY_H
#define GRANTWATCH_UTIL_MEMORY_H

/*
 * Ends the process with a message and EXIT_ERROR. For renderers: what was printed so far is part of
 * a report, and a report that lacks something must not go for a whole one.
 */
void memory__end(void) __attribute__((noreturn));

#endif
