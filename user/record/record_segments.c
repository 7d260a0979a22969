// SPDX-License-Identifier: GPL-2.0
/*
 * record --rotate: one recording after the other, each by a child and into a new file, so that the
 * disk that they take is bounded and a restart loses none of the former ones.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/record.h"
#include "util/log.h"

#define ROTATE_COUNT_MAX 1000
#define ROTATE_SIZE_MIN	 ((u64)64 << 10)

static int parse_size(const char *text, char **end, u64 *bytes)
{
	static const char units[] = "KMG";
	const char *unit;

	errno = 0;
	*bytes = strtoull(text, end, 10);
	if (errno || *end == text || *text == '-' || *bytes > UINT32_MAX)
		return -1;
	unit = **end ? strchr(units, **end) : NULL;
	if (unit) {
		*bytes <<= 10 * (unit - units + 1);
		++*end;
	}
	return 0;
}

int record_config__parse_rotate(struct record_config *cfg)
{
	char *end, *last = "";
	unsigned long count = 0;

	if (!cfg->rotate)
		return 0;
	if (!cfg->output.path || output__is_stdout(&cfg->output) || cfg->duration || cfg->hold) {
		pr_err("record: --rotate needs -o FILE, and goes without --duration and --hold");
		return -1;
	}
	if (!parse_size(cfg->rotate, &end, &cfg->segment_bytes) && *end == ',')
		count = strtoul(end + 1, &last, 10);
	if (!count || count > ROTATE_COUNT_MAX || *last || cfg->segment_bytes < ROTATE_SIZE_MIN) {
		pr_err("record: --rotate takes SIZE,COUNT, at least 64K, and 1 to %u older files, for example 256M,4, not '%s'",
		       ROTATE_COUNT_MAX, cfg->rotate);
		return -1;
	}
	cfg->keep = (u32)count;
	return 0;
}

/* The exit status of the child @pid. A signal that asks to end goes on to it. */
static int await_segment(pid_t pid, const sigset_t *signals, bool *told)
{
	int signal, status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		signal = sigwaitinfo(signals, NULL);
		if (signal < 0 || signal == SIGCHLD)
			continue;
		*told |= signal != SIGUSR1;
		kill(pid, signal);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* Told to end before it had begun to record: nothing is lost. */
	return *told && WIFSIGNALED(status) ? EXIT_CLEAN : EXIT_ERROR;
}

static pid_t start_segment(const struct record_config *cfg,
			   int (*run)(const struct record_config *), const sigset_t *mask)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(EXIT_ERROR);
	_exit(run(cfg));
}

/*
 * The exit status for the user of the last child's @status. Told to end while it attached its
 * probes, a child has recorded nothing; others before it may have.
 */
static int exit_status(int status, bool first)
{
	if (status == SEGMENT_FULL)
		return EXIT_CLEAN;
	if (status != SEGMENT_UNBEGUN)
		return status;
	if (!first)
		return EXIT_CLEAN;
	pr_err("stopped while attaching: nothing was recorded");
	return EXIT_ERROR;
}

int record__segments(const struct record_config *cfg, int (*run)(const struct record_config *))
{
	sigset_t signals, mask;
	bool told = false;
	u32 segments = 0;
	int status;
	pid_t pid;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	do {
		if (output__rotate(cfg->output.path, cfg->keep))
			return EXIT_ERROR;
		pid = start_segment(cfg, run, &mask);
		if (pid < 0) {
			pr_err("cannot start the recorder: %s", strerror(errno));
			return EXIT_ERROR;
		}
		status = await_segment(pid, &signals, &told);
		segments++;
	} while (status == SEGMENT_FULL && !told);
	return exit_status(status, segments == 1);
}

void record__check_segment(struct record *rec)
{
	if (rec->cfg.segment_bytes &&
	    capture_writer__bytes(rec->pump.writer) >= rec->cfg.segment_bytes)
		rec->full = rec->stopping = true;
}

int record__segment_status(const struct record *rec, int status)
{
	return rec->full && status == EXIT_CLEAN ? SEGMENT_FULL : status;
}
