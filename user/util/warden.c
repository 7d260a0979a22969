// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/log.h"
#include "util/options.h"
#include "util/privileges.h"
#include "util/warden.h"

struct warden_message {
	u32 what; /* enum warden_request */
	char name[WARDEN_NAME];
};

/* the parser's socket, -1 without a warden */
static int warden_fd = -1;

/* --- descriptors over the socket --- */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_reply(int fd, int status)
{
	int word = status < 0 ? status : 0;
	struct iovec iov = {&word, sizeof(word)};
	union control control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (status > 0) {
		struct cmsghdr *cmsg = (void *)control.bytes;

		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &status, sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int receive_reply(int fd)
{
	int word = 0, given = 0;
	struct iovec iov = {&word, sizeof(word)};
	union control control = {0};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *cmsg;
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(word))
		return n < 0 ? -errno : -EPIPE;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&given, CMSG_DATA(cmsg), sizeof(int));
	return word ? word : given;
}

int warden__ask(enum warden_request request, const char *name)
{
	struct warden_message message = {.what = request};
	struct iovec iov = {&message, sizeof(message)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (warden_fd < 0)
		return -ENOTCONN;
	if (name && strlen(name) >= sizeof(message.name))
		return -ENAMETOOLONG;
	snprintf(message.name, sizeof(message.name), "%s", name ? name : "");
	if (sendmsg(warden_fd, &msg, MSG_NOSIGNAL) < 0)
		return -errno;
	return receive_reply(warden_fd);
}

/* --- the warden --- */

static bool is_plain_name(const char *name)
{
	return name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(name);
}

/* Any other request from the parser is refused. */
bool warden__serve(const struct warden *warden, int fd)
{
	struct warden_message message;
	ssize_t n = recv(fd, &message, sizeof(message), MSG_DONTWAIT);
	int status = -EINVAL;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	if (n == sizeof(message) && memchr(message.name, '\0', sizeof(message.name)) &&
	    is_plain_name(message.name) && message.what >= WARDEN_END_SOURCES &&
	    message.what < WARDEN_MAX)
		status =
			warden->serve(warden->ctx, (enum warden_request)message.what, message.name);
	send_reply(fd, status);
	if (status > 0)
		close(status);
	return true;
}

/* @told: this process and the user asked for the end. */
static int outcome(int status, bool told)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* The reader of the output is gone, or the user asked twice for the end: both know it. */
	if (WTERMSIG(status) == SIGPIPE || (told && WTERMSIG(status) == SIGKILL))
		return EXIT_ERROR;
	if (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM ||
	    WTERMSIG(status) == SIGINT)
		pr_err("the parser was killed by signal %d (%s), by hand or for lack of memory: no report is written, saved captures are complete up to now",
		       WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		pr_err("the parser died of signal %d (%s): a bug, please report it with the captures",
		       WTERMSIG(status), strsignal(WTERMSIG(status)));
	return EXIT_ERROR;
}

static int keep(const struct warden *warden, pid_t parser, int fd, int sigfd)
{
	bool talking = true, told = false;
	int status;

	for (;;) {
		struct pollfd fds[] = {{talking ? fd : -1, POLLIN, 0}, {sigfd, POLLIN, 0}};
		struct signalfd_siginfo info;

		poll(fds, 2, -1);
		if (fds[0].revents)
			talking = warden__serve(warden, fd);
		while (read(sigfd, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGCHLD)
				continue;
			/* The first request ends with a report, the second at once. */
			kill(parser, told ? SIGKILL : SIGTERM);
			told = true;
		}
		if (waitpid(parser, &status, WNOHANG) == parser)
			return outcome(status, told);
	}
}

/* --- the parser --- */

__attribute__((noreturn)) static void parse(const struct warden *warden, pid_t keeper,
					    const sigset_t *mask)
{
	int err = privileges__give_up();

	/*
	 * Set after the change of user, which resets it. Without its parent nobody can stop the
	 * parser.
	 */
	if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL))
		err = -errno;
	if (getppid() != keeper)
		_exit(EXIT_ERROR);
	if (!err)
		err = privileges__confine();
	if (err) {
		pr_err("cannot give up privileges (%s), so nothing is parsed", strerror(-err));
		_exit(EXIT_ERROR);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	err = warden->parse(warden->ctx);
	fflush(NULL);
	_exit(err);
}

int warden__run(const struct warden *warden)
{
	pid_t keeper = getpid(), parser = -1;
	sigset_t mask, set;
	int fds[2], status, sigfd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &mask);
	fflush(NULL);
	sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigfd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) ||
	    (parser = fork()) < 0) {
		pr_err("cannot start the parser: %s", strerror(errno));
		return EXIT_ERROR;
	}
	if (!parser) {
		close(fds[0]);
		close(sigfd);
		warden_fd = fds[1];
		parse(warden, keeper, &mask);
	}
	close(fds[1]);
	if (warden->part)
		warden->part(warden->ctx);
	status = keep(warden, parser, fds[0], sigfd);
	close(fds[0]);
	close(sigfd);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return status;
}
