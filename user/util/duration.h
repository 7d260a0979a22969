/* SPDX-License-Identifier: GPL-2.0 */
/* Durations as people write them: "90", "90s", "5m", "1h30m", "2d". */
#ifndef GRANTWATCH_DURATION_H
#define GRANTWATCH_DURATION_H

#include "util/types.h"

/* Sets *@seconds by @text; a plain number is seconds. Returns 0 or -EINVAL. */
int duration__parse(const char *text, u64 *seconds);

#endif
