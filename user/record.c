// SPDX-License-Identifier: GPL-2.0
/* grantwatch record: what one domain does with grants, into a file or a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "capture/writer.h"
#include "commands.h"
#include "sources/clock_sampler.h"
#include "sources/facts.h"
#include "sources/kmsg.h"
#include "sources/probes.h"
#include "sources/pump.h"
#include "sources/recorder.h"
#include "util/log.h"
#include "util/privileges.h"

#define FLUSH_NS       (100 * NSEC_PER_MSEC)
#define MODULES_TICKS  10 /* flushes between two looks at the list of modules */
#define MAX_WANT       64
#define FIRST_SAMPLES  8
#define FLIGHT_TICK_NS NSEC_PER_SEC /* while --flight has nothing to collect */
/* Between a process's word to gntdev and its map; --flight finds more suspicious. */
#define LATE_NS NSEC_PER_SEC
#define PATIENCE_USEC 700000 /* from being told to stop until we end without the reader */

struct record_config {
	const char *output;
	const char *ready_file;
	u32 duration;
	u32 ring_size;
	u32 flight;
	bool no_kmsg;
	bool no_tables;
	const char *tier;
};

static const struct opt record_opts[] = {
	{"output", 'o', OPT_STRING, offsetof(struct record_config, output), "FILE",
	 "write to FILE; - is standard output, which is the default unless it is a terminal", 0, 0},
	{"duration", 'd', OPT_U32, offsetof(struct record_config, duration), "SEC",
	 "stop after SEC seconds", 1, 0},
	{"ring-size", 'r', OPT_U32, offsetof(struct record_config, ring_size), "KIB",
	 "size of the buffer between kernel and recorder, a power of two (default 4096)", 16,
	 1024 * 1024},
	{"flight", 0, OPT_U32, offsetof(struct record_config, flight), "SEC",
	 "leave events in the kernel, and write the last SEC seconds when something suspicious "
	 "happens, "
	 "on SIGUSR1, and at the end",
	 1, HINDSIGHT_MAX},
	{"ready-file", 0, OPT_STRING, offsetof(struct record_config, ready_file), "PATH",
	 "create PATH once every probe is in place", 0, 0},
	{"tier", 0, OPT_STRING, offsetof(struct record_config, tier), "TIER",
	 "btf: by fentry and fexit; kprobe: for kernels without BTF; auto (default): what fits", 0,
	 0},
	{"no-kmsg", 0, OPT_FLAG, offsetof(struct record_config, no_kmsg), NULL,
	 "do not look at the kernel's log", 0, 0},
	{"no-tables", 0, OPT_FLAG, offsetof(struct record_config, no_tables), NULL,
	 "do not look at refs in the granters' tables, which the control domain can read", 0, 0},
};

struct record {
	struct record_config cfg;
	struct ksym_want want[MAX_WANT];
	unsigned int nr_want;
	struct ksyms *ksyms;
	struct pump pump;
	enum tier tier;
	int out_fd, epoll_fd, wake_fd, timer_fd, look_fd;
	u64 stop_at; /* 0: when told */
	u64 modules;
	unsigned int tick;
	bool stopping;
	bool looking_fast;	 /* at tables */
	struct gw_alarms alarms; /* --flight: as of the last look */
};

static u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

/* What is due at the timer's pace. */
static void do_work(struct record *rec)
{
	if (rec->pump.hindsight.resting)
		pump__tick(&rec->pump);
	else
		pump__flush(&rec->pump, 1);
}

/* --- modules that come and go --- */

/* Something that changes when the list of modules does; use counts don't matter. */
static u64 look_at_modules(void)
{
	FILE *file = fopen("/proc/modules", "re");
	char line[1024], name[64];
	u64 sum = 1;
	size_t i;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s", name) != 1)
			continue;
		for (i = 0; name[i]; i++)
			sum = sum * 0x100000001b3ull + (u8)name[i];
		sum = sum * 0x100000001b3ull + ' ';
	}
	if (file)
		fclose(file);
	return sum;
}

static void check_modules(struct record *rec)
{
	u64 modules = look_at_modules();
	struct ksyms *ksyms;
	unsigned int i;

	probes__see_modules(rec->pump.probes, rec->pump.marked);
	if (modules == rec->modules && !probes__is_late(rec->pump.probes))
		return;
	rec->modules = modules;
	for (i = 0; i < rec->nr_want; i++)
		rec->want[i] = (struct ksym_want){.name = rec->want[i].name};
	ksyms = ksyms__new(rec->want, rec->nr_want);
	if (!ksyms)
		return;
	probes__forget_stacks(rec->pump.probes);
	recorder__set_ksyms(rec->pump.recorder, ksyms);
	ksyms__free(rec->ksyms);
	rec->ksyms = ksyms;
	do_work(rec);
	probes__attach_late(rec->pump.probes, rec->want, rec->nr_want);
}

