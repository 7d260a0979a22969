/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs which are known to share or map pages, by their comm, and the protocols they speak.
 * Their names do not tell who uses the machine. Other programs' names may, so reports hide them.
 */
#ifndef GRANTWATCH_PROGRAMS_H
#define GRANTWATCH_PROGRAMS_H

#include "util/types.h"

/* Whether @comm is a known program or a kernel thread. */
bool program__is_known(const char *comm);

/* Returns a note for reports on the protocol that @comm speaks, or NULL. */
const char *program__protocol(const char *comm);

/*
 * Returns @comm, or its pseudonym if it is unknown: "program-1", numbered in order of occurrence.
 * A program has one pseudonym in a process and another one in other reports, so nobody can compute
 * its name. The same input gives the same numbers.
 */
const char *program__public(const char *comm, char *buf, size_t size);

/* Numbers in a separate series from now on, "program-2.1": for parts that are combined. */
void program__series(u32 series);

/*
 * Returns the name for fingerprints, without numbers, which is the same on every machine. "program"
 * for an unknown one.
 */
const char *program__class(const char *comm, char *buf, size_t size);

#endif
