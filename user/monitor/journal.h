/* SPDX-License-Identifier: GPL-2.0 */
/* Findings to systemd-journald, with fields: journalctl GRANTWATCH_CLASS=stale-map. */
#ifndef GRANTWATCH_JOURNAL_H
#define GRANTWATCH_JOURNAL_H

#include "pipeline/reporting.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/*
 * A socket that is connected to journald's at @path. -errno; -ENOENT and -ECONNREFUSED: there is no
 * journald.
 */
int journal__open(const char *path);

/* One entry about @finding. Never waits: 0, or -errno when journald took nothing. */
int journal__send(int fd, const struct pipeline *pipeline, const struct finding *finding,
		  const struct report_config *config);

#endif