/* --- starting
 * -------------------------------------------------------------------------------------------------------
 */

static int on_libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	/* What it has to say about failures we say ourselves, and what to do about them. */
	if (log_level < (level == LIBBPF_DEBUG ? 3 : 2))
		return 0;
	return vfprintf(stderr, fmt, args);
}

static void on_probe(void *arg, u64 time, enum probe_state state, u32 events, const char *name,
		     const char *detail)
{
	struct record *rec = arg;

	pump__note_error(&rec->pump, capture_writer__probe(rec->pump.writer, time ? time : now(), state,
							   events, name, detail));
}

static void on_turn(void *rec)
{
	do_work(rec);
}

static void on_stack(void *probes, u64 number, u32 id)
{
	probes__know_stack(probes, number);
}

static void on_forget(void *probes)
{
	probes__forget_stacks(probes);
}

static int unsupported(const char *why, const char *what_to_do)
{
	pr_err("cannot record here: %s; %s", why, what_to_do);
	return EXIT_UNSUPPORTED;
}

static int check_environment(enum tier tier)
{
	if (!facts__on_xen())
		return unsupported("this machine does not run under Xen",
				   "run it in dom0 or in a Xen guest");
	if (geteuid())
		return unsupported("BPF needs privileges", "run it as root");
	if (tier == TIER_BTF && access("/sys/kernel/btf/vmlinux", R_OK))
		return unsupported("this kernel has no BTF (/sys/kernel/btf/vmlinux)",
				   "--tier kprobe needs none");
	return EXIT_CLEAN;
}

static int explain_bpf(const char *what, int err)
{
	if (err == EPERM || err == EACCES)
		return unsupported("the kernel does not permit BPF",
				   "run it as root, with kernel lockdown off");
	if (err == ENOSYS)
		return unsupported("this kernel has no BPF", "CONFIG_BPF_SYSCALL is needed");
	if (err == ENOENT)
		return unsupported("this kernel has no grant table functions to attach to",
				   "CONFIG_XEN and KALLSYMS are needed");
	pr_err("%s: %s; -vv shows what the kernel says", what, strerror(err));
	return EXIT_ERROR;
}

static int open_output(struct record *rec)
{
	const char *path = rec->cfg.output;

	if (!path && isatty(STDOUT_FILENO)) {
		pr_err("a capture is not for reading on a terminal; name a file with -o, or use a "
		       "pipe");
		return EXIT_ERROR;
	}
	if (!path || !strcmp(path, "-")) {
		rec->out_fd = STDOUT_FILENO;
	} else {
		rec->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (rec->out_fd < 0) {
			pr_err("%s: %s", path, strerror(errno));
			return EXIT_ERROR;
		}
	}
	rec->pump.writer = capture_writer__new(rec->out_fd);
	rec->pump.recorder = rec->pump.writer ? recorder__new(rec->pump.writer) : NULL;
	if (rec->pump.recorder)
		return EXIT_CLEAN;
	pr_err("no memory");
	return EXIT_ERROR;
}

static int read_symbols(struct record *rec)
{
	rec->nr_want = clock_sampler__wanted(rec->want, MAX_WANT);
	rec->nr_want += probes__wanted(rec->want + rec->nr_want, MAX_WANT - rec->nr_want);
	rec->ksyms = ksyms__new(rec->want, rec->nr_want);
	if (!rec->ksyms) {
		pr_err("/proc/kallsyms: %s", strerror(errno));
		return EXIT_ERROR;
	}
	recorder__set_ksyms(rec->pump.recorder, rec->ksyms);
	rec->modules = look_at_modules();
	return EXIT_CLEAN;
}

static u64 symbol_addr(const struct record *rec, const char *name)
{
	unsigned int i;

	for (i = 0; i < rec->nr_want; i++)
		if (!strcmp(rec->want[i].name, name))
			return rec->want[i].addr;
	return 0;
}

static void note_uncounted(struct record *rec)
{
	const char *why = probes__uncounted(rec->pump.probes);

	if (!why)
		return;
	pr_warn("events may be lost uncounted: %s", why);
	pump__note_error(&rec->pump,
			 capture_writer__fact(rec->pump.writer, now(), "uncounted", why));
}

