/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of manual pages beyond the commands' own tables: environment, files, known faults, other
 * pages. A row is about some commands, or about all.
 */
#ifndef GRANTWATCH_MANUAL_TABLES_H
#define GRANTWATCH_MANUAL_TABLES_H

#include "util/types.h"

struct manual_row {
	const char *commands; /* names separated by blanks; NULL: all */
	const char *name;     /* a variable, a path or a page; NULL: @text stands alone */
	const char *text;     /* NULL: @name alone */
};

/* Each ends with a row of NULL name and text. */
extern const struct manual_row manual_environment[];
extern const struct manual_row manual_files[];
extern const struct manual_row manual_bugs[];
/* Pages: "NAME(SECTION)". */
extern const struct manual_row manual_pages[];

/* Whether @row is about the command @name. */
bool manual_row__is_about(const struct manual_row *row, const char *name);

#endif
