/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of a monitor. It runs without privileges and can't open any; its warden does, and only
 * those that the configuration names: results and metrics, and "flight-…" and "saved-…" in the
 * results directory.
 */
#ifndef GRANTWATCH_MONITOR_FILES_H
#define GRANTWATCH_MONITOR_FILES_H

#include "monitor/monitor.h"
#include "util/warden.h"

/*
 * In the warden: a descriptor, 0 when done, or -errno; -EINVAL for requests and names that are none
 * of a monitor's.
 */
int monitor_files__serve(const struct monitor_config *config, enum warden_request request,
			 const char *name);

/* In the monitor: a descriptor or -errno. */
int monitor_files__open_result(const char *name);
int monitor_files__publish(const char *name);
/* Segment @slot of source @lane, empty, for reading and writing. */
int monitor_files__open_segment(u32 lane, u32 slot);
/* Of what is kept as @save ("saved-…"): the capture of domain @domid. */
int monitor_files__open_saved(const char *save, u32 domid);

#endif
