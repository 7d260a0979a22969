/* SPDX-License-Identifier: GPL-2.0 */
/* Devices by the names that logs give them. */
#ifndef GRANTWATCH_LOG_DEVICE_H
#define GRANTWATCH_LOG_DEVICE_H

#include "util/types.h"

/* The number of a virtual disk: 51728 of "xvdb", "vbd-51728" or "backend/vbd/5/51728"; 0: none. */
u32 log_device__number(const char *name);

/* Whether both may be one device; an empty name may be any. */
bool log_device__may_be(const char *a, const char *b);

/* "vbd-51728 (xvdb)", or @name where its number is no disk's. */
const char *log_device__label(const char *name, char *buf, size_t size);

/* Whether @name is a disk's, a network's. */
bool log_device__is_disk(const char *name);

#endif
