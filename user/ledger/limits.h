/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of the ledger's memory, which hold for any capture. Items above a limit, or forgotten
 * before they were judged, are counted and become a blind spot.
 */
#ifndef GRANTWATCH_LEDGER_LIMITS_H
#define GRANTWATCH_LEDGER_LIMITS_H

#include "util/types.h"

/* Maximum of ended generations kept per ref, and of closed maps kept per ref and kind of mapper. */
#define LEDGER_HISTORY 8

struct ledger_limits {
	u32 history;	  /* LEDGER_HISTORY at most */
	u32 rich_gens;	  /* of one granter: above it the history is 1 per ref */
	u32 pending;	  /* items that wait to be settled */
	u32 postponed;	  /* items that wait for the verdict of maps, or for calls under way */
	u32 calls;	  /* open announcing ioctls */
	u32 arms;	  /* of one ref */
	u32 maps;	  /* of one ref */
	u32 list;	  /* arms or maps of one ref, unsettled ones included; 4096 at most */
	u32 gens;	  /* of one ref, beyond the history */
	u32 reads;	  /* table reads of one ref */
	u32 needed_reads; /* the same, unsettled ones included */
	u32 lines;	  /* lines of kernel logs that wait to be settled */
	/*
	 * Per live stream of a guest: the domains it names; the chunks of other domains' refs it
	 * names; its arms and maps.
	 */
	u32 guest_domains, guest_chunks, guest_items;
};

extern const struct ledger_limits ledger_limits_default;

#endif
