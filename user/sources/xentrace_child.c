// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sources/xentrace_child.h"
#include "util/monotonic.h"

/*
 * Pages of buffer for each pCPU, set once per boot of Xen, and xentrace's interval. xentrace up to
 * 4.17 needs the name of a file: this one is its standard output in every version.
 */
#define PAGES	"128"
#define POLL_MS "20"
#define OUTPUT	"/proc/self/fd/1"
/* Time for xentrace to end. Then it is killed, and another xentrace turns tracing off. */
#define END_NS (3 * NSEC_PER_SEC)
/*
 * Time for the reader to make room for a window. Then xentrace is told to end anyway. A reader
 * makes room at once, unless the machine is so busy that it does not run.
 */
#define ROOM_NS (2 * NSEC_PER_SEC)

static const char *const trace_argv[] = {
	"xentrace", "-D", "-S", PAGES, "-s", POLL_MS, "-e", XENTRACE_CHILD_MASK, OUTPUT, NULL};
static const char *const sweep_argv[] = {"xentrace",	      "-D",	   "-T", "1", "-e",
					 XENTRACE_CHILD_MASK, "/dev/null", NULL};

/* --- checks before the start --- */

static bool file_says(const char *path, const char *word)
{
	char text[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	return strstr(text, word) != NULL;
}

static bool is_in_path(const char *program)
{
	const char *path = getenv("PATH");
	char name[512];

	while (path && *path) {
		size_t len = strcspn(path, ":");

		snprintf(name, sizeof(name), "%.*s/%s", (int)len, path, program);
		if (!access(name, X_OK))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

/* Returns the pid of a process that reads the trace buffers already, 0 if none. */
static int find_reader(void)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	char path[300];
	int pid = 0;

	/* cppcheck-suppress readdirCalled ; one thread */
	while (dir && !pid && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (file_says(path, "xentrace\n") || file_says(path, "xenbaked\n"))
			pid = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return pid;
}

bool xentrace_child__is_dom0(void)
{
	return file_says("/proc/xen/capabilities", "control_d");
}

const char *xentrace_child__obstacle(char *buf, size_t size)
{
	int pid;

	if (!xentrace_child__is_dom0())
		return "only dom0 can trace";
	if (!file_says("/sys/hypervisor/guest_type", "PV\n"))
		return "this dom0 is not PV, its clock cannot be compared with the trace's";
	if (!is_in_path("xentrace"))
		return "the program xentrace is missing (Debian: package xen-utils-common; Fedora, "
		       "Qubes: xen-runtime)";
	pid = find_reader();
	if (!pid)
		return NULL;
	snprintf(buf, size,
		 "process %d already reads Xen's trace buffers, and only one process can", pid);
	return buf;
}

/* --- the keeper, between this process and xentrace --- */

static pid_t run(const char *const argv[], int out, int err)
{
	sigset_t none;
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out < 0 ? null : out, STDOUT_FILENO) < 0 ||
	    dup2(err < 0 ? null : err, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static void drain(int fd)
{
	char buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

struct keeping {
	pid_t xentrace;
	int data, alive, sig;
	/* ns: when the keeper was asked to end, and when it told xentrace; 0 not yet */
	u64 began, asked, told;
	bool orphaned;
};

/*
 * xentrace does not restart a write that a signal interrupts: it leaves the window cut, and ends
 * without turning tracing off. It does not wait for room in the pipe if a whole window fits, which
 * is half of the pipe at most.
 */
static bool has_room(const struct keeping *keeping)
{
	int used = 0, size = fcntl(keeping->data, F_GETPIPE_SZ);

	return ioctl(keeping->data, FIONREAD, &used) || used <= size / 4;
}

static void tell_to_end(struct keeping *keeping)
{
	if (keeping->told || !keeping->asked ||
	    (!has_room(keeping) && now_mono() - keeping->asked < ROOM_NS))
		return;
	keeping->told = now_mono();
	kill(keeping->xentrace, SIGTERM);
}

/* Returns whether xentrace has ended, and sets its status. */
static bool keep_round(struct keeping *keeping, int *status)
{
	struct pollfd fds[] = {{keeping->sig, POLLIN, 0},
			       {keeping->orphaned ? -1 : keeping->alive, POLLIN, 0},
			       {keeping->orphaned ? keeping->data : -1, POLLIN, 0}};
	struct signalfd_siginfo info;
	bool end = false;

	poll(fds, 3, keeping->told ? 100 : keeping->asked ? 5 : -1);
	while (read(keeping->sig, &info, sizeof(info)) == sizeof(info))
		end |= info.ssi_signo == SIGTERM;
	if (fds[1].revents) {
		/*
		 * The reader is gone. An xentrace that waits for room would end without turning
		 * tracing off.
		 */
		keeping->orphaned = end = true;
		drain(keeping->data);
	}
	if (end && !keeping->asked)
		keeping->asked = now_mono();
	tell_to_end(keeping);
	if (keeping->orphaned)
		drain(keeping->data);
	if (keeping->told && now_mono() - keeping->told > END_NS)
		kill(keeping->xentrace, SIGKILL);
	return waitpid(keeping->xentrace, status, WNOHANG) == keeping->xentrace;
}

static int keep(int data[2], int err, int alive)
{
	struct keeping keeping = {.data = data[0], .alive = alive, .began = now_mono()};
	sigset_t set;
	int status = 0;
	pid_t sweeper;

	setpgid(0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	keeping.sig = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	keeping.xentrace = keeping.sig < 0 ? -1 : run(trace_argv, data[1], err);
	if (keeping.xentrace < 0)
		return 126;
	close(data[1]);
	close(err);
	while (!keep_round(&keeping, &status))
		;
	if (WIFEXITED(status) &&
	    (!WEXITSTATUS(status) || now_mono() - keeping.began < NSEC_PER_SEC))
		return WEXITSTATUS(status);
	/* xentrace ended without turning tracing off: another one does so. */
	sweeper = run(sweep_argv, -1, -1);
	if (sweeper > 0)
		waitpid(sweeper, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- ours --- */

int xentrace_child__start(struct xentrace_child *child)
{
	int data[2] = {-1, -1}, err[2] = {-1, -1}, alive[2] = {-1, -1};
	pid_t pid = -1;
	int saved;

	memset(child, 0, sizeof(*child));
	if (!pipe2(data, O_CLOEXEC | O_NONBLOCK) && !pipe2(err, O_CLOEXEC) &&
	    !pipe2(alive, O_CLOEXEC))
		pid = fork();
	saved = errno;
	if (!pid) {
		close(alive[1]);
		close(err[0]);
		/*
		 * xentrace must wait in its writes. It opens the pipe anew, but some version may
		 * not.
		 */
		fcntl(data[1], F_SETFL, O_WRONLY);
		_exit(keep(data, err[1], alive[0]));
	}
	if (data[1] >= 0)
		close(data[1]);
	if (err[1] >= 0)
		close(err[1]);
	if (alive[0] >= 0)
		close(alive[0]);
	if (pid < 0) {
		if (data[0] >= 0)
			close(data[0]);
		if (err[0] >= 0)
			close(err[0]);
		if (alive[1] >= 0)
			close(alive[1]);
		return -saved;
	}
	fcntl(data[0], F_SETPIPE_SZ, 1 << 20);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	child->keeper = pid;
	child->fd = data[0];
	child->err_fd = err[0];
	child->alive_fd = alive[1];
	return 0;
}

/* Keeps the last output of xentrace's standard error. */
static void hear(struct xentrace_child *child)
{
	char buf[256];
	ssize_t n;

	while ((n = read(child->err_fd, buf, sizeof(buf))) > 0) {
		size_t len = strlen(child->said), keep_len = sizeof(child->said) / 2;

		if (len + (size_t)n >= sizeof(child->said)) {
			memmove(child->said, child->said + len - min(len, keep_len),
				min(len, keep_len) + 1);
			len = strlen(child->said);
		}
		memcpy(child->said + len, buf, (size_t)n);
		child->said[len + (size_t)n] = '\0';
	}
}

int xentrace_child__wait(struct xentrace_child *child, int ms, const sigset_t *stop)
{
	int sig = stop ? signalfd(-1, stop, SFD_CLOEXEC) : -1;
	struct pollfd fds[] = {{child->fd, POLLIN, 0}, {sig, POLLIN, 0}};

	poll(fds, 2, ms);
	if (sig >= 0)
		close(sig);
	hear(child);
	if (fds[1].revents & POLLIN)
		return 1;
	return fds[0].revents & POLLIN ? 0 : -1;
}

const char *xentrace_child__why(struct xentrace_child *child, char *buf, size_t size)
{
	const char *line = child->said;
	size_t len;

	hear(child);
	if (strstr(child->said, "Function not implemented"))
		return "this hypervisor has no trace buffers (built without CONFIG_TRACEBUFFER, as Qubes' "
		       "is; there R4.3 has xen-hypervisor-debug)";
	if (strstr(child->said, "File exists"))
		return "somebody else reads Xen's trace buffers already";
	len = strlen(line);
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	child->said[len] = '\0';
	line = strrchr(child->said, '\n');
	line = line ? line + 1 : child->said;
	snprintf(buf, size, "xentrace says: %s", *line ? line : "nothing");
	return buf;
}

void xentrace_child__end(struct xentrace_child *child)
{
	if (child->keeper > 0)
		kill(child->keeper, SIGTERM);
}

static void let_go(struct xentrace_child *child, bool wait)
{
	if (child->keeper <= 0)
		return;
	xentrace_child__end(child);
	/* The keeper sees that nobody reads any more. */
	close(child->alive_fd);
	if (wait)
		waitpid(child->keeper, NULL, 0);
	hear(child);
	close(child->err_fd);
	child->keeper = 0;
}

void xentrace_child__leave(struct xentrace_child *child)
{
	let_go(child, false);
}

void xentrace_child__stop(struct xentrace_child *child)
{
	let_go(child, true);
}
