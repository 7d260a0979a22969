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
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "capture/writer.h"
#include "commands.h"
#include "sources/clock_sampler.h"
#include "sources/facts.h"
#include "sources/kmsg.h"
#include "sources/probes.h"
#include "sources/recorder.h"
#include "util/log.h"

#define FLUSH_NS      (100 * NSEC_PER_MSEC)
#define MODULES_TICKS 10 /* flushes between two looks at the list of modules */
#define MAX_WANT      64
#define DRAIN_TRIES   4
#define MAX_ROUNDS    64 /* of making room while draining, so that an endless stream of events can't hold us */
#define FIRST_SAMPLES 8
#define LAST_SAMPLES  2
/* CPUs' clocks and the kernel's fast clock agree much better than this. */
#define CLOCK_MARGIN (1 * NSEC_PER_MSEC)

struct record_config {
	const char *output;
	const char *ready_file;
	u32 duration;
	u32 ring_size;
	bool no_kmsg;
};

static const struct opt record_opts[] = {
	{"output", 'o', OPT_STRING, offsetof(struct record_config, output), "FILE",
	 "write to FILE; - is standard output, which is the default unless it is a terminal", 0, 0},
	{"duration", 'd', OPT_U32, offsetof(struct record_config, duration), "SEC",
	 "stop after SEC seconds", 1, 0},
	{"ring-size", 'r', OPT_U32, offsetof(struct record_config, ring_size), "KIB",
	 "size of the buffer between kernel and recorder, a power of two (default 4096)", 16,
	 1024 * 1024},
	{"ready-file", 0, OPT_STRING, offsetof(struct record_config, ready_file), "PATH",
	 "create PATH once every probe is in place", 0, 0},
	{"no-kmsg", 0, OPT_FLAG, offsetof(struct record_config, no_kmsg), NULL,
	 "do not look at the kernel's log", 0, 0},
};

struct record {
	struct record_config cfg;
	struct ksym_want want[MAX_WANT];
	unsigned int nr_want;
	struct ksyms *ksyms;
	struct clock_sampler *sampler;
	struct probes *probes;
	struct capture_writer *writer;
	struct recorder *recorder;
	struct ring_buffer *ring;
	int out_fd, epoll_fd, signal_fd, timer_fd, kmsg_fd;
	struct log_line {
		u64 time;
		char text[256];
	} lines[64];
	u32 nr_lines;
	struct gw_losses losses; /* as of the last look */
	u64 losses_since;
	u64 lost;
	u64 watermark;
	u64 stop_at; /* 0: when told */
	u64 modules;
	unsigned int tick;
	char clocksource[64];
	bool clock_dead; /* no pvclock here */
	bool stopping;
	int error; /* of the writer */
};

static u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

static void note_error(struct record *rec, int err)
{
	if (err && !rec->error)
		rec->error = err;
}

/* --- from the ring to the capture -------------------------------------------------------------------------------- */

static int on_event(void *arg, void *data, size_t size)
{
	struct record *rec = arg;

	return recorder__add(rec->recorder, data, size);
}

/* Take what is in the ring. The callback says -EAGAIN when the recorder has to write first. */
static void drain(struct record *rec)
{
	unsigned int round;

	for (round = 0; round < MAX_ROUNDS && !rec->error; round++) {
		if (ring_buffer__consume(rec->ring) != -EAGAIN)
			return;
		note_error(rec, recorder__make_room(rec->recorder));
	}
}

/*
 * Drain, and find out up to which time nothing is missing. Whatever has a t_out before the reading was reserved
 * before it, so in front of ring_prod; once the consumer is past that point, all of it is here. A record that is
 * reserved but not finished yet stops the consumer: then try again, or next time.
 */
static void drain_to_watermark(struct record *rec)
{
	struct gw_reading before, after;
	int i;

	if (clock_sampler__read(rec->sampler, &before)) {
		drain(rec);
		return;
	}
	for (i = 0; i < DRAIN_TRIES; i++) {
		drain(rec);
		if (clock_sampler__read(rec->sampler, &after) || after.ring_cons < before.ring_prod)
			continue;
		rec->watermark = max(rec->watermark, before.mono - CLOCK_MARGIN);
		return;
	}
}

