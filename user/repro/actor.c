// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "repro/actor.h"

const char *const actor_names[NR_ACTORS] = {"granter", "granter2", "mapper", "mapper2"};
const char *const side_names[NR_SIDES] = {"granter", "mapper"};

void repro__sleep_until(u64 deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / NSEC_PER_SEC),
		.tv_nsec = (long)(deadline % NSEC_PER_SEC),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

int repro__fork(const char *name)
{
	int null, parent = getpid(), pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	if (getppid() != parent)
		_exit(0);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	return 0;
}

void *repro__shared(size_t size)
{
	/* cppcheck-suppress invalidFunctionArg ; -1 is right for anonymous memory */
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	return p;
}

static void append(char *buf, size_t size, const char *fmt, va_list ap)
{
	size_t used = strnlen(buf, size - 1);

	if (used)
		used += (size_t)snprintf(buf + used, size - used, "; ");
	if (used < size)
		vsnprintf(buf + used, size - used, fmt, ap);
}

void repro__append(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(buf, size, fmt, ap);
	va_end(ap);
}

void outcome__note(struct outcome *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(out->note, sizeof(out->note), fmt, ap);
	va_end(ap);
}
