// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sources/child.h"

#define MAX_WORDS 64

/* Writes errno to @failed, which an exec closes, if @argv cannot be started. */
static void run_child(char *const argv[], int out, int failed)
{
	sigset_t none;
	int err;

	setpgid(0, 0);
	/* Ends with this process: an orphan would continue to trace. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* The signals that this process ignores have their default action in the child. */
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	err = errno;
	_exit(write(failed, &err, sizeof(err)) < 0 ? 126 : 127);
}

/* Starts @argv with @out as its standard output. Returns its pid or -errno. */
static pid_t start(char *const argv[], int out)
{
	int failed[2], err = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(failed, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		run_child(argv, out, failed[1]);
	err = errno;
	close(failed[1]);
	if (pid > 0) {
		do {
			n = read(failed[0], &err, sizeof(err));
		} while (n < 0 && errno == EINTR);
		if (n == (ssize_t)sizeof(err)) {
			waitpid(pid, NULL, 0);
			pid = -1;
		}
	}
	close(failed[0]);
	return pid < 0 ? -err : pid;
}

int child__start(struct child *child, char *const argv[])
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = start(argv, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return pid;
	}
	setpgid(pid, pid);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	/* A large pipe lets the child continue during a burst. Failure is harmless. */
	fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
	child->pid = pid;
	child->fd = fds[0];
	return 0;
}

void child__signal(struct child *child, int sig)
{
	if (child->pid > 0)
		kill(-child->pid, sig);
}

int child__stop(struct child *child)
{
	struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};
	int status, tries;

	if (child->pid <= 0)
		return -1;
	child__signal(child, SIGTERM);
	for (tries = 0; tries < 40; tries++) {
		if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
			child->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		nanosleep(&tick, NULL);
	}
	/*
	 * A child that the kernel delays, for example while it detaches probes, is not waited on:
	 * nobody reads its output any more.
	 */
	child__signal(child, SIGKILL);
	waitpid(child->pid, &status, WNOHANG);
	child->pid = 0;
	return -1;
}

/*
 * Copies the next word at *@pos to @word. Returns 1, 0 at the end, or -1 for quotes that do not
 * match.
 */
static int next_word(const char **pos, char *word)
{
	const char *p = *pos + strspn(*pos, " \t");
	char quote = 0;

	if (!*p)
		return 0;
	for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
		if (quote ? *p == quote : (*p == '\'' || *p == '"'))
			quote = quote ? 0 : *p;
		else
			*word++ = *p;
	}
	*word = '\0';
	*pos = p;
	return quote ? -1 : 1;
}

char **child__split(const char *text)
{
	char **words = calloc(MAX_WORDS + 1, sizeof(*words));
	char *word = malloc(strlen(text) + 1);
	int nr = 0, got = 1, err = words && word ? 0 : ENOMEM;

	while (!err && nr < MAX_WORDS && (got = next_word(&text, word)) > 0) {
		words[nr] = strdup(word);
		err = words[nr++] ? 0 : ENOMEM;
	}
	free(word);
	if (!err && !got && nr)
		return words;
	child__free_words(words);
	errno = err ? err : EINVAL;
	return NULL;
}

void child__free_words(char **words)
{
	char **word;

	for (word = words; word && *word; word++)
		free(*word);
	free(words);
}
