/* SPDX-License-Identifier: GPL-2.0 */
/* Holders: the ledger's open maps at the end of the captures, by granter and mapper. */
#ifndef GRANTWATCH_PIPELINE_HOLDINGS_H
#define GRANTWATCH_PIPELINE_HOLDINGS_H

#include "pipeline/pipeline.h"

#define HOLDINGS_MAX   4096u
#define HOLDING_RANGES 16u

struct holding {
	u16 granter, mapper;
	enum kind kind;
	u32 pid;
	char comm[16];
	u32 refs;
	struct {
		u32 first, last;
	} range[HOLDING_RANGES];
	u32 nr_ranges;
	u32 more; /* number of refs beyond the ranges */
	/* age of the oldest map at the capture's end, ns of the mapper's clock */
	u64 since_ns;
	/* the granter ended one of these refs or retries its end */
	bool dropped;
};

struct holdings {
	struct holding item[HOLDINGS_MAX];
	u32 nr;
	u32 left_out; /* maps that found no room */
};

/*
 * Collects the open maps of @ledger, by granter, kind and pid. @granter (unless DOMID_UNKNOWN) and
 * @ref (unless negative) select one domain and one ref.
 */
void holdings__collect(struct holdings *holdings, struct ledger *ledger, u16 granter, s64 ref);

/*
 * Writes who has @ref of @granter mapped, such as "blkback, gntdev in Xorg (pid 2201)"; "" if no
 * holder is known. Returns @buf.
 */
const char *holdings__of_ref(struct ledger *ledger, u16 granter, u32 ref, char *buf, size_t size);

#endif
