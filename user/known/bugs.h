/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bugs that grants are known to have had, where they are fixed, and who says so. A fix is claimed
 * only with a reference; a version is in the table only where that release's own list of changes
 * was read.
 */
#ifndef GRANTWATCH_BUGS_H
#define GRANTWATCH_BUGS_H

#include <stdio.h>

#include "util/types.h"

/* Whose version counts. */
enum bug_side {
	BUG_OF_GRANTER, /* its kernel */
	BUG_OF_MAPPER,	/* its kernel */
	BUG_OF_USER,	/* programs: no version is known here */
	BUG_OF_XEN,	/* the hypervisor */
};

struct bug {
	const char *id; /* G1 … */
	const char *name;
	enum bug_side side;
	/*
	 * "6.1 6.0.3 5.15.75": the first mainline release that has the fix, then stable ones, those
	 * with a q only as Qubes builds them; NULL: none known.
	 */
	const char *fixed;
	const char *fix;  /* what fixes or avoids it, NULL: nothing known */
	const char *refs; /* separated by "; " */
};

/* By id, NULL if there is none such; @id ends at a space or at its end. */
const struct bug *bug__find(const char *id);

/* The table: entry @i, NULL behind the last one. */
const struct bug *bug__at(u32 i);

/* The source of grantwatch-bugs(7), for scdoc(1): a section for each bug of the table. */
void bugs__print_page(FILE *out);

/* What the version of a running kernel says about a fix. */
enum fix_state {
	FIX_NONE,    /* no version with a fix is known */
	FIX_IN,	     /* it is in */
	FIX_MISSING, /* it is not */
	FIX_UNKNOWN, /* the version does not tell: another branch, a distribution's own numbers */
};

/*
 * Look @release (uname -r; Xen's version for a bug of Xen, which is never FIX_MISSING) up, with
 * @build (uname -v), which for Debian's kernels has the version
 * that @release hides. For FIX_MISSING @first gets the first fixed version of its branch.
 */
enum fix_state bug__fixed(const struct bug *bug, const char *release, const char *build,
			  char *first, size_t size);

/* The versions with the fix, for people: "6.5, 6.1.43". */
const char *bug__versions(const struct bug *bug, char *buf, size_t size);

/* "6.1.192" of @release and @build: the upstream version as far as it can be known. */
const char *kernel__version(const char *release, const char *build, char *buf, size_t size);

#endif
