// SPDX-License-Identifier: GPL-2.0
/* For runs under valgrind only, see scripts/quality.mk: parse without a filter of system calls. */
#include "util/privileges.h"

/* The linker's name for what stands in for privileges__confine(). */
int __wrap_privileges__confine(void); // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

int __wrap_privileges__confine(void) // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
{
	return 0;
}
