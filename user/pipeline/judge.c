// SPDX-License-Identifier: GPL-2.0
#include "ledger/kinds.h"
#include "pipeline/judge.h"
#include "pipeline/pipeline.h"
#include "rules/limits.h"
#include "util/log.h"

int judge__apply(const struct judge_config *config, struct pipeline *pipeline)
{
	char why[256];
	unsigned int i;

	for (i = 0; i < config->backends.nr; i++)
		if (comm__add_backend(config->backends.item[i])) {
			pr_err("--backend %s: too many", config->backends.item[i]);
			return -1;
		}
	for (i = 0; i < config->limits.nr; i++)
		if (limits__set(&pipeline->rules->config, config->limits.item[i], why,
				sizeof(why))) {
			pr_err("--limit: %s", why);
			return -1;
		}
	return 0;
}
