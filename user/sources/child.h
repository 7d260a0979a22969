/* SPDX-License-Identifier: GPL-2.0 */
/* A supervised child process whose standard output is a pipe to us. */
#ifndef GRANTWATCH_SOURCES_CHILD_H
#define GRANTWATCH_SOURCES_CHILD_H

#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
	int fd;	   /* our end, non-blocking, close-on-exec; the owner closes it */
};

/* Start @argv (found along PATH, no shell) in its own process group. 0 or -errno. */
int child__start(struct child *child, char *const argv[]);

/* Send @sig to the child's process group. */
void child__signal(struct child *child, int sig);

/*
 * Wait a moment for the child to end, then kill it. Returns its exit status, -1 if it did not end
 * well.
 */
int child__stop(struct child *child);

/*
 * Split @text into words at blanks, '…' and "…" keeping blanks, as a shell would but with nothing
 * expanded. NULL when quotes do not match, there is no word, or memory is short. Free with
 * child__free_words().
 */
char **child__split(const char *text);
void child__free_words(char **words);

#endif
