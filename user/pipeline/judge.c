// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "model/policy.h"
#include "pipeline/judge.h"
#include "util/log.h"

/* Logs what is wrong with a --serves option, with all valid names. */
static void complain_serves(const char *pair, int err)
{
	char names[512] = "";
	enum kind kind;
	size_t len = 0;

	if (err == -ENOSPC) {
		pr_err("--serves %s: too many", pair);
		return;
	}
	for (kind = KIND_UNKNOWN + 1; kind < KIND_MAX && len < sizeof(names); kind++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, " %s", kind__name(kind));
	pr_err("--serves %s: give OWNER:MAPPER, each one of%s", pair, names);
}

int judge__apply(const struct judge_config *config, struct policy *policy)
{
	char why[256];
	unsigned int i;

	for (i = 0; i < config->backends.nr; i++)
		if (policy__add_backend(policy, config->backends.item[i])) {
			pr_err("--backend %s: too many", config->backends.item[i]);
			return -1;
		}
	for (i = 0; i < config->serves.nr; i++) {
		int err = policy__add_serves(policy, config->serves.item[i]);

		if (err) {
			complain_serves(config->serves.item[i], err);
			return -1;
		}
	}
	for (i = 0; i < config->limits.nr; i++)
		if (policy__set_limit(policy, config->limits.item[i], why, sizeof(why))) {
			pr_err("--limit: %s", why);
			return -1;
		}
	return 0;
}
