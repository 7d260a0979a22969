// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repro/granter.h"
#include "repro/mapper.h"
#include "repro/worker.h"
#include "util/monotonic.h"

/* Time for a process to end: the kernel has a window of pages to unmap and free. */
#define DEATH_LIMIT (20 * NSEC_PER_SEC)

/* ---- in the process ---- */

struct self {
	struct granter granter;
	struct mapper mapper;
};

struct worker_request {
	struct script_step step;
	u32 serial;
};

static void hold(const struct mapper *mapper, const struct script_step *step, struct outcome *out)
{
	out->nr = out->worked = mapper__holds(mapper);
	if (!out->nr) {
		out->err = ENODATA;
		outcome__note(out, "nothing is mapped");
		return;
	}
	repro__sleep_until(out->start + step->time);
}

static void act(struct self *self, const struct worker_request *request, struct outcome *out)
{
	const struct script_step *step = &request->step;
	switch (step->verb) {
	case VERB_GRANT:
		return granter__grant(&self->granter, step->count, step->word, request->serial,
				      out);
	case VERB_FREE:
		return granter__free(&self->granter, out);
	case VERB_ARM:
		return mapper__arm(&self->mapper, step->word, out);
	case VERB_MAP:
		if (step->word)
			return mapper__map_retry(&self->mapper, out->start + step->time, out);
		return mapper__map(&self->mapper, out);
	case VERB_COPY_FROM:
	case VERB_COPY_TO:
		if (step->word)
			return mapper__copy_retry(&self->mapper, step->verb == VERB_COPY_TO,
						  out->start + step->time, out);
		return mapper__copy(&self->mapper, step->verb == VERB_COPY_TO, out);
	case VERB_CHECK:
		return mapper__check(&self->mapper, out);
	case VERB_UNMAP:
		return mapper__unmap(&self->mapper, out);
	case VERB_HALVE:
		return mapper__disturb(&self->mapper, DISTURB_HALVE, out);
	case VERB_PROTECT:
		return mapper__disturb(&self->mapper, DISTURB_PROTECT, out);
	case VERB_MOVE:
		return mapper__disturb(&self->mapper, DISTURB_MOVE, out);
	case VERB_ZAP:
		return mapper__disturb(&self->mapper, DISTURB_ZAP, out);
	case VERB_CLEAR_REFS:
		return mapper__disturb(&self->mapper, DISTURB_CLEAR_REFS, out);
	case VERB_DISARM:
		return mapper__disarm(&self->mapper, out);
	case VERB_HOLD:
		return hold(&self->mapper, step, out);
	case VERB_EXIT:
		_exit(0);
	default:
		out->err = ENOSYS;
	}
}

static void serve(int fd, const struct worker_setup *setup)
{
	struct self self;
	struct worker_request request;

	granter__init(&self.granter, setup->ops, setup->ctx, setup->domid, setup->window);
	mapper__init(&self.mapper, setup->ops, setup->ctx, setup->domid, setup->window);
	while (recv(fd, &request, sizeof(request), 0) == sizeof(request)) {
		struct outcome out = {.start = now_mono(), .pid = getpid()};

		act(&self, &request, &out);
		out.took = now_mono() - out.start;
		if (send(fd, &out, sizeof(out), MSG_NOSIGNAL) != sizeof(out))
			break;
	}
	_exit(0);
}

/* ---- from outside ---- */

int worker__start(struct worker *worker, const struct worker_setup *setup)
{
	int pid, pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = repro__fork(setup->name);
	if (!pid) {
		close(pair[0]);
		serve(pair[1], setup);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return pid;
	}
	worker->pid = pid;
	worker->fd = pair[0];
	return 0;
}

/* Waits until the process is gone. Returns its status as of waitpid(), or -1. */
static int reap(struct worker *worker, struct outcome *out)
{
	u64 deadline = now_mono() + DEATH_LIMIT;
	int status = -1;

	while (waitpid(worker->pid, &status, WNOHANG) != worker->pid) {
		if (now_mono() >= deadline) {
			out->err = ETIMEDOUT;
			outcome__note(out, "process %d does not die", worker->pid);
			status = -1;
			break;
		}
		repro__sleep_until(now_mono() + NSEC_PER_MSEC / 5);
	}
	close(worker->fd);
	worker->pid = 0;
	return status;
}

void worker__do(struct worker *worker, const struct script_step *step, u32 serial, u64 limit,
		struct outcome *out)
{
	struct worker_request request = {.step = *step, .serial = serial};
	struct pollfd pfd = {.fd = worker->fd, .events = POLLIN};
	u64 deadline = now_mono() + limit;
	int status, ready;

	if (send(worker->fd, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request)) {
		do {
			u64 now = now_mono();

			ready = poll(&pfd, 1,
				     (int)(now < deadline ? (deadline - now) / NSEC_PER_MSEC + 1
							  : 0));
		} while (ready < 0 && errno == EINTR);
		if (!ready) {
			out->err = ETIMEDOUT;
			out->pid = worker->pid;
			outcome__note(out, "process %d did not come back and was killed",
				      worker->pid);
			kill(worker->pid, SIGKILL);
			reap(worker, out);
			return;
		}
		if (recv(worker->fd, out, sizeof(*out), 0) == sizeof(*out))
			return;
	}
	out->pid = worker->pid;
	status = reap(worker, out);
	out->err = EIO;
	if (status != -1 && WIFSIGNALED(status))
		outcome__note(out, "its process died: %s", strsignal(WTERMSIG(status)));
}

void worker__end(struct worker *worker, enum verb how, struct outcome *out)
{
	struct worker_request last = {.step = {.verb = VERB_EXIT}};

	if (!worker->pid) {
		out->err = ESRCH;
		outcome__note(out, "it has no process");
		return;
	}
	out->pid = worker->pid;
	if (how == VERB_KILL)
		kill(worker->pid, SIGKILL);
	else if (send(worker->fd, &last, sizeof(last), MSG_NOSIGNAL) != sizeof(last))
		out->err = errno;
	reap(worker, out);
}
