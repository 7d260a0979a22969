/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of stale-map: what was found out about one map. */
#ifndef GRANTWATCH_RULES_STALE_MAP_H
#define GRANTWATCH_RULES_STALE_MAP_H

#include "rules/seen.h"

struct verdict {
	struct arm *arm;	 /* told by, NULL */
	const struct call *call; /* the ioctl behind it */
	const struct gen *newer; /* a grant surely between the arm and the map */
	/* and what was before it had ended, so nothing older was mapped */
	bool newer_sure;
	const struct map *rightful; /* a kernel backend's map of the same page at the same time */
	const struct map *backend;  /* one of the same generation, whenever */
	/* a kernel backend's map after the arm: the ref was a frontend's by then */
	const struct map *between;
	bool table;	      /* looks into the granter's table show a change … */
	struct change change; /* … this one */
	bool owner_conflict;  /* no candidate's owner is served by this mapper */
	bool owner_agrees;    /* every candidate's owner is */
	bool undecided;	      /* but for the clocks' bounds, order would tell */
};

/* The evidence of @v in @finding, strongest first. */
void verdict__explain(struct ledger *ledger, struct finding *finding, const struct map *map,
		      const struct landing *landing, const struct verdict *v);

#endif
