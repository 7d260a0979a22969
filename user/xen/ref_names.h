/* SPDX-License-Identifier: GPL-2.0 */
/* The purpose of refs, as far as it is known without records: reserved refs and rings. */
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
 * Reads the names of @domid's refs: those reserved by Xen's ABI, and rings that its frontends wrote
 * to @xenstore (NULL: none). Guests may write anything there.
 */
void ref_names__read(struct ref_names *names, struct xenstore *xenstore, u16 domid);

/* Returns the name of @ref, NULL if unknown. */
const char *ref_names__find(const struct ref_names *names, u32 ref);

#endif
