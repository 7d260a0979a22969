// SPDX-License-Identifier: GPL-2.0
/* Sets up a recording. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "record/baseline.h"
#include "record/facts.h"
#include "record/kmsg.h"
#include "record/process_name.h"
#include "record/record.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/notify.h"
#include "util/options.h"
#include "util/privileges.h"

#define FIRST_SAMPLES 8
/* ns between announcement and map after which a map is suspicious; record --flight */
#define LATE_NS NSEC_PER_SEC

static int on_libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	/* This program logs the errors itself, with advice. */
	if (log_level < (level == LIBBPF_DEBUG ? 3 : 2))
		return 0;
	return vfprintf(stderr, fmt, args);
}

static void on_probe(void *arg, u64 time, enum probe_state state, u32 events, const char *name,
		     const char *detail)
{
	struct record *rec = arg;

	pump__note_error(&rec->pump,
			 capture_writer__probe(rec->pump.writer, time ? time : now_mono(), state,
					       events, name, detail));
}

static void on_turn(void *rec)
{
	record__work(rec);
	if (record__told_to_stop())
		record__end_within(rec);
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
	pr_err("%s: %s; -vv shows the kernel's reason", what, strerror(err));
	return EXIT_ERROR;
}

/* Keeps what the next files have to describe again. */
static int keep_descriptions(struct pump *pump)
{
	recorder__keep(pump->recorder);
	return capture_writer__keep(pump->writer);
}

static int open_output(struct record *rec)
{
	const struct output_config *output = &rec->cfg.output;

	if (!output->path && isatty(STDOUT_FILENO)) {
		pr_err("a capture is binary: name a file with -o, or use a pipe");
		return EXIT_ERROR;
	}
	rec->out_fd = output->path ? record__open_file(rec) : STDOUT_FILENO;
	if (rec->out_fd < 0)
		return EXIT_ERROR;
	rec->pump.writer = capture_writer__new(rec->out_fd);
	rec->pump.recorder = rec->pump.writer ? recorder__new(rec->pump.writer) : NULL;
	if (!rec->pump.recorder || (rec->cfg.rotate && keep_descriptions(&rec->pump))) {
		pr_err("no memory");
		return EXIT_ERROR;
	}
	return EXIT_CLEAN;
}

static int read_symbols(struct record *rec)
{
	rec->nr_want = clock_sampler__wanted(rec->want, RECORD_WANT);
	rec->nr_want += baseline__wanted(rec->want + rec->nr_want, RECORD_WANT - rec->nr_want);
	rec->nr_want += probes__wanted(rec->want + rec->nr_want, RECORD_WANT - rec->nr_want);
	rec->ksyms = ksyms__new(rec->want, rec->nr_want);
	if (!rec->ksyms) {
		pr_err("/proc/kallsyms: %s", strerror(errno));
		return EXIT_ERROR;
	}
	recorder__set_ksyms(rec->pump.recorder, rec->ksyms);
	record__note_modules(rec);
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
			 capture_writer__fact(rec->pump.writer, now_mono(), "uncounted", why));
}

