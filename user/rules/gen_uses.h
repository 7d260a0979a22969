/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the maps of a ref say about one of its generations. A busy ref has many announcements and
 * many maps, so one walk over the maps serves all announcements.
 */
#ifndef GRANTWATCH_RULES_GEN_USES_H
#define GRANTWATCH_RULES_GEN_USES_H

#include "ledger/ledger.h"

enum { SURELY_UNKNOWN, SURELY_YES, SURELY_NO }; /* SURELY_UNKNOWN: not looked up yet */

/* By the mapper's domain index: */
struct gen_uses {
	const struct gen *gen;	       /* NULL: no walk yet */
	bool may[LEDGER_MAX_DOMAINS];  /* a map may have used it */
	u8 surely[LEDGER_MAX_DOMAINS]; /* SURELY_…: a map surely used it */
};

/*
 * Fills @uses, and marks the calls (call->marked) behind maps that may have used @gen, which has
 * ended. The marks stay until gen_uses__done(). Maps of other domains than the grantee do not
 * count.
 */
void gen_uses__find(struct ledger *ledger, const struct ref *ref, const struct gen *gen,
		    struct gen_uses *uses);
void gen_uses__done(struct ledger *ledger, const struct ref *ref);

/* Whether a map by @mapper surely used the generation. */
bool gen_uses__surely(struct ledger *ledger, const struct ref *ref, struct gen_uses *uses,
		      u8 mapper);

#endif
