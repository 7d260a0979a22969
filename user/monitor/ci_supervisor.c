// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "monitor/ci_results.h"
#include "monitor/ci_supervisor.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/notify.h"
#include "util/options.h"

#define RESTARTS_MAX 5
#define END_SECONDS  10
/* s; the results of a working watch are not older */
#define SILENT_SECONDS 30

/*
 * DIR/lock is locked by the running supervisor. DIR/state is "run PID soft
 *
 * hard", and "end PID soft
 *
 * hard" after the end; ci stop removes it. "run" without a lock is a monitor that was killed.
 */
static const char *file_path(const char *dir, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", dir, name);
	return path;
}

static int write_state(const struct supervisor *supervisor, const char *word)
{
	char path[4096], tmp[4096];
	FILE *out = fopen(file_path(supervisor->dir, "state.tmp", tmp, sizeof(tmp)), "we");

	if (!out)
		return -errno;
	fprintf(out, "%s %d %s\n", word, (int)getpid(), supervisor->soft ? "soft" : "hard");
	if (fclose(out) || rename(tmp, file_path(supervisor->dir, "state", path, sizeof(path))))
		return -errno;
	return 0;
}

int supervisor__state(const char *dir, struct ci_state *state)
{
	char path[4096], word[8] = "", mode[8] = "";
	FILE *in = fopen(file_path(dir, "state", path, sizeof(path)), "re");
	int fd, pid = 0;
	bool lives;

	if (!in)
		return -ENOENT;
	if (fscanf(in, "%7s %d %7s", word, &pid, mode) != 3)
		pid = 0;
	fclose(in);
	fd = open(file_path(dir, "lock", path, sizeof(path)), O_RDONLY | O_CLOEXEC);
	lives = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	*state = (struct ci_state){.pid = lives && pid > 1 ? pid : 0,
				   .ended = !strcmp(word, "end"),
				   .soft = !strcmp(mode, "soft"),
				   .recorded = !access(file_path(dir, "ready", path, sizeof(path)),
						       F_OK)};
	return 0;
}

void supervisor__forget(const char *dir)
{
	char path[4096];

	unlink(file_path(dir, "state", path, sizeof(path)));
}

int supervisor__lock(struct supervisor *supervisor)
{
	char path[4096];
	u32 tries;

	supervisor->lock = open(file_path(supervisor->dir, "lock", path, sizeof(path)),
				O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (supervisor->lock < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	/* A process that asks for the state holds the lock for a moment. */
	for (tries = 0; tries < 10; tries++) {
		struct timespec tick = {.tv_nsec = 10 * 1000 * 1000};

		if (!flock(supervisor->lock, LOCK_EX | LOCK_NB))
			return 0;
		nanosleep(&tick, NULL);
	}
	pr_err("a monitor is already running there; 'grantwatch ci stop --results %s' ends it",
	       supervisor->dir);
	close(supervisor->lock);
	return -1;
}

int supervisor__prepare(struct supervisor *supervisor)
{
	struct ci_state state;
	char path[4096];
	int err;

	/* A monitor that ended before every source was recorded has no results. */
	if (!supervisor__state(supervisor->dir, &state) && !state.ended && state.recorded) {
		pr_info("the monitor was killed; its findings are part of this run");
		err = ci_results__cut(supervisor->dir);
	} else {
		err = ci_results__put_away(supervisor->dir);
	}
	unlink(file_path(supervisor->dir, "ready", path, sizeof(path)));
	return err ? err : write_state(supervisor, "run");
}

void supervisor__detach(struct supervisor *supervisor)
{
	char path[4096];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(file_path(supervisor->dir, "monitor.log", path, sizeof(path)),
		       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log < 0 ? null : log, STDERR_FILENO);
	write_state(supervisor, "run");
}

static pid_t start_watch(const struct supervisor *supervisor, const sigset_t *old)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_ERROR);
	sigprocmask(SIG_SETMASK, old, NULL);
	execv(supervisor->argv[0], supervisor->argv);
	_exit(127);
}

/*
 * Tells the service manager that every source delivers and the watch, started at @since, works. A
 * working watch writes its results every ten seconds.
 */
static void tell_manager(const struct supervisor *supervisor, time_t since)
{
	char path[4096];
	struct stat st;
	time_t last = since;

	if (!access(file_path(supervisor->dir, "ready", path, sizeof(path)), F_OK))
		notify__ready();
	if (!stat(file_path(supervisor->dir, "current/rates.json", path, sizeof(path)), &st))
		last = max(last, st.st_mtime);
	if (time(NULL) - last < SILENT_SECONDS)
		notify__alive(now_mono());
}

/*
 * Returns the exit status of @pid, -1 if a signal ended it. *@told: this process was asked to end.
 */
static int wait_watch(const struct supervisor *supervisor, pid_t pid, const sigset_t *signals,
		      bool *told)
{
	struct timespec second = {.tv_sec = 1};
	const time_t since = time(NULL);
	u32 left = END_SECONDS;
	int status;

	for (;;) {
		int signal = sigtimedwait(signals, NULL, &second);

		tell_manager(supervisor, since);
		if ((signal == SIGTERM || signal == SIGINT) && !*told) {
			*told = true;
			kill(pid, SIGTERM);
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		if (*told && signal < 0 && errno == EAGAIN && !--left)
			kill(pid, SIGKILL);
	}
}

/* Waits for @seconds. Returns whether this process was asked to end meanwhile. */
static bool is_told_within(u32 seconds, const sigset_t *signals)
{
	const u64 until = now_mono() + seconds * NSEC_PER_SEC;
	struct timespec tick = {.tv_nsec = 100 * 1000 * 1000};
	int signal;

	do {
		signal = sigtimedwait(signals, NULL, &tick);
		if (signal == SIGTERM || signal == SIGINT)
			return true;
		notify__alive(now_mono());
	} while (now_mono() < until);
	return false;
}

static bool is_verdict(int status)
{
	return status == EXIT_CLEAN || status == EXIT_RACE || status == EXIT_BLIND;
}

int supervisor__run(struct supervisor *supervisor)
{
	sigset_t signals, old;
	bool told = false;
	int status = EXIT_ERROR;
	char ready[4096];
	u32 restarts;

	file_path(supervisor->dir, "ready", ready, sizeof(ready));
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &old);
	for (restarts = 0;; restarts++) {
		pid_t pid = start_watch(supervisor, &old);

		status = pid < 0 ? EXIT_ERROR : wait_watch(supervisor, pid, &signals, &told);
		if (is_verdict(status) && write_state(supervisor, "end"))
			return EXIT_ERROR;
		/* A watch that never became ready is not started again. */
		if (told || is_verdict(status) || access(ready, F_OK) || restarts == RESTARTS_MAX)
			return status < 0 ? EXIT_ERROR : status;
		pr_warn("watch died; starting it again in %u s", 1U << restarts);
		if (ci_results__cut(supervisor->dir) || is_told_within(1U << restarts, &signals))
			return EXIT_ERROR;
	}
}
