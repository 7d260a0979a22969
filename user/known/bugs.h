/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Known bugs about grants, the versions with the fix, and references. A fix is claimed only with a
 * reference. A version is in the table only if that release's own list of changes was read.
 */
#ifndef GRANTWATCH_BUGS_H
#define GRANTWATCH_BUGS_H

#include <stdio.h>

#include "util/types.h"

/* Whose version counts. */
enum bug_side {
	BUG_OF_GRANTER, /* its kernel */
	BUG_OF_MAPPER,	/* its kernel */
	BUG_OF_USER,	/* programs: their versions are unknown here */
	BUG_OF_XEN,	/* the hypervisor */
};

struct bug {
	const char *id; /* G1 … */
	const char *name;
	enum bug_side side;
	/*
	 * "6.1 6.0.3 5.15.75": the first mainline release with the fix, then stable releases; with
	 * a q: only as Qubes builds it. NULL: none known.
	 */
	const char *fixed;
	const char *fix;  /* what fixes or avoids it, NULL unknown */
	const char *refs; /* separated by "; " */
};

/* Returns the bug with this id, or NULL. @id ends at a space or at its end. */
const struct bug *bug__find(const char *id);

/* Returns entry @i of the table, NULL after the last. */
const struct bug *bug__at(u32 i);

/* Prints the source of grantwatch-bugs(7) for scdoc(1), a section for each bug. */
void bugs__print_page(FILE *out);

/* Whether a running kernel has a fix, by its version. */
enum fix_state {
	FIX_NONE,    /* no version with the fix is known */
	FIX_IN,	     /* it is in */
	FIX_MISSING, /* it is not */
	/* the version does not show it: another branch, or a distribution's own numbers */
	FIX_UNKNOWN,
};

/*
 * Looks @release up (uname -r, or Xen's version, which is never FIX_MISSING). @build (uname -v) has
 * the version of Debian's kernels, which @release hides. For FIX_MISSING @first is set to the first
 * fixed version of the branch.
 */
enum fix_state bug__fixed(const struct bug *bug, const char *release, const char *build,
			  char *first, size_t size);

/* Writes the versions with the fix: "6.5, 6.1.43". Returns @buf. */
const char *bug__versions(const struct bug *bug, char *buf, size_t size);

/*
 * Writes the upstream version of @release and @build as far as it is known: "6.1.192". Returns
 * @buf.
 */
const char *kernel__version(const char *release, const char *build, char *buf, size_t size);

#endif
