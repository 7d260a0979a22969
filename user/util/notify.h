/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service tells systemd, as sd_notify(3) describes it. A static program cannot use
 * libsystemd for that. Without a service manager nothing is sent.
 */
#ifndef GRANTWATCH_NOTIFY_H
#define GRANTWATCH_NOTIFY_H

#include "util/types.h"

/* Once. From then on children do not see the service manager. */
void notify__begin(void);

/* The service does its work. Sent once. */
void notify__ready(void);

/* It still does, at @now of the monotonic clock, ns. Sends as often as the watchdog needs. */
void notify__alive(u64 now);

#endif
