/* SPDX-License-Identifier: GPL-2.0 */
/* Findings to systemd-journald, with fields: journalctl GRANTWATCH_CLASS=stale-map. */
#ifndef GRANTWATCH_JOURNALD_H
#define GRANTWATCH_JOURNALD_H

#include "pipeline/reporting.h"

#define JOURNALD_SOCKET "/run/systemd/journal/socket"

/*
 * Returns a socket connected to journald at @path, or -errno; -ENOENT and -ECONNREFUSED: journald
 * is not there.
 */
int journald__open(const char *path);

/* Sends an entry about @finding. Never waits. Returns 0, or -errno if journald did not take it. */
int journald__send(int fd, const struct pipeline *pipeline, const struct finding *finding,
		   const struct report_config *config);

#endif
