/* SPDX-License-Identifier: GPL-2.0 */
/* Output for people only: colours and progress. Never to a pipe or file. */
#ifndef GRANTWATCH_TERMINAL_H
#define GRANTWATCH_TERMINAL_H

#include "util/types.h"

/* Select Graphic Rendition, ECMA-48. */
#define SGR_BOLD    "\033[1m"
#define SGR_ALARM   "\033[1;31m"
#define SGR_WARNING "\033[1;33m"
#define SGR_OFF	    "\033[0m"

/* --color; names in colour_wanted_names[]. */
enum colour_wanted { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

extern const char *const colour_wanted_names[];

/* Whether text is to be coloured; @to_stdout: it goes to standard output. */
bool terminal__wants_colour(enum colour_wanted wanted, bool to_stdout);

/* Whether a line on the terminal @fd can be overwritten. */
bool terminal__progress(int fd);

/* Columns of the terminal @fd; 0: it is none, or does not say. */
u32 terminal__width(int fd);

#endif
