/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ends of memory, whatever a capture says. What has no room, or goes before all about it was
 * judged, is counted and becomes a blind spot.
 */
#ifndef GRANTWATCH_LEDGER_LIMITS_H
#define GRANTWATCH_LEDGER_LIMITS_H

#include "util/types.h"

/* Ended generations and closed maps kept per ref, the latter of each kind of mapper. */
#define LEDGER_HISTORY 8

struct ledger_limits {
	u32 history;	  /* LEDGER_HISTORY at most */
	u32 rich_gens;	  /* above this number of generations no history is kept */
	u32 pending;	  /* items that wait to be settled */
	u32 postponed;	  /* items that wait for maps and for calls which are under way */
	u32 calls;	  /* ioctls that were never taken back */
	u32 arms;	  /* of one ref */
	u32 maps;	  /* of one ref */
	u32 list;	  /* of either, with those that are not settled yet; 4096 at most */
	u32 gens;	  /* of one ref, beyond the history's length */
	u32 reads;	  /* of one ref's entry */
	u32 needed_reads; /* the same, with those that are not settled yet */
	u32 lines;	  /* of kernel logs that wait to be settled */
	/*
	 * For the live stream of a guest: domains and chunks of other domains' refs which it names;
	 * its arms and maps.
	 */
	u32 guest_domains, guest_chunks, guest_items;
};

extern const struct ledger_limits ledger_limits_default;

#endif
