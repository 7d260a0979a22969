/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs that are known to share or map pages, by their comm: what protocol they speak, and that
 * their names tell nothing about who uses the machine. Any other program's name may, so reports
 * hide it.
 */
#ifndef GRANTWATCH_PROGRAMS_H
#define GRANTWATCH_PROGRAMS_H

#include "util/types.h"

/* Whether @comm is one of them or a kernel thread's. */
bool program__is_known(const char *comm);

/* What is worth knowing about the protocol that @comm speaks, or NULL. */
const char *program__protocol(const char *comm);

/*
 * @comm, or its pseudonym if it is not known: "program-1", numbered as they come up. So one process
 * calls a program always the same, two reports do not, and nobody can compute the name. The same
 * input gives the same numbers.
 */
const char *program__public(const char *comm, char *buf, size_t size);

/* Number in a series of its own from now on, "program-2.1": for parts that are put together. */
void program__series(u32 series);

/*
 * The name that fingerprints use: the same on every machine, so without numbers; "program" for one
 * that is not known.
 */
const char *program__class(const char *comm, char *buf, size_t size);

#endif
