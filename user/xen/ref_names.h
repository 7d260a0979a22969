/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What refs are for, as far as it can be told without having seen them granted: reserved ones and
 * rings.
 */
#ifndef GRANTWATCH_XEN_REF_NAMES_H
#define GRANTWATCH_XEN_REF_NAMES_H

#include "xen/xenstore.h"

#define NAMES_MAX 512u

struct ref_names {
	struct ref_name {
		u32 ref;
		char text[56];
	} item[NAMES_MAX];
	u32 nr;
};

/*
 * The names of @domid's refs: those that Xen's ABI reserves, and the rings that its frontends wrote
 * to @xenstore (NULL: there is none). What a guest writes there is its own word.
 */
void ref_names__read(struct ref_names *names, struct xenstore *xenstore, u16 domid);

/* NULL: nothing is known of @ref. */
const char *ref_names__find(const struct ref_names *names, u32 ref);

#endif
