// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/log_device.h"

/* Xen numbers xvda to xvdp from major 202, with 16 minors for each disk. */
#define XVDA  51712u
#define DISKS 16u

u32 log_device__number(const char *name)
{
	const char *digits = name + strlen(name);

	if (!strncmp(name, "xvd", 3) && name[3] >= 'a' && name[3] < 'a' + (int)DISKS)
		return XVDA + 16 * (u32)(name[3] - 'a');
	while (digits > name && isdigit((unsigned char)digits[-1]))
		digits--;
	if (!strncmp(name, "vif", 3) || !*digits)
		return 0;
	return digits == name || digits[-1] == '-' || digits[-1] == '/'
		       ? (u32)strtoul(digits, NULL, 10)
		       : 0;
}

bool log_device__is_other_disk(const char *name, u32 disk)
{
	u32 number = strncmp(name, "xvd", 3) ? 0 : log_device__number(name);

	return number && disk >= XVDA && disk < XVDA + 16 * DISKS && disk / 16 != number / 16;
}

bool log_device__is_disk(const char *name)
{
	return log_device__number(name) >= 256 || !strncmp(name, "xvd", 3) ||
	       !strncmp(name, "sd", 2) || !strncmp(name, "hd", 2);
}

bool log_device__may_be(const char *a, const char *b)
{
	if (!*a || !*b || !strcmp(a, b))
		return true;
	if (log_device__is_disk(a) != log_device__is_disk(b))
		return false;
	/* A network device has different names in the frontend and on the bus. */
	return !log_device__is_disk(a) || log_device__number(a) == log_device__number(b);
}

const char *log_device__label(const char *name, char *buf, size_t size)
{
	u32 number = log_device__number(name);

	if (strncmp(name, "xvd", 3) && number >= XVDA && number < XVDA + 16 * DISKS)
		snprintf(buf, size, "%s (xvd%c)", name, (char)('a' + (number - XVDA) / 16));
	else
		snprintf(buf, size, "%s", name);
	return buf;
}
