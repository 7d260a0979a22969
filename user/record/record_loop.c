// SPDX-License-Identifier: GPL-2.0
/* The regular work of a recording, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "record/baseline.h"
#include "record/record.h"
#include "util/monotonic.h"
#include "util/notify.h"
#include "util/options.h"

#define MODULES_TICKS 10 /* ticks between two checks of the list of modules */

void record__work(struct record *rec)
{
	if (rec->pump.hindsight.resting)
		pump__tick(&rec->pump);
	else
		pump__flush(&rec->pump, 1);
}

/* Reads tables at a fast pace only while an announced ref is not mapped. */
static void set_pace(struct record *rec)
{
	const struct itimerspec fast = {{0, TABLE_LOOK_NS}, {0, TABLE_LOOK_NS}}, never = {};
	bool busy = rec->pump.tables && table_sampler__is_busy(rec->pump.tables);

	if (busy == rec->looking_fast)
		return;
	rec->looking_fast = busy;
	timerfd_settime(rec->look_fd, 0, busy ? &fast : &never, NULL);
}

static void on_timer(struct record *rec)
{
	u64 expired;

	if (read(rec->timer_fd, &expired, sizeof(expired)) != sizeof(expired))
		return;
	/* Before the mark: readers up to it know the disks' settings of that time. */
	pump__note_error(&rec->pump, disks__check(rec->disks, rec->pump.writer));
	record__work(rec);
	if (rec->pump.hindsight.resting || ++rec->tick % MODULES_TICKS == 0)
		record__check_modules(rec);
	record__check_size(rec);
	notify__alive(now_mono());
	if (rec->stop_at && now_mono() >= rec->stop_at)
		rec->stopping = true;
}

static void on_look(struct record *rec)
{
	u64 expired;

	if (read(rec->look_fd, &expired, sizeof(expired)) != sizeof(expired))
		return;
	pump__drain(&rec->pump);
	pump__look(&rec->pump);
}

static void on_signal(struct record *rec)
{
	u64 times;

	(void)!read(rec->wake_fd, &times, sizeof(times));
	rec->stopping |= record__told_to_stop();
}

/*
 * The program woke this process: something is suspicious, which record__follow_alarms() checks, or
 * the ring fills up.
 */
static void on_ring(struct record *rec)
{
	if (!rec->pump.hindsight.resting)
		pump__drain(&rec->pump);
	else if (!record__raised(rec))
		pump__make_room(&rec->pump);
}

/*
 * All probes are attached. Waits for the request to begin. Returns false if asked to stop instead.
 */
bool record__hold(struct record *rec)
{
	while (!record__told_by_user() && !record__told_to_stop()) {
		struct epoll_event event;

		if (epoll_wait(rec->epoll_fd, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == rec->wake_fd)
			on_signal(rec);
		pump__leave_out(&rec->pump);
	}
	record__forget_user();
	return !rec->stopping;
}

static void on_event(struct record *rec, int fd)
{
	if (fd == rec->wake_fd)
		on_signal(rec);
	else if (fd == rec->timer_fd)
		on_timer(rec);
	else if (fd == rec->pump.kmsg_fd)
		pump__read_kmsg(&rec->pump);
	else if (fd == rec->look_fd)
		on_look(rec);
	else
		on_ring(rec);
	if (rec->cfg.flight)
		record__follow_alarms(rec);
	if (rec->pump.tables && table_sampler__is_urgent(rec->pump.tables))
		pump__look(&rec->pump);
	set_pace(rec);
}

void record__loop(struct record *rec)
{
	while (!rec->stopping && !rec->pump.error) {
		struct epoll_event event[8];
		int i, n = epoll_wait(rec->epoll_fd, event, ARRAY_SIZE(event), -1);

		for (i = 0; i < n; i++)
			on_event(rec, event[i].data.fd);
	}
}

static void close_fd(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * Detaching takes the kernel a tenth of a second for each function. The user does not wait for it:
 * a child keeps the probes until this process is gone, and ends with them.
 */
static void leave_probes_behind(struct record *rec)
{
	struct itimerval never = {};
	int until[2];
	char c;

	setitimer(ITIMER_REAL, &never, NULL);
	if (!rec->pump.probes || pipe2(until, O_CLOEXEC))
		return;
	if (!fork()) {
		setsid();
		close(until[1]);
		close(rec->out_fd);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		(void)!read(until[0], &c, 1);
		_exit(0);
	}
	/* until[1] stays open as long as this process lives. */
	close(until[0]);
	probes__leave(rec->pump.probes);
}

void record__end_within(struct record *rec)
{
	pump__finish(&rec->pump);
	leave_probes_behind(rec);
	_exit(rec->pump.error && rec->pump.error != -EPIPE ? EXIT_ERROR : EXIT_CLEAN);
}

void record__stop(struct record *rec)
{
	table_sampler__free(rec->pump.tables);
	baseline__free(rec->baseline);
	disks__free(rec->disks);
	stubdoms__free(rec->pump.stubdoms);
	leave_probes_behind(rec);
	probes__free(rec->pump.probes);
	ring_buffer__free(rec->pump.ring);
	clock_sampler__free(rec->pump.sampler);
	recorder__free(rec->pump.recorder);
	capture_writer__free(rec->pump.writer);
	ksyms__free(rec->ksyms);
	close_fd(rec->pump.kmsg_fd);
	close_fd(rec->timer_fd);
	close_fd(rec->look_fd);
	close_fd(rec->wake_fd);
	close_fd(rec->epoll_fd);
	close_fd(rec->out_fd);
}
