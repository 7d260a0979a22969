/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving up what a process that reads strangers' bytes must not have. What each step leaves:
 * docs/trust.md.
 */
#ifndef GRANTWATCH_UTIL_PRIVILEGES_H
#define GRANTWATCH_UTIL_PRIVILEGES_H

#include "util/types.h"

/*
 * Who a process becomes that had been root: nobody and nogroup, whose numbers are the same
 * everywhere.
 */
#define PRIVILEGES_NOBODY 65534u

/*
 * Become nobody (if root), without capabilities, and never to gain any (no_new_privs). 0 or -errno;
 * on failure the process must not go on to parse anything.
 */
int privileges__give_up(void);

/*
 * From now on only system calls that work on what is open already: read, write, wait, memory.
 * Others fail with EPERM. 0 or -errno.
 */
int privileges__confine(void);

/* Both, for commands that have everything open; tells what failed. 0 or -1. */
int privileges__drop(void);

/*
 * Of a recorder in place: only the capabilities that reading its probes, and probing modules that
 * load later, needs; with @creates_files also the one for files in anybody's directory. It stays
 * root. 0 or -errno.
 */
int privileges__keep_recording(bool creates_files);

#endif
