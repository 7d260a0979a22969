/* SPDX-License-Identifier: GPL-2.0 */
/* The options that decide verdicts, the same for stored and live captures. */
#ifndef GRANTWATCH_JUDGE_H
#define GRANTWATCH_JUDGE_H

#include "model/policy.h"
#include "util/options.h"

struct judge_config {
	struct opt_list backends, serves, limits;
};

#define JUDGE_LIMIT_HELP(class, field, def, least, most, unit, per, text) \
	", " class " (" #def " " unit ")"

/*
 * Entries for the option table of a command whose configuration has a struct judge_config @field.
 */
/* clang-format off */
#define JUDGE_OPTS(config, field) \
	{.name = "backend", \
	 .letter = 'b', \
	 .type = OPT_LIST, \
	 .offset = offsetof(config, field.backends), \
	 .metavar = "COMM", \
	 .help = "COMM (or COMM* for a prefix) is a user-space backend, may map frontends' grants"}, \
	{.name = "serves", \
	 .type = OPT_LIST, \
	 .offset = offsetof(config, field.serves), \
	 .metavar = "OWNER:MAPPER", \
	 .help = "grants of OWNER are meant for MAPPER too, both named as in reports"}, \
	{.name = "limit", \
	 .type = OPT_LIST, \
	 .offset = offsetof(config, field.limits), \
	 .metavar = "CLASS=N", \
	 .help = "report CLASS from N on, or change the memory of the history; by default" POLICY_LIMITS(JUDGE_LIMIT_HELP)}
/* clang-format on */

/* Sets @policy by the options. Returns 0, or -1 after logging the error. */
int judge__apply(const struct judge_config *config, struct policy *policy);

#endif