static void add_loss(struct record *rec, u64 until, u64 count, enum loss_kind kind, u32 events)
{
	struct rec_loss loss = {
		.h.type = REC_LOSS,
		.since = rec->losses_since,
		.until = until,
		.count = count,
		.kind = kind,
		.events = events,
	};

	if (!count)
		return;
	rec->lost += count;
	note_error(rec, capture_writer__add(rec->writer, &loss, sizeof(loss), NULL, 0));
}

/* GW_EV_GRANT is 1 and becomes REC_GRANT, REC_EVENT_FIRST, which is bit 0; they count alike from there. */
static void add_losses(struct record *rec, u64 until, const u64 *then, const u64 *sum,
		       enum loss_kind kind)
{
	unsigned int type;

	for (type = GW_EV_GRANT; type < GW_EV_MAX; type++)
		add_loss(rec, until, sum[type] - then[type], kind, 1u << (type - GW_EV_GRANT));
}

static void poll_losses(struct record *rec)
{
	struct gw_losses sum;
	u64 until = now(), missed;
	u32 events;

	if (!probes__losses(rec->probes, &sum)) {
		add_losses(rec, until, rec->losses.ring, sum.ring, LOSS_RING);
		add_losses(rec, until, rec->losses.truncated, sum.truncated, LOSS_TRUNCATED);
		add_losses(rec, until, rec->losses.entry, sum.entry, LOSS_ENTRY);
		rec->losses = sum;
	}
	missed = probes__missed(rec->probes, &events);
	add_loss(rec, until, missed, LOSS_MISSED, events);
	rec->losses_since = until;
}

static void sample_clock(struct record *rec, unsigned int times)
{
	struct rec_clock clock;

	while (times-- && !rec->clock_dead) {
		int err = clock_sampler__sample(rec->sampler, &clock);

		if (!err) {
			note_error(rec, capture_writer__add(rec->writer, &clock, sizeof(clock), NULL,
							    0));
		} else if (err == -ENODEV) {
			rec->clock_dead = true;
			note_error(rec, capture_writer__fact(rec->writer, now(), "clock",
							     "no pvclock record here"));
		}
	}
}

/* Lines wait for the events of their time: a reader shall meet the cause first. */
static void read_kmsg(struct record *rec)
{
	struct log_line *line;
	int ret;

	while (rec->kmsg_fd >= 0 && rec->nr_lines < ARRAY_SIZE(rec->lines)) {
		line = &rec->lines[rec->nr_lines];
		ret = kmsg__next(rec->kmsg_fd, &line->time, line->text, sizeof(line->text));
		if (!ret)
			return;
		if (ret == 1) {
			rec->nr_lines++;
		} else if (ret != -EPIPE) {
			pr_warn("/dev/kmsg: %s", strerror(-ret));
			close(rec->kmsg_fd);
			rec->kmsg_fd = -1;
		}
	}
}

static void write_lines(struct record *rec, u64 until)
{
	u32 n;

	for (n = 0; n < rec->nr_lines && rec->lines[n].time <= until; n++)
		note_error(rec, capture_writer__log(rec->writer, rec->lines[n].time,
						    rec->lines[n].text));
	rec->nr_lines -= n;
	memmove(rec->lines, rec->lines + n, rec->nr_lines * sizeof(rec->lines[0]));
}

/* Losses and clock samples go before the events that they are about, so that a reader never looks ahead. */
static void flush(struct record *rec, unsigned int samples)
{
	drain_to_watermark(rec);
	poll_losses(rec);
	sample_clock(rec, samples);
	read_kmsg(rec);
	note_error(rec, facts__clocksource(rec->writer, rec->clocksource,
					   sizeof(rec->clocksource)));
	note_error(rec, recorder__write(rec->recorder, rec->watermark));
	write_lines(rec, rec->watermark);
	note_error(rec, capture_writer__flush(rec->writer, rec->watermark));
}

