/* SPDX-License-Identifier: GPL-2.0 */
/* A supervised child process whose standard output is a pipe to this one. */
#ifndef GRANTWATCH_SOURCES_CHILD_H
#define GRANTWATCH_SOURCES_CHILD_H

#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
	int fd;	   /* this process's end, non-blocking, close-on-exec; the owner closes it */
};

/* Starts @argv (found in PATH, no shell) in its own process group. Returns 0 or -errno. */
int child__start(struct child *child, char *const argv[]);

/* Sends @sig to the child's process group. */
void child__signal(struct child *child, int sig);

/*
 * Waits briefly for the child to end, then kills it. Returns its exit status, -1 if a signal ended
 * it.
 */
int child__stop(struct child *child);

/*
 * Splits @text into words at blanks. '…' and "…" keep blanks, as in a shell, and nothing is
 * expanded. The caller frees the result with child__free_words(). Returns NULL with errno EINVAL if
 * quotes do not match or there is no word, or ENOMEM.
 */
char **child__split(const char *text);
void child__free_words(char **words);

#endif
