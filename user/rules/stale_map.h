/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of stale-map: the evidence about one map. */
#ifndef GRANTWATCH_RULES_STALE_MAP_H
#define GRANTWATCH_RULES_STALE_MAP_H

#include "rules/candidates.h"
#include "rules/order.h"
#include "rules/table_evidence.h"

struct stale_map {
	struct judging judging; /* .gen: the generation that was mapped, NULL unknown */
	const struct candidates *candidates;
	struct arm *arm;	    /* the announcement of the map, NULL unknown */
	const struct call *call;    /* the ioctl behind it */
	struct newer newer;	    /* order */
	const struct map *rightful; /* a kernel backend's map of the same page at the same time */
	const struct map *backend;  /* a kernel backend's map of the same generation at any time */
	/* @rightful may be the stale one instead of this map: only their times differ */
	bool open;
	/* a kernel backend's map after the announcement, so the ref was a frontend's then */
	const struct map *between;
	/* the announced generation, which ended before the map of an unrecorded one */
	const struct gen *over;
	bool table;	      /* @change is valid */
	struct change change; /* what table reads show */
	bool owner_conflict;  /* the mapper serves no candidate's owner */
	bool owner_agrees;    /* the mapper serves every candidate's owner */
	bool undecided;	      /* stale or not within the clock error bounds */
};

/* Adds the evidence of @stale to @finding, strongest first. */
void stale_map__explain(const struct stale_map *stale, struct finding *finding);

#endif
