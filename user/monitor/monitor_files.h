/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of a monitor. It runs without privileges and cannot open them. Its warden does, for
 * files that the configuration names: results and metrics, and "flight-…" and "saved-…" in the
 * results directory.
 */
#ifndef GRANTWATCH_MONITOR_FILES_H
#define GRANTWATCH_MONITOR_FILES_H

#include "monitor/monitor.h"
#include "util/warden.h"

/*
 * In the warden: returns a descriptor, 0 when done, -EINVAL for other requests and names, or
 * another -errno.
 */
int monitor_files__serve(const struct monitor_config *config, enum warden_request request,
			 const char *name);

/* In the monitor: returns a descriptor or -errno. */
int monitor_files__open_result(const char *name);
int monitor_files__publish(const char *name);
/* Opens segment @slot of source @lane, emptied, for reading and writing. */
int monitor_files__open_segment(u32 lane, u32 slot);
/* Opens the capture of domain @domid in the directory @save ("saved-…"). */
int monitor_files__open_saved(const char *save, u32 domid);

#endif
