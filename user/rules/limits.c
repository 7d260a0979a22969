// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/limits.h"
#include "rules/rules.h"

struct limit {
	const char *class;
	size_t offset;
	u32 value, min, max;
	const char *unit;
	u64 factor;
};

static const struct limit limits[] = {
#define LIMIT(class, field, value, min, max, unit, factor, what) \
	{class, offsetof(struct rules_config, field), value, min, max, unit, factor},
	RULES_LIMITS(LIMIT)
#undef LIMIT
};

static u64 *field_of(struct rules_config *config, const struct limit *limit)
{
	return (u64 *)((char *)config + limit->offset);
}

void limits__defaults(struct rules_config *config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		*field_of(config, &limits[i]) = limits[i].value * limits[i].factor;
}

static int set(struct rules_config *config, const struct limit *limit, const char *number,
	       char *why, size_t size)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(number, &end, 10);
	if (errno || *number < '0' || *number > '9' || *end || value < limit->min ||
	    value > limit->max) {
		snprintf(why, size, "%s takes a number from %u to %u (%s), not \"%s\"",
			 limit->class, limit->min, limit->max, limit->unit, number);
		return -EINVAL;
	}
	*field_of(config, limit) = value * limit->factor;
	return 0;
}

int limits__set(struct rules_config *config, const char *text, char *why, size_t size)
{
	const char *number = strchr(text, '=');
	unsigned int i;

	if (number) {
		for (i = 0; i < ARRAY_SIZE(limits); i++) {
			const char *class = limits[i].class;

			if (!strncmp(class, text, strlen(class)) && text + strlen(class) == number)
				return set(config, &limits[i], number + 1, why, size);
		}
	}
	i = (unsigned int)snprintf(why, size, "\"%s\": give CLASS=NUMBER with CLASS one of", text);
	for (unsigned int k = 0; k < ARRAY_SIZE(limits) && i < size; k++)
		i += (unsigned int)snprintf(why + i, size - i, "%s %s", k ? "," : "",
					    limits[k].class);
	return -EINVAL;
}
