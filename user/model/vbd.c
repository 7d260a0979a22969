// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/vbd.h"

#define COMM_LEN 15 /* length to which the kernel truncates a task's name */

#define EXTENDED (1u << 28)

/* Numbers of @prefix's disks. Further disks, and partitions, are in the extended range. */
static const struct {
	const char *prefix;
	u32 major, bits; /* bits of the partition */
	u32 first, last; /* number of disks of this major */
} ranges[] = {
	{"xvd", 202, 4, 0, 15},
	{"sd", 8, 4, 0, 15},
	{"hd", 3, 6, 0, 1},
	{"hd", 22, 6, 2, 3},
};

/* Reads up to six digits. Returns false if there is none, or more than six. */
static bool read_digits(const char **pos, const char *end, u32 *value)
{
	const char *from = *pos;

	for (*value = 0; *pos < end && isdigit((unsigned char)**pos) && *pos - from < 6; ++*pos)
		*value = *value * 10 + (u32)(**pos - '0');
	return *pos > from && !(*pos < end && isdigit((unsigned char)**pos));
}

/* "a" is 0, "aa" is 26; three letters at most. */
static bool read_letters(const char **pos, const char *end, u32 *value)
{
	const char *from = *pos;

	for (*value = 0; *pos < end && islower((unsigned char)**pos) && *pos - from < 3; ++*pos)
		*value = *value * 26 + (u32)(**pos - 'a') + 1;
	if (!*value)
		return false;
	--*value;
	return true;
}

static bool extended(u32 disk, u32 partition, u32 *number)
{
	*number = EXTENDED | disk << 8 | partition;
	return partition < 256;
}

static bool compose(const char *prefix, u32 disk, u32 partition, u32 *number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (strcmp(ranges[i].prefix, prefix) || disk < ranges[i].first ||
		    disk > ranges[i].last || partition >> ranges[i].bits)
			continue;
		*number = ranges[i].major << 8 | (disk - ranges[i].first) << ranges[i].bits |
			  partition;
		return true;
	}
	return !strcmp(prefix, "xvd") && extended(disk, partition, number);
}

static bool by_letters(const char *prefix, const char *pos, const char *end, u32 *number)
{
	u32 disk, partition = 0;

	if (!read_letters(&pos, end, &disk) || (pos < end && !read_digits(&pos, end, &partition)) ||
	    pos != end)
		return false;
	return compose(prefix, disk, partition, number);
}

/* "51712"; "d0p1", which counts as an xvd's. */
static bool by_digits(const char *name, const char *end, u32 *number)
{
	const char *pos = name + (*name == 'd');
	u32 disk, partition;
	char text[12];
	size_t len = (size_t)(end - name);

	if (*name == 'd')
		return read_digits(&pos, end, &disk) && pos < end && *pos++ == 'p' &&
		       read_digits(&pos, end, &partition) && pos == end &&
		       compose("xvd", disk, partition, number);
	if (len >= sizeof(text) || strspn(name, "0123456789") < len)
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	*number = (u32)strtoul(text, NULL, 10);
	return true;
}

bool vbd__by_name(const char *name, size_t len, u32 *number)
{
	const char *end = name + len;
	size_t i, n;

	if (!len)
		return false;
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		n = strlen(ranges[i].prefix);
		if (len > n && !memcmp(name, ranges[i].prefix, n))
			return by_letters(ranges[i].prefix, name + n, end, number);
	}
	return by_digits(name, end, number);
}

/* Moves @pos behind the domid of a blkback thread's name. Returns false if it has none. */
static bool read_guest(const char **pos, u32 *domid)
{
	static const char lead[] = "blkback.";

	if (!strncmp(*pos, lead, sizeof(lead) - 1))
		*pos += sizeof(lead) - 1;
	return read_digits(pos, *pos + strlen(*pos), domid) && *(*pos)++ == '.';
}

bool vbd__is_of_other(const char *comm, u16 domid)
{
	u32 peer;

	return read_guest(&comm, &peer) && peer != domid;
}

bool vbd__of_blkback(const char *comm, u16 domid, u32 *number)
{
	const char *pos = comm, *dash;
	u32 peer;

	if (!read_guest(&pos, &peer) || peer != domid)
		return false;
	dash = strchr(pos, '-');
	if (!dash && strlen(comm) >= COMM_LEN)
		return false;
	return vbd__by_name(pos, dash ? (size_t)(dash - pos) : strlen(pos), number);
}

const char *vbd__name(u32 number, char *buf, size_t size)
{
	bool is_extended = number >> 28 == 1;
	u32 disk = is_extended ? (number >> 8) & 0xfffff : (number & 0xff) >> 4;
	u32 partition = number & (is_extended ? 0xff : 0xf);

	if ((!is_extended && number >> 8 != 202) || disk >= 26)
		snprintf(buf, size, "vbd %u", number);
	else if (partition)
		snprintf(buf, size, "xvd%c%u", 'a' + (char)disk, partition);
	else
		snprintf(buf, size, "xvd%c", 'a' + (char)disk);
	return buf;
}
