// SPDX-License-Identifier: GPL-2.0
/* How signals reach the loop. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/time.h>

#include "record/record.h"
#include "util/options.h"

#define PATIENCE_USEC 700000 /* from being told to stop until we end without the reader */

static int wake_fd = -1; /* a handler has no argument */
static volatile sig_atomic_t told_to_stop, told_to_collect;

static void wake_loop(void)
{
	u64 one = 1;
	int saved = errno;

	(void)!write(wake_fd, &one, sizeof(one));
	errno = saved;
}

static void on_collect(int sig)
{
	told_to_collect = 1;
	wake_loop();
}

static void on_stop(int sig)
{
	const struct itimerval patience = {.it_value = {.tv_usec = PATIENCE_USEC}};

	told_to_stop = 1;
	wake_loop();
	setitimer(ITIMER_REAL, &patience, NULL);
}

/* Nobody reads the pipe that we write to. Told to stop, we don't wait for it. */
static void on_impatience(int sig)
{
	static const char text[] =
		"grantwatch: error: the capture is cut short: its reader does not read\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_ERROR);
}

int record__catch_signals(int fd, bool flight)
{
	const struct sigaction collect = {.sa_handler = flight ? on_collect : SIG_DFL,
					  .sa_flags = SA_RESTART};
	const struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	const struct sigaction impatience = {.sa_handler = on_impatience};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	wake_fd = fd;
	return sigaction(SIGINT, &stop, NULL) || sigaction(SIGTERM, &stop, NULL) ||
	       sigaction(SIGHUP, &stop, NULL) || sigaction(SIGUSR1, &collect, NULL) ||
	       sigaction(SIGALRM, &impatience, NULL) || sigaction(SIGPIPE, &ignore, NULL);
}

bool record__told_to_stop(void)
{
	return told_to_stop;
}

bool record__told_to_collect(void)
{
	return told_to_collect;
}

void record__forget_collect(void)
{
	told_to_collect = 0;
}
