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

/* @comm, or its pseudonym if it is not known. */
const char *program__public(const char *comm, char *buf, size_t size);

/* Whether @comm takes part in Qubes' GUI protocol. */
bool program__is_qubes_gui(const char *comm);

/*
 * The name that fingerprints use: the same on every machine, so without numbers; for a program that
 * is not known its pseudonym, "program-3f2a": the same everywhere, and too short a hash to tell the
 * name.
 */
const char *program__class(const char *comm, char *buf, size_t size);

#endif
