/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run could not see although nothing was missing in its records: races that look like
 * rightful maps. A row is X(condition, sentence); the condition tells whether the record had what
 * the limit is about. A limit does not make a run blind: it holds for every run of that kind.
 * docs/detection.md has the same sentences with the reasons (a test compares).
 *
 * Expanded in a function with: announced, whether refs were announced to gntdev; disks, the most
 * of one domain; queued, whether frontends with several queues granted pages; copied; persistent,
 * whether a disk has persistent grants; translated, whether a granter is PVH or HVM; alone, whether
 * a guest's own record is all that tells of its grants.
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