/* --- modules that come and go -------------------------------------------------------------------------------------- */

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

	if (modules == rec->modules)
		return;
	rec->modules = modules;
	for (i = 0; i < rec->nr_want; i++)
		rec->want[i] = (struct ksym_want){.name = rec->want[i].name};
	ksyms = ksyms__new(rec->want, rec->nr_want);
	if (!ksyms)
		return;
	recorder__set_ksyms(rec->recorder, ksyms);
	ksyms__free(rec->ksyms);
	rec->ksyms = ksyms;
	probes__attach_late(rec->probes, rec->want, rec->nr_want);
}

/* --- starting ------------------------------------------------------------------------------------------------------- */

static int on_libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	/* What it has to say about failures we say ourselves, and what to do about them. */
	if (log_level < (level == LIBBPF_DEBUG ? 3 : 2))
		return 0;
	return vfprintf(stderr, fmt, args);
}

static void on_probe(void *arg, enum probe_state state, u32 events, const char *name,
		     const char *detail)
{
	struct record *rec = arg;

	note_error(rec, capture_writer__probe(rec->writer, now(), state, events, name, detail));
}

static int unsupported(const char *why, const char *what_to_do)
{
	pr_err("cannot record here: %s; %s", why, what_to_do);
	return EXIT_UNSUPPORTED;
}

