/* SPDX-License-Identifier: GPL-2.0 */
/* The probed kernel functions and their BPF programs. */
#ifndef GRANTWATCH_POINTS_H
#define GRANTWATCH_POINTS_H

#include "capture/format.h"
#include "record/ksyms.h"
#include "record/tier.h"

#include "event.h"

struct btf_functions;

#define MAX_POINTS 64

struct point {
	const char *function;
	const char *module; /* NULL for the kernel proper */
	/* At entry, at exit, and for a nested call (btf tier only); NULL none. */
	const char *programs[3];
	enum gw_nest_kind nest; /* the calls that the last program covers */
	u32 events;		/* REC_BIT() of the records that need this point */
	/* parameters of the function for which the btf tier's programs are written */
	int params;
	enum tier only;	    /* 0: both */
	const char *unless; /* not needed if this function exists */
	bool optional;	    /* if missing, another point covers it */
	/* not needed without this function; NULL always needed */
	const char *only_with;
};

extern const struct point points[];
extern const unsigned int nr_points;

enum point_fit {
	POINT_FITS,
	POINT_NOT_NEEDED, /* another point covers it, or this kernel has no such operation */
	POINT_UNFIT,	  /* its events have no record */
};

/*
 * Whether @point, one of points[], can be probed in this kernel, by its symbols (@want from
 * ksyms__new()) and its types (@btf, unless NULL). Sets *@why if not.
 */
enum point_fit point__fit(const struct point *point, enum tier tier, const struct ksym_want *want,
			  unsigned int nr_want, const struct btf_functions *btf, const char **why);

#endif
