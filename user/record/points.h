/* SPDX-License-Identifier: GPL-2.0 */
/* Which kernel functions are probed, and by which BPF programs. */
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
	/* At entry, at exit, for a nested call (btf tier only); NULL for none. */
	const char *programs[3];
	enum gw_nest_kind nest; /* what the last one of them covers */
	u32 events;		/* REC_BIT() of what it feeds */
	int params;		/* of the function, that the btf tier's programs are written for */
	enum tier only;		/* 0: both */
	const char *unless;	/* this function does its work where it exists */
	bool optional;		/* where it does not exist, another point does its work */
	/* The kernel does this work only where that function exists; NULL: always. */
	const char *only_with;
};

extern const struct point points[];
extern const unsigned int nr_points;

enum point_fit {
	POINT_FITS,
	POINT_NOT_NEEDED, /* another point does its work, or there is no such work in this kernel */
	POINT_UNFIT,	  /* its events will not be seen */
};

/*
 * Whether @point can be probed in this kernel, by its symbols (@want as filled in by ksyms__new())
 * and, unless @btf is NULL, by its types. *@why is set when it does not fit. @point is one of
 * points[].
 */
enum point_fit point__fit(const struct point *point, enum tier tier, const struct ksym_want *want,
			  unsigned int nr_want, const struct btf_functions *btf, const char **why);

#endif
