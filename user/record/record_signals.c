// SPDX-License-Identifier: GPL-2.0
/* Signal handling. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "record/record.h"
#include "util/options.h"

#define PATIENCE_USEC 700000 /* time from a request to stop to an end without the reader */

static int wake_fd = -1; /* global, as handlers have no argument */
static volatile sig_atomic_t told_to_stop, told_by_user, current_stage;

#define CUT_SHORT "grantwatch: error: the capture is cut short: "

/* What a process waits for that does not end in time. */
static const char *const delays[NR_STAGES] = {
	[STAGE_BEGINNING] = CUT_SHORT "recording was still starting\n",
	[STAGE_RECORDING] = CUT_SHORT "its reader does not read\n",
	[STAGE_ATTACHING_LATE] = CUT_SHORT "a module's probes were not attached yet\n",
};

static void wake_loop(void)
{
	u64 one = 1;
	int saved = errno;

	(void)!write(wake_fd, &one, sizeof(one));
	errno = saved;
}

static void on_user(int sig)
{
	told_by_user = 1;
	wake_loop();
}

/*
 * Detaching takes the kernel a tenth of a second for each function. A child keeps the attached
 * probes until this process is gone.
 */
static void end_at_once(void)
{
	static const char text[] =
		"grantwatch: error: stopped while attaching: nothing was recorded\n";
	int until[2];
	char c;

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	/* Not fork(3), which may wait for a lock that the interrupted code holds. */
	if (!pipe2(until, O_CLOEXEC) && !syscall(SYS_fork)) {
		setsid();
		close(until[1]);
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			close(fd);
		(void)!read(until[0], &c, 1);
		_exit(0);
	}
	_exit(EXIT_ERROR);
}

static void on_stop(int sig)
{
	const struct itimerval patience = {.it_value = {.tv_usec = PATIENCE_USEC}};

	if (current_stage == STAGE_ATTACHING)
		end_at_once();
	told_to_stop = 1;
	wake_loop();
	setitimer(ITIMER_REAL, &patience, NULL);
}

/*
 * Nobody reads the output pipe, or the kernel is slow with a program. After a request to stop, the
 * process ends without them.
 */
static void on_impatience(int sig)
{
	const char *text = delays[current_stage];

	(void)!write(STDERR_FILENO, text, strlen(text));
	_exit(EXIT_ERROR);
}

int record__catch_signals(int fd)
{
	const struct sigaction user = {.sa_handler = on_user, .sa_flags = SA_RESTART};
	const struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	const struct sigaction impatience = {.sa_handler = on_impatience};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	wake_fd = fd;
	current_stage = STAGE_ATTACHING;
	return sigaction(SIGINT, &stop, NULL) || sigaction(SIGTERM, &stop, NULL) ||
	       sigaction(SIGHUP, &stop, NULL) || sigaction(SIGUSR1, &user, NULL) ||
	       sigaction(SIGALRM, &impatience, NULL) || sigaction(SIGPIPE, &ignore, NULL);
}

void record__enter(enum stage stage)
{
	current_stage = stage;
}

bool record__told_to_stop(void)
{
	return told_to_stop;
}

bool record__told_by_user(void)
{
	return told_by_user;
}

void record__forget_user(void)
{
	told_by_user = 0;
}
