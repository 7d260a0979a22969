/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of a run with complete records: races which look like rightful maps. A row is
 * X(condition, sentence). A limit does not make a run blind: it holds for every run of its kind.
 * docs/detection.md has the same sentences with the reasons (a test compares).
 *
 * Variables of the conditions:
 *
 *	announced	refs were announced to gntdev
 *	disks		maximum number of disks of one domain
 *	queued		frontends with several queues granted pages
 *	copied		grants were copied
 *	persistent	a disk has persistent grants
 *	translated	a granter is PVH or HVM
 *	alone		only a guest's own record reports its grants
 */
#ifndef GRANTWATCH_SUMMARY_LIMITS_H
#define GRANTWATCH_SUMMARY_LIMITS_H

/* clang-format off */
#define LIMITS(X) \
	X(announced, "a ref which one subsystem freed and granted again before the mapper announced it") \
	X(disks > 1, "a map by blkback for one disk of a ref which was granted for another disk") \
	X(queued, "a map for one queue of a device of a ref which was granted for another queue") \
	X(copied, "a copy through a ref which the same frontend had granted again") \
	X(persistent, "a page of persistent grants which the backend used again without a map") \
	X(translated, "pages which a PVH or HVM guest exchanged") \
	X(alone, "a false report by a guest on its own grants: neither its grant table nor Xen's trace was read")
/* clang-format on */

#endif
