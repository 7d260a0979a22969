// SPDX-License-Identifier: GPL-2.0
/*
 * For runs under valgrind and for `make coverage` only, see scripts/quality.mk: parse without a
 * filter of system calls, and tell what was run also where a process ends without its exit
 * handlers.
 */
#include <unistd.h>

#include "util/privileges.h"

/*
 * The linker's names for what stands in for others, and for these.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
 */
int __wrap_privileges__confine(void);
int __wrap_privileges__drop(void);
void __wrap__exit(int status) __attribute__((noreturn));
void __real__exit(int status) __attribute__((noreturn));
void __gcov_dump(void) __attribute__((weak));

int __wrap_privileges__confine(void)
{
	return 0;
}

/* Which calls the other one where the linker cannot come between. */
int __wrap_privileges__drop(void)
{
	return privileges__give_up() ? -1 : 0;
}

void __wrap__exit(int status)
{
	if (__gcov_dump)
		__gcov_dump();
	__real__exit(status);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