static int start_probes(struct record *rec)
{
	struct probes_config config = {.tier = rec->tier,
				       .forced = strcmp(rec->cfg.tier, "auto"),
				       .report = on_probe,
				       .turn = on_turn,
				       .arg = rec};
	u32 ring_bytes = rec->cfg.ring_size * 1024;

	if (!symbol_addr(rec, "__per_cpu_offset"))
		return unsupported("the kernel hides its addresses",
				   "sysctl kernel.kptr_restrict=1 lets root see them");
	rec->pump.sampler = clock_sampler__new(ring_bytes, rec->want, rec->nr_want);
	if (!rec->pump.sampler)
		return explain_bpf("BPF", errno);
	config.ring_fd = clock_sampler__ring_fd(rec->pump.sampler);
	config.config.wakeup_bytes = ring_bytes / 2;
	config.config.late_ns = rec->cfg.flight ? LATE_NS : 0;
	config.config.gnttab_list = symbol_addr(rec, "gnttab_list");
	clock_sampler__preempt_addrs(rec->pump.sampler, config.config.preempt_addr);
	rec->pump.ring = ring_buffer__new(config.ring_fd, pump__on_event, &rec->pump, NULL);
	if (!rec->pump.ring)
		return explain_bpf("ring buffer", errno);
	rec->pump.losses_since = now();
	rec->pump.probes = probes__new(&config, rec->want, rec->nr_want);
	if (!rec->pump.probes)
		return explain_bpf("probes", errno);
	note_uncounted(rec);
	recorder__on_stack(rec->pump.recorder, on_stack, on_forget, rec->pump.probes);
	/* Reading BTF took megabytes that are not needed any more. */
	malloc_trim(0);
	return EXIT_CLEAN;
}