static int check_environment(void)
{
	if (!facts__on_xen())
		return unsupported("this machine does not run under Xen",
				   "run it in dom0 or in a Xen guest");
	if (geteuid())
		return unsupported("BPF needs privileges", "run it as root");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return unsupported("this kernel has no BTF (/sys/kernel/btf/vmlinux)",
				   "a kernel with CONFIG_DEBUG_INFO_BTF is needed");
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
		pr_err("a capture is not for reading on a terminal; name a file with -o, or use a pipe");
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
	rec->writer = capture_writer__new(rec->out_fd);
	rec->recorder = rec->writer ? recorder__new(rec->writer) : NULL;
	if (rec->recorder)
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
	recorder__set_ksyms(rec->recorder, rec->ksyms);
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

static int start_probes(struct record *rec)
{
	struct probes_config config = {.report = on_probe, .arg = rec};
	u32 ring_bytes = rec->cfg.ring_size * 1024;

	if (!symbol_addr(rec, "__per_cpu_offset"))
		return unsupported("the kernel hides its addresses",
				   "sysctl kernel.kptr_restrict=1 lets root see them");
	rec->sampler = clock_sampler__new(ring_bytes, rec->want, rec->nr_want);
	if (!rec->sampler)
		return explain_bpf("BPF", errno);
	config.ring_fd = clock_sampler__ring_fd(rec->sampler);
	config.config.wakeup_bytes = ring_bytes / 2;
	config.config.gnttab_list = symbol_addr(rec, "gnttab_list");
	clock_sampler__preempt_addrs(rec->sampler, config.config.preempt_addr);
	rec->ring = ring_buffer__new(config.ring_fd, on_event, rec, NULL);
	if (!rec->ring)
		return explain_bpf("ring buffer", errno);
	rec->losses_since = now();
	rec->probes = probes__new(&config, rec->want, rec->nr_want);
	if (!rec->probes)
		return explain_bpf("probes", errno);
	/* Reading BTF took megabytes that are not needed any more. */
	malloc_trim(0);
	return EXIT_CLEAN;
}

static int watch_fd(struct record *rec, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? -1 : epoll_ctl(rec->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int start_events(struct record *rec)
{
	struct itimerspec interval = {{0, FLUSH_NS}, {0, FLUSH_NS}};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	rec->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rec->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	rec->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (rec->timer_fd < 0 || timerfd_settime(rec->timer_fd, 0, &interval, NULL))
		return -1;
	if (!rec->cfg.no_kmsg) {
		rec->kmsg_fd = kmsg__open();
		if (rec->kmsg_fd < 0)
			pr_warn("/dev/kmsg: %s: the kernel's log is not recorded",
				strerror(-rec->kmsg_fd));
		else if (watch_fd(rec, rec->kmsg_fd))
			return -1;
	}
	return watch_fd(rec, rec->signal_fd) || watch_fd(rec, rec->timer_fd) ||
	       watch_fd(rec, ring_buffer__epoll_fd(rec->ring));
}

/* In place: say so, to whom it concerns. */
static void announce(struct record *rec)
{
	int fd;

	pr_info("recording: %u probes attached, %u missing", probes__attached(rec->probes),
		probes__missing(rec->probes));
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

static int start(struct record *rec)
{
	u64 since = now();
	int status = check_environment();

	if (!status)
		status = open_output(rec);
	if (status)
		return status;
	libbpf_set_print(on_libbpf_print);
	note_error(rec, facts__write(rec->writer, "btf"));
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
	flush(rec, FIRST_SAMPLES);
	note_phase(&since, "first samples");
	announce(rec);
	return EXIT_CLEAN;
}

/* --- running and stopping -------------------------------------------------------------------------------------------- */

static void on_timer(struct record *rec)
{
	u64 expired;

	if (read(rec->timer_fd, &expired, sizeof(expired)) != sizeof(expired))
		return;
	flush(rec, 1);
	if (++rec->tick % MODULES_TICKS == 0)
		check_modules(rec);
	if (rec->stop_at && now() >= rec->stop_at)
		rec->stopping = true;
}

static void run_loop(struct record *rec)
{
	while (!rec->stopping && !rec->error) {
		struct epoll_event event[8];
		int i, n = epoll_wait(rec->epoll_fd, event, ARRAY_SIZE(event), -1);

		for (i = 0; i < n; i++) {
			if (event[i].data.fd == rec->signal_fd)
				rec->stopping = true;
			else if (event[i].data.fd == rec->timer_fd)
				on_timer(rec);
			else if (event[i].data.fd == rec->kmsg_fd)
				read_kmsg(rec);
			else
				drain(rec);
		}
	}
}

/* Everything that happened until now goes out before the probes do: detaching takes its time. */
static void finish(struct record *rec)
{
	struct rec_end end = {.h.type = REC_END};

	if (rec->error)
		return;
	flush(rec, LAST_SAMPLES);
	/* What is younger than the watermark is no less true, but the capture is whole only up to there. */
	note_error(rec, recorder__write_all(rec->recorder));
	write_lines(rec, UINT64_MAX);
	end.time = rec->watermark;
	end.events = recorder__events(rec->recorder);
	end.lost = rec->lost;
	note_error(rec, capture_writer__add(rec->writer, &end, sizeof(end), NULL, 0));
	note_error(rec, capture_writer__flush(rec->writer, rec->watermark));
	pr_info("%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " bytes", end.events, end.lost,
		capture_writer__bytes(rec->writer));
}

static void close_fd(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

static void clean_up(struct record *rec)
{
	probes__free(rec->probes);
	ring_buffer__free(rec->ring);
	clock_sampler__free(rec->sampler);
	recorder__free(rec->recorder);
	capture_writer__free(rec->writer);
	ksyms__free(rec->ksyms);
	close_fd(rec->kmsg_fd);
	close_fd(rec->timer_fd);
	close_fd(rec->signal_fd);
	close_fd(rec->epoll_fd);
	close_fd(rec->out_fd);
}

static int run(int argc, char **argv)
{
	struct record rec = {
		.cfg = {.ring_size = 4096},
		.out_fd = -1,
		.epoll_fd = -1,
		.signal_fd = -1,
		.timer_fd = -1,
		.kmsg_fd = -1,
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
	status = start(&rec);
	if (!status) {
		run_loop(&rec);
		finish(&rec);
		/* Whoever read the pipe has seen enough: not our failure. */
		if (rec.error && rec.error != -EPIPE) {
			pr_err("cannot write the capture: %s", strerror(-rec.error));
			status = EXIT_ERROR;
		}
	}
	clean_up(&rec);
	return status;
}

const struct command cmd_record = {
	.name = "record",
	.args = "",
	.summary = "Record what this domain does with grants",
	.help = "Runs in dom0 or in a guest, as root, until Ctrl-C, SIGTERM or --duration. 'analyze' finds races\n"
		"in captures of both sides, 'dump' prints one.",
	.opts = record_opts,
	.nr_opts = ARRAY_SIZE(record_opts),
	.run = run,
};
