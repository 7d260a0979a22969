/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reduces the privileges of a process that reads untrusted data. docs/trust.md has what each step
 * leaves.
 */
#ifndef GRANTWATCH_UTIL_PRIVILEGES_H
#define GRANTWATCH_UTIL_PRIVILEGES_H

#include "util/types.h"

/* nobody and nogroup, with the same number everywhere, for a process that was root. */
#define PRIVILEGES_NOBODY 65534u

/*
 * Becomes nobody (if root), without capabilities and without a way to gain any (no_new_privs).
 * Returns 0 or -errno; after a failure the process must not parse anything.
 */
int privileges__give_up(void);

/*
 * Permits only system calls on open descriptors: read, write, wait, memory. Others fail with EPERM.
 * Returns 0 or -errno.
 */
int privileges__confine(void);

/* Both, for commands that have everything open. Returns 0, or -1 after logging the error. */
int privileges__drop(void);

/*
 * For a running recorder: keeps only the capabilities to read its probes and to probe modules that
 * load later, and with @creates_files the one to create files in anybody's directory. It stays
 * root. Returns 0 or -errno.
 */
int privileges__keep_recording(bool creates_files);

#endif
