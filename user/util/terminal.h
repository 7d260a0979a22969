/* SPDX-License-Identifier: GPL-2.0 */
/* What is done for people only: colours and progress. Never on a pipe or in a file. */
#ifndef GRANTWATCH_TERMINAL_H
#define GRANTWATCH_TERMINAL_H

#include "util/types.h"

/* Select Graphic Rendition, ECMA-48. */
#define SGR_BOLD  "\033[1m"
#define SGR_ALARM "\033[1;31m"
#define SGR_OFF	  "\033[0m"

/* --color, as names in colour_wanted_names[]. */
enum colour_wanted { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

extern const char *const colour_wanted_names[];

/* Whether text on standard output, if that is where @to_stdout says it goes, shall be coloured. */
bool terminal__wants_colour(enum colour_wanted wanted, bool to_stdout);

/*
 * Whether @fd is a terminal that shows colours, and nobody asked for none (https://no-color.org,
 * TERM=dumb).
 */
bool terminal__colour(int fd);

/* Whether @fd is a terminal on which a line can be written over. */
bool terminal__progress(int fd);

#endif
