// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/policy.h"
#include "util/duration.h"

struct limit {
	const char *class;
	size_t offset;
	u32 min, max;
	const char *unit;
	u64 factor;
};

static const struct limit limits[] = {
#define LIMIT(class, field, value, min, max, unit, factor, what) \
	{class, offsetof(struct policy, field), min, max, unit, factor},
	POLICY_LIMITS(LIMIT)
#undef LIMIT
};

const struct policy policy_defaults = {
#define DEFAULT(class, field, value, min, max, unit, factor, what) .field = (value) * (factor),
	POLICY_LIMITS(DEFAULT)
#undef DEFAULT
};

int policy__add_backend(struct policy *policy, const char *comm)
{
	if (policy->nr_backends == POLICY_ADDED)
		return -ENOSPC;
	policy->backends[policy->nr_backends++] = comm;
	return 0;
}

int policy__add_serves(struct policy *policy, const char *pair)
{
	const char *colon = strchr(pair, ':');
	enum kind owner, mapper;
	char name[32];

	if (!colon || (size_t)(colon - pair) >= sizeof(name))
		return -EINVAL;
	memcpy(name, pair, (size_t)(colon - pair));
	name[colon - pair] = '\0';
	owner = kind__by_name(name);
	mapper = kind__by_name(colon + 1);
	if (owner == KIND_UNKNOWN || mapper == KIND_UNKNOWN)
		return -EINVAL;
	if (policy->nr_serves == POLICY_ADDED)
		return -ENOSPC;
	policy->serves[policy->nr_serves].owner = owner;
	policy->serves[policy->nr_serves++].mapper = mapper;
	return 0;
}

static int set(struct policy *policy, const struct limit *limit, const char *number, char *why,
	       size_t size)
{
	const bool is_time = !strcmp(limit->unit, "s");
	unsigned long long value;
	char *end;
	int err = 0;
	u64 seconds;

	errno = 0;
	value = strtoull(number, &end, 10);
	if (is_time) {
		err = duration__parse(number, &seconds);
		value = seconds;
	} else if (errno || *number < '0' || *number > '9' || *end) {
		err = -EINVAL;
	}
	if (err || value < limit->min || value > limit->max) {
		snprintf(why, size, "%s takes a number from %u to %u (%s%s), not \"%s\"",
			 limit->class, limit->min, limit->max, limit->unit,
			 is_time ? ", or as 90s, 5m" : "", number);
		return -EINVAL;
	}
	*(u64 *)((char *)policy + limit->offset) = value * limit->factor;
	return 0;
}

int policy__set_limit(struct policy *policy, const char *text, char *why, size_t size)
{
	const char *number = strchr(text, '=');
	unsigned int i;

	if (number) {
		for (i = 0; i < ARRAY_SIZE(limits); i++) {
			const char *class = limits[i].class;

			if (!strncmp(class, text, strlen(class)) && text + strlen(class) == number)
				return set(policy, &limits[i], number + 1, why, size);
		}
	}
	i = (unsigned int)snprintf(why, size, "\"%s\": give CLASS=NUMBER with CLASS one of", text);
	for (unsigned int k = 0; k < ARRAY_SIZE(limits) && i < size; k++)
		i += (unsigned int)snprintf(why + i, size - i, "%s %s", k ? "," : "",
					    limits[k].class);
	return -EINVAL;
}
