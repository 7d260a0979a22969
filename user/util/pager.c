// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/log.h"
#include "util/options.h"
#include "util/pager.h"
#include "util/terminal.h"

#define PAGER_DEFAULT "less -FRX"
/* A shell's statuses for a program that is missing or cannot be run. */
#define SHELL_CANNOT_RUN 126

/*
 * A child runs the pager, because the command may be confined by then. It waits for a byte, or for
 * the end of the command if that died. The command waits until the other pipe is closed.
 */
static int go = -1, done = -1;

/* Returns the user's pager, NULL: none is wanted. */
static const char *pager(void)
{
	static const char *const variables[] = {"GRANTWATCH_PAGER", "PAGER"};
	const char *command = PAGER_DEFAULT;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		if (!getenv(variables[i]))
			continue;
		command = getenv(variables[i]);
		break;
	}
	return *command && strcmp(command, "cat") ? command : NULL;
}

/* --- the child --- */

/* Copies @fd to the terminal. */
static void copy(int fd)
{
	char buf[65536];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			break;
}

/* Whether @fd has more lines than the terminal. */
static bool is_long(int fd)
{
	struct winsize size;
	char buf[65536];
	ssize_t n, i;
	u64 lines = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		return false;
	lseek(fd, 0, SEEK_SET);
	while (lines < size.ws_row && (n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++)
			lines += buf[i] == '\n';
	return lines >= size.ws_row;
}

/* Runs the pager on @fd. Returns whether it ran. */
static bool run_pager(int fd, const char *command)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		lseek(fd, 0, SEEK_SET);
		dup2(fd, STDIN_FILENO);
		/* By sudo the pager is root's: it must not start a shell or an editor. */
		if (getenv("SUDO_UID"))
			setenv("LESSSECURE", "1", 1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(SHELL_CANNOT_RUN);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) >= SHELL_CANNOT_RUN);
}

__attribute__((noreturn)) static void serve(int fd, int wait_for, const char *command)
{
	char byte;
	bool ended;

	/* Ctrl-C is for the command or the pager. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	ended = read(wait_for, &byte, 1) == 1;
	/* The shell has the terminal again after a command that died. */
	if (!ended || !is_long(fd) || !run_pager(fd, command))
		copy(fd);
	_exit(0);
}

/* --- the command --- */

/* Starts the child. Returns 0 or -errno. */
static int start(int fd, const char *command)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC))
		return -errno;
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return -errno;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(to[1]);
		close(from[0]);
		serve(fd, to[0], command);
	}
	close(to[0]);
	close(from[1]);
	go = to[1];
	done = from[0];
	return pid < 0 ? -errno : 0;
}

void pager__begin(void)
{
	const char *command = pager();
	FILE *file;

	if (!command || !terminal__progress(STDOUT_FILENO))
		return;
	file = tmpfile();
	/* Without a pager the text goes to the terminal. */
	if (!file || start(fileno(file), command) || dup2(fileno(file), STDOUT_FILENO) < 0)
		pr_warn("no pager is started: %s", strerror(errno));
	if (file)
		fclose(file);
}

void pager__end(void)
{
	char byte = 0;

	if (go < 0)
		return;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	fflush(stdout);
	if (write(go, &byte, 1) == 1)
		while (read(done, &byte, 1) < 0 && errno == EINTR)
			;
	close(go);
	go = -1;
}
