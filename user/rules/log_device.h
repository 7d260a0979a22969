/* SPDX-License-Identifier: GPL-2.0 */
/* Devices by their names in logs. */
#ifndef GRANTWATCH_LOG_DEVICE_H
#define GRANTWATCH_LOG_DEVICE_H

#include "util/types.h"

/*
 * Returns the number of a virtual disk, such as 51728 for "xvdb", "vbd-51728" or
 * "backend/vbd/5/51728"; 0 for other names.
 */
u32 log_device__number(const char *name);

/* Whether both names may be of one device; "" may be of any. */
bool log_device__may_be(const char *a, const char *b);

/* Writes "vbd-51728 (xvdb)" to @buf, or @name if it is no disk. Returns @buf. */
const char *log_device__label(const char *name, char *buf, size_t size);

/*
 * Whether the frontend's @name is surely not that of the virtual disk @disk (0: unknown). Linux
 * calls a disk of another kind "xvd" too, so only numbers of xvda to xvdp tell.
 */
bool log_device__is_other_disk(const char *name, u32 disk);

/* Whether @name is that of a disk, or of a network interface. */
bool log_device__is_disk(const char *name);

#endif
