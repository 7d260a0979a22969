/* SPDX-License-Identifier: GPL-2.0 */
/* The end of a process without memory for its output. */
#ifndef GRANTWATCH_UTIL_MEMORY_H
#define GRANTWATCH_UTIL_MEMORY_H

/*
 * Ends the process with a message and EXIT_ERROR. For renderers: an incomplete report must not pass
 * for a complete one.
 */
void memory__end(void) __attribute__((noreturn));

#endif
