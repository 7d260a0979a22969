/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages to systemd, as sd_notify(3) describes them: a static program cannot use libsystemd.
 * Without a service manager nothing is sent.
 */
#ifndef GRANTWATCH_NOTIFY_H
#define GRANTWATCH_NOTIFY_H

#include "util/types.h"

/* Called once. Children do not see the service manager from then on. */
void notify__begin(void);

/* The service works. Sent once. */
void notify__ready(void);

/* The service works at @now, CLOCK_MONOTONIC, ns. Sent as often as the watchdog needs. */
void notify__alive(u64 now);

#endif