static int watch_fd_for(struct record *rec, int fd, u32 events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return fd < 0 ? -1 : epoll_ctl(rec->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int watch_fd(struct record *rec, int fd)
{
	return watch_fd_for(rec, fd, EPOLLIN);
}

/* --flight leaves events in the ring: that some are there is no news, only that the programs woke
 * us. */
static int watch_ring(struct record *rec)
{
	if (rec->cfg.flight)
		return watch_fd_for(rec, clock_sampler__ring_fd(rec->pump.sampler),
				    EPOLLIN | EPOLLET);
	return watch_fd(rec, ring_buffer__epoll_fd(rec->pump.ring));
}

/* How signals reach the loop. */
static int wake_fd = -1;
static volatile sig_atomic_t told_to_stop, told_to_collect;

static void wake_loop(void)
{
	u64 one = 1;
	int saved = errno;

	(void)!write(wake_fd, &one, sizeof(one));
	errno = saved;
}

static void on_collect(int sig)
{
	told_to_collect = 1;
	wake_loop();
}

static void on_stop(int sig)
{
	const struct itimerval patience = {.it_value = {.tv_usec = PATIENCE_USEC}};

	told_to_stop = 1;
	wake_loop();
	setitimer(ITIMER_REAL, &patience, NULL);
}

/* Nobody reads the pipe that we write to. Told to stop, we don't wait for it. */
static void on_impatience(int sig)
{
	static const char text[] =
		"grantwatch: error: the capture is cut short: its reader does not read\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_ERROR);
}

static int catch_signals(const struct record *rec)
{
	const struct sigaction collect = {.sa_handler = rec->cfg.flight ? on_collect : SIG_DFL,
					  .sa_flags = SA_RESTART};
	const struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	const struct sigaction impatience = {.sa_handler = on_impatience};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGINT, &stop, NULL) || sigaction(SIGTERM, &stop, NULL) ||
	       sigaction(SIGHUP, &stop, NULL) || sigaction(SIGUSR1, &collect, NULL) ||
	       sigaction(SIGALRM, &impatience, NULL) || sigaction(SIGPIPE, &ignore, NULL);
}

static int watch_kmsg(struct record *rec)
{
	rec->pump.kmsg_fd = kmsg__open();
	if (rec->pump.kmsg_fd >= 0)
		return watch_fd(rec, rec->pump.kmsg_fd);
	pr_warn("/dev/kmsg: %s: the kernel's log is not recorded", strerror(-rec->pump.kmsg_fd));
	return 0;
}

/* Where this is not the control domain there is nothing to read, and nobody expects it. */
static int start_tables(struct record *rec)
{
	const char *why = "not asked for";

	if (rec->cfg.flight)
		why = "not with --flight";
	else if (!rec->cfg.no_tables)
		rec->pump.tables = table_sampler__new(&why);
	pump__note_error(&rec->pump, capture_writer__fact(rec->pump.writer, now(), "tables",
							  rec->pump.tables ? "read" : why));
	if (!rec->pump.tables)
		return 0;
	rec->look_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return watch_fd(rec, rec->look_fd);
}

/* Looks come fast only while somebody was told of a ref and has not mapped it. */
static void set_pace(struct record *rec)
{
	const struct itimerspec fast = {{0, TABLE_LOOK_NS}, {0, TABLE_LOOK_NS}}, never = {};
	bool busy = rec->pump.tables && table_sampler__is_busy(rec->pump.tables);

	if (busy == rec->looking_fast)
		return;
	rec->looking_fast = busy;
	timerfd_settime(rec->look_fd, 0, busy ? &fast : &never, NULL);
}

static int start_events(struct record *rec)
{
	struct itimerspec interval = {{0, FLUSH_NS}, {0, FLUSH_NS}};

	rec->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rec->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rec->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	wake_fd = rec->wake_fd;
	if (rec->timer_fd < 0 || timerfd_settime(rec->timer_fd, 0, &interval, NULL))
		return -1;
	return catch_signals(rec) || watch_fd(rec, rec->wake_fd) || watch_fd(rec, rec->timer_fd) ||
	       watch_ring(rec) || (!rec->cfg.no_kmsg && watch_kmsg(rec));
}

/* In place: say so, to whom it concerns. */
static void announce(struct record *rec)
{
	int fd;

	pr_info("recording: %u probes attached, %u missing", probes__attached(rec->pump.probes),
		probes__missing(rec->pump.probes));
	if (!rec->cfg.ready_file)
		return;
	fd = open(rec->cfg.ready_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		pr_warn("%s: %s", rec->cfg.ready_file, strerror(errno));
	else
		close(fd);
}

static void note_phase(u64 *since, const char *what)
{
	u64 t = now();

	pr_debug("%s: %" PRIu64 " ms", what, (t - *since) / NSEC_PER_MSEC);
	*since = t;
}

/* For whoever takes this process over from here on, by what another domain made its kernel say. */
static void keep_little(void)
{
	int err = privileges__keep_recording();

	if (err)
		pr_warn("cannot give up privileges: %s", strerror(-err));
}

/* --- record --flight --- */

static void set_pace_of_work(struct record *rec, u64 ns)
{
	const struct itimerspec interval = {{ns / NSEC_PER_SEC, ns % NSEC_PER_SEC},
					    {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC}};

	timerfd_settime(rec->timer_fd, 0, &interval, NULL);
}

static void rest(struct record *rec)
{
	pump__rest(&rec->pump);
	set_pace_of_work(rec, FLIGHT_TICK_NS);
}

/* What is suspicious that was not a moment ago, or NULL. */
static const char *raised(const struct record *rec)
{
	static const char *const names[GW_ALARMS] = {
		"", "an end was refused", "a map was refused",
		"a ref was mapped long after gntdev was told of it"};
	struct gw_alarms alarms;
	unsigned int i;

	probes__alarms(rec->pump.probes, &alarms);
	for (i = 0; i < GW_ALARMS; i++)
		if (alarms.count[i] != rec->alarms.count[i])
			return names[i];
	return told_to_collect ? "told to" : NULL;
}

/* What comes after it belongs to it, as much as what came before. */
static void follow_alarms(struct record *rec)
{
	struct hindsight *hindsight = &rec->pump.hindsight;
	const char *why = raised(rec);

	if (why) {
		probes__alarms(rec->pump.probes, &rec->alarms);
		told_to_collect = 0;
		hindsight->until = now() + hindsight->window;
		if (!hindsight->resting)
			return;
		pr_info("%s: the last %u s go into the capture", why, rec->cfg.flight);
		pump__collect(&rec->pump);
		set_pace_of_work(rec, FLUSH_NS);
	} else if (!hindsight->resting && now() >= hindsight->until) {
		pump__flush(&rec->pump, 1);
		rest(rec);
	}
}

static int start(struct record *rec)
{
	u64 since = now();
	int status = check_environment(rec->tier);

	if (!status)
		status = open_output(rec);
	if (status)
		return status;
	libbpf_set_print(on_libbpf_print);
	pump__note_error(&rec->pump, facts__write(rec->pump.writer, tier__name(rec->tier)));
	note_phase(&since, "facts");
	status = read_symbols(rec);
	note_phase(&since, "kernel symbols");
	if (!status)
		status = start_probes(rec);
	note_phase(&since, "probes");
	if (status)
		return status;
	if (start_events(rec)) {
		pr_err("cannot wait for events: %s", strerror(errno));
		return EXIT_ERROR;
	}
	if (rec->cfg.duration)
		rec->stop_at = now() + rec->cfg.duration * NSEC_PER_SEC;
	pump__flush(&rec->pump, FIRST_SAMPLES);
	note_phase(&since, "first samples");
	keep_little();
	/* Where xenstore's library starts a thread, it shall have no more than we have now. */
	if (start_tables(rec))
		pr_warn("cannot wait for looks at grant tables: %s", strerror(errno));
	if (rec->cfg.flight)
		rest(rec);
	announce(rec);
	return EXIT_CLEAN;
}

/* --- running and stopping --- */

static void on_timer(struct record *rec)
{
	u64 expired;

	if (read(rec->timer_fd, &expired, sizeof(expired)) != sizeof(expired))
		return;
	do_work(rec);
	if (rec->pump.hindsight.resting || ++rec->tick % MODULES_TICKS == 0)
		check_modules(rec);
	if (rec->stop_at && now() >= rec->stop_at)
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
	rec->stopping = told_to_stop;
}

/* Woken by what is suspicious, which follow_alarms() finds, or because the ring fills up. */
static void on_ring(struct record *rec)
{
	if (!rec->pump.hindsight.resting)
		pump__drain(&rec->pump);
	else if (!raised(rec))
		pump__make_room(&rec->pump);
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
		follow_alarms(rec);
	if (rec->pump.tables && table_sampler__is_urgent(rec->pump.tables))
		pump__look(&rec->pump);
	set_pace(rec);
}

static void run_loop(struct record *rec)
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
 * Taking a probe out waits for the kernel, a tenth of a second for each function, and nothing can
 * hurry it. Whoever stops a recording need not wait for that: a child keeps the probes until we are
 * gone, and then they end with it.
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
	/* until[1] stays open as long as we live. */
	close(until[0]);
	probes__leave(rec->pump.probes);
}

static void clean_up(struct record *rec)
{
	table_sampler__free(rec->pump.tables);
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

static int run(int argc, char **argv)
{
	struct record rec = {
		.cfg = {.ring_size = 4096, .tier = "auto"},
		.out_fd = -1,
		.epoll_fd = -1,
		.wake_fd = -1,
		.timer_fd = -1,
		.look_fd = -1,
		.pump.kmsg_fd = -1,
	};
	int status, first = opts__parse(&cmd_record, argc, argv, &rec.cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first != argc) {
		pr_err("record takes no arguments; the output is named with -o");
		return EXIT_ERROR;
	}
	if (rec.cfg.ring_size & (rec.cfg.ring_size - 1)) {
		pr_err("record: --ring-size takes a power of two");
		return EXIT_ERROR;
	}
	if (!tier__parse(rec.cfg.tier, &rec.tier)) {
		pr_err("record: --tier takes auto, btf or kprobe, not '%s'", rec.cfg.tier);
		return EXIT_ERROR;
	}
	rec.tier = tier__choose(rec.tier);
	rec.pump.hindsight.window = rec.cfg.flight * NSEC_PER_SEC;
	status = start(&rec);
	if (!status) {
		run_loop(&rec);
		pump__finish(&rec.pump);
		/* Whoever read the pipe has seen enough: not our failure. */
		if (rec.pump.error && rec.pump.error != -EPIPE) {
			pr_err("cannot write the capture: %s", strerror(-rec.pump.error));
			status = EXIT_ERROR;
		}
	}
	clean_up(&rec);
	return status;
}

static const struct exit_status record_exits[] = {
	{EXIT_CLEAN, "recorded until told to stop"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_UNSUPPORTED, "nothing here that could be probed"},
	{0, NULL},
};

const struct command cmd_record = {
	.name = "record",
	.args = "",
	.summary = "Record what this domain does with grants",
	.help = "Runs in dom0 or in a guest, as root, until Ctrl-C, SIGTERM or --duration. "
		"'analyze'\n"
		"finds races in captures of both sides, 'dump' prints one.",
	.opts = record_opts,
	.nr_opts = ARRAY_SIZE(record_opts),
	.exits = record_exits,
	.run = run,
};
