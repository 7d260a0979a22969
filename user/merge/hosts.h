/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether two captures can be compared: they are of one host, of one boot of its Xen, and of times
 * that overlap.
 */
#ifndef GRANTWATCH_HOSTS_H
#define GRANTWATCH_HOSTS_H

#include "merge/merge.h"

enum host_relation {
	HOST_ONE,   /* no recorded fact differs */
	HOST_DOUBT, /* the wall-clock times of Xen's boot differ, which may be an error */
	HOST_LOST,  /* a damaged capture lacks the time of its domain's boot */
	HOST_OTHER, /* versions or builds of Xen differ */
};

/* What differs. */
struct host_difference {
	char what[24]; /* "Xen", "Xen's build"; "" if nothing differs */
	char a[64], b[64];
	double apart; /* s between the two starts of Xen; HOST_DOUBT only */
};

/*
 * A domain's own boot is not compared: domains of one host boot at different times, and domids are
 * reused.
 */
enum host_relation hosts__compare(const struct merge_input *a, const struct merge_input *b,
				  struct host_difference *difference);

/*
 * Sets the time in which both were recorded so far, ns of Xen system time; 0 to 0 if a clock is
 * unknown. Returns false if there is none and will be none.
 */
bool hosts__overlap(const struct merge_input *a, const struct merge_input *b, u64 *from, u64 *to);

/*
 * Whether the two captures cannot be compared: another host, in doubt, or times that do not
 * overlap.
 */
bool hosts__apart(const struct merge_input *a, const struct merge_input *b);

#endif
