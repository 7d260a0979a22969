/* SPDX-License-Identifier: GPL-2.0 */
/* Which kernel functions are probed, and by which BPF programs. */
#ifndef GRANTWATCH_POINTS_H
#define GRANTWATCH_POINTS_H

#include "capture/format.h"
#include "sources/tier.h"

struct point {
	const char *function;
	const char *module;	 /* NULL for the kernel proper */
	/* At entry, at exit, at exit of a nested call (btf tier only); NULL for none. */
	const char *programs[3];
	u32 events;		 /* REC_BIT() of what it feeds */
	int params;		 /* of the function, that the btf tier's programs are written for */
	enum tier only;		 /* 0: both */
	const char *unless;	 /* this function does its work where it exists */
	bool optional;		 /* kernels without it lose nothing */
};

extern const struct point points[];
extern const unsigned int nr_points;

#endif
