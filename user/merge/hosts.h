/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether two captures are of one history: of one host, of one boot of its Xen, and of times that
 * overlap. Only what happened on both records can be compared.
 */
#ifndef GRANTWATCH_HOSTS_H
#define GRANTWATCH_HOSTS_H

#include "merge/merge.h"

enum host_relation {
	HOST_ONE,   /* nothing says otherwise; what a capture does not tell is not different */
	HOST_DOUBT, /* by wall-clock time Xen booted at different times; that may be wrong */
	HOST_LOST,  /* a damaged capture does not tell when its domain booted */
	HOST_OTHER, /* different versions or builds of Xen */
};

/* What differs. */
struct host_difference {
	char what[24]; /* "Xen", "Xen's build"; empty: nothing */
	char a[64], b[64];
	double apart; /* s between the two starts of Xen; HOST_DOUBT only */
};

/*
 * A domain's own boot is not compared: domains of one host boot when they like, and a domid is
 * given again.
 */
enum host_relation hosts__compare(const struct merge_input *a, const struct merge_input *b,
				  struct host_difference *difference);

/*
 * From when to when both were recorded so far, Xen system time in ns; 0 to 0 where a clock is not
 * known. False: there is no such time, and there will be none.
 */
bool hosts__overlap(const struct merge_input *a, const struct merge_input *b, u64 *from, u64 *to);

/* Whether the two captures tell nothing about each other: other hosts, in doubt, or other times. */
bool hosts__apart(const struct merge_input *a, const struct merge_input *b);

#endif