static int start_probes(struct record *rec)
{
	struct probes_config config = {.tier = rec->tier,
				       .forced = rec->cfg.tier != TIER_AUTO,
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
	if (rec->cfg.flight && !facts__is_dom0() && disks__all_persistent(rec->disks))
		probes_config__permit_persistent(&config, rec->want, rec->nr_want);
	config.config.gnttab_list = symbol_addr(rec, "gnttab_list");
	clock_sampler__find_preempt(rec->pump.sampler, &config.config);
	rec->pump.ring = ring_buffer__new(config.ring_fd, pump__on_event, &rec->pump, NULL);
	if (!rec->pump.ring)
		return explain_bpf("ring buffer", errno);
	rec->pump.probes = probes__new(&config, rec->want, rec->nr_want);
	if (!rec->pump.probes)
		return explain_bpf("probes", errno);
	note_uncounted(rec);
	recorder__on_forget(rec->pump.recorder, on_forget, rec->pump.probes);
	recorder__on_process(rec->pump.recorder, process_name__read);
	/* Frees megabytes of BTF that are not needed any more. */
#ifdef __GLIBC__
	malloc_trim(0);
#endif
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

/*
 * With --flight, events stay in the ring and are no reason to wake: only the programs' wakeups are.
 */
static int watch_ring(struct record *rec)
{
	if (rec->cfg.flight)
		return watch_fd_for(rec, clock_sampler__ring_fd(rec->pump.sampler),
				    EPOLLIN | EPOLLET);
	return watch_fd(rec, ring_buffer__epoll_fd(rec->pump.ring));
}

static int watch_kmsg(struct record *rec)
{
	rec->pump.kmsg_fd = kmsg__open();
	if (rec->pump.kmsg_fd >= 0)
		return watch_fd(rec, rec->pump.kmsg_fd);
	pr_warn("/dev/kmsg: %s: the kernel's log is not recorded", strerror(-rec->pump.kmsg_fd));
	return 0;
}

/* Outside of the control domain tables cannot be read, which is no fault. */
static int start_tables(struct record *rec)
{
	const char *why = "not asked for";

	if (rec->cfg.flight)
		why = "not with --flight";
	else if (!rec->cfg.no_tables)
		rec->pump.tables = table_sampler__new(&why);
	pump__note_error(&rec->pump, capture_writer__fact(rec->pump.writer, now_mono(), "tables",
							  rec->pump.tables ? "read" : why));
	if (!rec->pump.tables)
		return 0;
	rec->look_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return watch_fd(rec, rec->look_fd);
}

static int read_disks(struct record *rec)
{
	rec->disks = disks__new(facts__has_xenstore() ? xenstore__open() : NULL);
	if (!rec->disks)
		return -ENOMEM;
	return disks__check(rec->disks, rec->pump.writer);
}

static void start_stubdoms(struct record *rec)
{
	if (!facts__is_dom0())
		return;
	rec->pump.stubdoms = stubdoms__new(facts__has_xenstore() ? xenstore__open() : NULL);
	if (!rec->pump.stubdoms)
		pump__note_error(&rec->pump, -ENOMEM);
}

static int catch_signals(struct record *rec)
{
	rec->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return record__catch_signals(rec->wake_fd);
}

static int start_events(struct record *rec)
{
	rec->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rec->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return watch_fd(rec, rec->wake_fd) || watch_fd(rec, rec->timer_fd) || watch_ring(rec) ||
	       (!rec->cfg.no_kmsg && watch_kmsg(rec));
}

/* The program is loaded while that is permitted, and run when recording begins. */
static void start_baseline(struct record *rec)
{
	rec->no_baseline = "not with --flight";
	if (!rec->cfg.flight)
		rec->baseline = baseline__new(rec->want, rec->nr_want, &rec->no_baseline);
}

static void record_baseline(struct record *rec)
{
	baseline__record(rec->baseline, rec->no_baseline, &rec->pump);
	baseline__free(rec->baseline);
	rec->baseline = NULL;
}

static int start_timer(const struct record *rec)
{
	const struct itimerspec interval = {{0, RECORD_FLUSH_NS}, {0, RECORD_FLUSH_NS}};

	return timerfd_settime(rec->timer_fd, 0, &interval, NULL);
}

static int cannot_wait(void)
{
	pr_err("cannot wait for events: %s", strerror(errno));
	return EXIT_ERROR;
}

/* Tells the user and the ready file that recording has begun. */
static void announce(struct record *rec)
{
	int fd;

	pr_info("recording: %u probes attached, %u missing", probes__attached(rec->pump.probes),
		probes__missing(rec->pump.probes));
	notify__ready();
	if (!rec->cfg.ready_file)
		return;
	fd = open(rec->cfg.ready_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		pr_warn("%s: %s", rec->cfg.ready_file, strerror(errno));
	else
		close(fd);
}

static void note_step(u64 *since, const char *what)
{
	u64 t = now_mono();

	pr_debug("%s: %" PRIu64 " ms", what, (t - *since) / NSEC_PER_MSEC);
	*since = t;
}

/* Reduces privileges, as hostile data of other domains is parsed from here on. */
static void keep_little(const struct record *rec)
{
	int err = privileges__keep_recording(rec->cfg.rotate);

	if (err)
		pr_warn("cannot give up privileges: %s", strerror(-err));
}

static void watch_disks(struct record *rec)
{
	int err = disks__watch(rec->disks);

	if (err)
		pr_warn("cannot watch xenstore: %s; disks are read ten times a second",
			strerror(-err));
}

/* All probes are attached: the capture is complete from here on. */
static int begin(struct record *rec)
{
	record__enter(STAGE_BEGINNING);
	if (rec->cfg.hold) {
		pr_info("attached: recording begins at SIGUSR1");
		if (!record__hold(rec)) {
			pr_err("stopped before SIGUSR1: nothing was recorded");
			return EXIT_ERROR;
		}
	}
	pump__begin(&rec->pump, FIRST_SAMPLES);
	record_baseline(rec);
	if (start_timer(rec))
		return cannot_wait();
	if (rec->cfg.duration)
		rec->stop_at = now_mono() + rec->cfg.duration * NSEC_PER_SEC;
	if (rec->cfg.flight)
		record__rest(rec);
	record__enter(STAGE_RECORDING);
	announce(rec);
	return EXIT_CLEAN;
}

int record__start(struct record *rec)
{
	u64 since = now_mono();
	int status = check_environment(rec->tier);

	if (!status && catch_signals(rec))
		status = cannot_wait();
	if (!status)
		status = open_output(rec);
	if (status)
		return status;
	libbpf_set_print(on_libbpf_print);
	pump__note_error(&rec->pump, facts__write(rec->pump.writer, tier__name(rec->tier)));
	pump__note_error(&rec->pump, read_disks(rec));
	if (!rec->disks)
		return EXIT_ERROR;
	pump__prepare(&rec->pump);
	note_step(&since, "facts");
	status = read_symbols(rec);
	note_step(&since, "kernel symbols");
	if (!status)
		status = start_probes(rec);
	note_step(&since, "probes");
	if (status)
		return status;
	if (start_events(rec))
		return cannot_wait();
	start_baseline(rec);
	keep_little(rec);
	/* A thread of xenstore's library must not have more privileges than this process. */
	if (start_tables(rec))
		pr_warn("cannot wait for table reads: %s", strerror(errno));
	start_stubdoms(rec);
	watch_disks(rec);
	note_step(&since, "everything else");
	return begin(rec);
}
