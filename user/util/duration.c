// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "util/duration.h"

/* Returns the seconds of the unit @letter, 0 if there is no such unit. */
static u64 seconds_of(char letter)
{
	switch (letter) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

int duration__parse(const char *text, u64 *seconds)
{
	unsigned long long value;
	u64 unit, above = UINT64_MAX;
	char *end;

	*seconds = 0;
	do {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		errno = 0;
		value = strtoull(text, &end, 10);
		unit = *end ? seconds_of(*end) : 1;
		/* Larger units first, each at most once. A number without a unit stands alone. */
		if (errno || !unit || unit >= above || value > UINT32_MAX ||
		    (!*end && above != UINT64_MAX))
			return -EINVAL;
		*seconds += value * unit;
		above = unit;
		text = end + (*end != '\0');
	} while (*text);
	return 0;
}
