/* SPDX-License-Identifier: GPL-2.0 */
/* Findings to systemd-journald, with fields: journalctl GRANTWATCH_CLASS=stale-map. */
#ifndef GRANTWATCH_JOURNALD_H
#define GRANTWATCH_JOURNALD_H

#include "pipeline/reporting.h"

#define JOURNALD_SOCKET "/run/systemd/journal/socket"

/*
 * A socket that is connected to journald's at @path. -errno; -ENOENT and -ECONNREFUSED: there is no
 * journald.
 */
int journald__open(const char *path);

/* One entry about @finding. Never waits: 0, or -errno when journald took nothing. */
int journald__send(int fd, const struct pipeline *pipeline, const struct finding *finding,
		   const struct report_config *config);

#endif
