/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of stale-map: what was found out about one map. */
#ifndef GRANTWATCH_RULES_STALE_MAP_H
#define GRANTWATCH_RULES_STALE_MAP_H

#include "rules/candidates.h"
#include "rules/order.h"
#include "rules/table_evidence.h"

struct stale_map {
	struct judging judging; /* .gen: the generation that the map landed on, NULL not known */
	const struct candidates *candidates;
	struct arm *arm;	    /* the announcement that it came through, NULL */
	const struct call *call;    /* the ioctl behind it */
	struct newer newer;	    /* order */
	const struct map *rightful; /* a kernel backend's map of the same page at the same time */
	const struct map *backend;  /* one of the same generation, whenever */
	/* of that one and this map either may be the late one: nothing but their time tells */
	bool open;
	/* a kernel backend's map after the arm: the ref was a frontend's by then */
	const struct map *between;
	const struct gen *over; /* announced, and over before the map, which is of none on record */
	bool table;		/* reads of the granter's table show a change … */
	struct change change;	/* … this one */
	bool owner_conflict;	/* no candidate's owner is served by this mapper */
	bool owner_agrees;	/* every candidate's owner is */
	bool undecided;		/* but for the clocks' bounds, order would tell */
};

/* The evidence of @stale in @finding, strongest first. */
void stale_map__explain(const struct stale_map *stale, struct finding *finding);

#endif
