// SPDX-License-Identifier: GPL-2.0
/*
 * grantwatch watch: the same pipeline as analyze on live captures. Every source is a child process that
 * writes a capture to a pipe: grantwatch record for this host, commands of the user's for guests. What they write is read
 * by a process without privileges (util/warden.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/writer.h"
#include "commands.h"
#include "monitor/monitor.h"
#include "monitor/monitor_files.h"
#include "pipeline/judge.h"
#include "pipeline/log_tail.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "sources/child.h"
#include "sources/tier.h"
#include "sources/tracer.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/warden.h"

/* A source that says nothing for this long no longer holds the others back. */
#define STALL_NS (5 * NSEC_PER_SEC)
#define QUIET_NS (1500 * NSEC_PER_MSEC) /* recorders write every 100 ms, even when nothing happens */
/* Until its first block a source may be attaching, or a guest may be starting. */
#define START_NS (120 * NSEC_PER_SEC)
/* How long the local recorder waits for the others to begin. */
#define AWAIT_NS (20 * NSEC_PER_SEC)
/* How long sources have to end by themselves after SIGTERM; the contract allows a second. */
#define GRACE_NS (700 * NSEC_PER_MSEC)
/* Of that, what xentrace needs to write what is left in Xen's buffers. */
#define TRACE_GRACE_NS (200 * NSEC_PER_MSEC)
/* How long xentrace may take until it delivers; its buffers are given by Xen meanwhile. */
#define TRACE_START_MS 5000

struct watch_config {
	const char *output;
	const char *save;
	const char *ready_file;
	struct report_config report;
	const char *xentrace;
	bool no_local;
	u32 duration;
	u32 ring_size;
	const char *tier;
	struct opt_list sources;
	struct judge_config judge;
	struct monitor_config monitor;
	struct opt_list logs;
};

static const struct opt watch_opts[] = {
	{"source", 's', OPT_LIST, offsetof(struct watch_config, sources), "DOMID=CMD",
	 "a domain's capture stream: what CMD writes to its standard output", 0, 0},
	{"no-local", 0, OPT_FLAG, offsetof(struct watch_config, no_local), NULL,
	 "do not record this domain itself", 0, 0},
	{"duration", 'd', OPT_U32, offsetof(struct watch_config, duration), "SEC",
	 "end after SEC seconds instead of at Ctrl-C", 1, 0},
	{"save", 0, OPT_STRING, offsetof(struct watch_config, save), "DIR",
	 "keep each domain's capture as DIR/dDOMID.gwc, Xen's trace as DIR/xentrace.bin", 0, 0},
	{"xentrace", 'x', OPT_STRING, offsetof(struct watch_config, xentrace), "WHEN",
	 "on, off or auto: read Xen's own trace too, where it can be (auto, the default)", 0, 0},
	{"ring-size", 0, OPT_U32, offsetof(struct watch_config, ring_size), "KIB",
	 "ring buffer of the local recorder", 64, 1048576},
	{"tier", 0, OPT_STRING, offsetof(struct watch_config, tier), "TIER",
	 "how the local recorder probes: auto (default), btf or kprobe, see record", 0, 0},
	{"output", 'o', OPT_STRING, offsetof(struct watch_config, output), "FILE",
	 "write to FILE instead of standard output", 0, 0},
	REPORT_OPTS(struct watch_config, report),
	JUDGE_OPTS(struct watch_config, judge),
	MONITOR_OPTS(struct watch_config, monitor),
	{"log", 'l', OPT_LIST, offsetof(struct watch_config, logs), "[DOMID=]FILE",
	 "a console's or kernel's log (of DOMID) that grows: match what is written to it from now on", 0, 0},
	{"ready-file", 0, OPT_STRING, offsetof(struct watch_config, ready_file), "FILE",
	 "create FILE when every source has begun to deliver", 0, 0},
};

struct source {
	struct child child;
	struct feed *feed;
	FILE *save;
	u64 last_heard;
};

struct watch {
	const struct watch_config *cfg;
	struct pipeline *pipeline;
	struct monitor *monitor;
	struct source source[MERGE_MAX_FEEDS];
	u32 nr;
	struct log_tails logs;
	struct tracer tracer;
	struct trace *trace; /* the pipeline's; NULL: none */
	u64 trace_heard;
	bool trace_ending;
	FILE *out;
	const struct renderer *renderer;
	bool ready;
	bool ending;
	u64 end_at;   /* when what still runs is killed */
	int local;    /* index of the local recorder, -1 */
};

static u64 now_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

/* --- setting up --- */

static FILE *open_save(const struct watch_config *cfg, u16 domid)
{
	char path[4096];
	FILE *file;

	if (!cfg->save)
		return NULL;
	if (domid == DOMID_UNKNOWN)
		snprintf(path, sizeof(path), "%s/local.gwc", cfg->save);
	else
		snprintf(path, sizeof(path), "%s/d%u.gwc", cfg->save, domid);
	file = fopen(path, "we");
	if (!file)
		pr_warn("%s: %s; this capture is not kept", path, strerror(errno));
	else
		setvbuf(file, NULL, _IONBF, 0); /* what was read is on disk, whatever becomes of us */
	return file;
}

static int add_source(struct watch *watch, const char *name, u16 domid, char *const argv[])
{
	struct source *source = &watch->source[watch->nr];
	int err;

	if (watch->nr == MERGE_MAX_FEEDS) {
		pr_err("too many sources (%u at most)", MERGE_MAX_FEEDS);
		return -1;
	}
	err = child__start(&source->child, argv);
	if (err) {
		pr_err("cannot start '%s': %s", argv[0], strerror(-err));
		return -1;
	}
	source->feed = feed__new(source->child.fd, name, domid);
	if (!source->feed || pipeline__add(watch->pipeline, source->feed)) {
		pr_err("out of memory");
		return -1;
	}
	source->save = open_save(watch->cfg, domid);
	source->last_heard = now_mono();
	watch->nr++;
	return 0;
}

static int add_local(struct watch *watch)
{
	char size[16], tier[16];
	enum tier known;
	char *argv[10] = {"/proc/self/exe", "record", "-q", "-o", "-"};
	unsigned int n = 5;

	snprintf(size, sizeof(size), "%u", watch->cfg->ring_size);
	if (watch->cfg->ring_size) {
		argv[n++] = "--ring-size";
		argv[n++] = size;
	}
	snprintf(tier, sizeof(tier), "%s", watch->cfg->tier);
	if (!tier__parse(tier, &known)) {
		pr_err("--tier takes auto, btf or kprobe, not '%s'", watch->cfg->tier);
		return -1;
	}
	argv[n++] = "--tier";
	argv[n++] = tier;
	watch->local = (int)watch->nr;
	return add_source(watch, "local recorder", DOMID_UNKNOWN, argv);
}

static int add_remote(struct watch *watch, const char *spec)
{
	char name[48];
	char *end, **argv;
	unsigned long domid = strtoul(spec, &end, 10);
	int err;

	if (end == spec || *end != '=' || !end[1] || domid >= DOMID_FIRST_RESERVED) {
		pr_err("--source takes DOMID=CMD, for example 5='xl console gwrec', not '%s'", spec);
		return -1;
	}
	argv = child__split(end + 1);
	if (!argv) {
		pr_err("--source %s: quotes do not match, or there is no command", spec);
		return -1;
	}
	snprintf(name, sizeof(name), "source of d%lu", domid);
	err = add_source(watch, name, (u16)domid, argv);
	child__free_words(argv);
	return err;
}

/* --- Xen's trace --- */

static const char *trace_path(const struct watch *watch, char *path, size_t size)
{
	snprintf(path, size, "%s/xentrace.bin", watch->cfg->save);
	return path;
}

static bool begin_trace(struct watch *watch)
{
	const char *when = watch->cfg->xentrace;
	char why[160], path[4096];
	const char *obstacle;

	/* One of an earlier run would be taken for this one's. */
	if (watch->cfg->save)
		unlink(trace_path(watch, path, sizeof(path)));
	if (!strcmp(when, "off") || (watch->cfg->no_local && strcmp(when, "on") != 0))
		return true;
	if (strcmp(when, "on") != 0 && strcmp(when, "auto") != 0) {
		pr_err("--xentrace takes on, off or auto, not '%s'", when);
		return false;
	}
	obstacle = tracer__obstacle(why, sizeof(why));
	if (!obstacle && !tracer__start(&watch->tracer))
		return true;
	if (!strcmp(when, "on")) {
		pr_err("--xentrace: %s", obstacle ? obstacle : strerror(errno));
		return false;
	}
	/* In a guest nobody expects it. */
	if (obstacle && tracer__is_dom0())
		pr_info("without Xen's own record: %s", obstacle);
	return true;
}

static void open_trace_save(struct watch *watch)
{
	char path[4096];

	if (!watch->cfg->save)
		return;
	watch->trace->save = fopen(trace_path(watch, path, sizeof(path)), "we");
	if (!watch->trace->save)
		pr_warn("%s: %s; the trace is not kept", path, strerror(errno));
	else
		setvbuf(watch->trace->save, NULL, _IONBF, 0);
}

/* By now the recorder has begun to attach, which takes longer than this. */
static bool join_trace(struct watch *watch)
{
	char why[600];

	if (!watch->tracer.keeper)
		return true;
	if (tracer__wait(&watch->tracer, TRACE_START_MS)) {
		bool must = !strcmp(watch->cfg->xentrace, "on");
		const char *reason = tracer__why(&watch->tracer, why, sizeof(why));

		if (must)
			pr_err("--xentrace: %s", reason);
		else
			pr_info("without Xen's own record: %s", reason);
		close(watch->tracer.fd);
		tracer__stop(&watch->tracer);
		return !must;
	}
	watch->trace = trace__new(watch->tracer.fd, "xentrace");
	if (!watch->trace || pipeline__add_trace(watch->pipeline, watch->trace)) {
		pr_err("out of memory");
		return false;
	}
	watch->trace_heard = now_mono();
	open_trace_save(watch);
	return true;
}

static void close_trace_save(struct watch *watch)
{
	if (watch->trace && watch->trace->save && fclose(watch->trace->save))
		pr_warn("cannot write the saved trace: %s", strerror(errno));
	if (watch->trace)
		watch->trace->save = NULL;
}

static void read_trace(struct watch *watch)
{
	char why[600];

	if (!watch->trace)
		return;
	if (trace__fill(watch->trace) > 0)
		watch->trace_heard = now_mono();
	if (watch->trace->eof && !watch->ending)
		pr_warn("xentrace has ended: %s; going on without it",
			tracer__why(&watch->tracer, why, sizeof(why)));
}

/* --- showing --- */

/* What is new about a finding, as it happens; the whole of it comes again at the end. */
static void show_news(struct watch *watch, struct finding *finding)
{
	char lag[48] = "";
	bool local = watch->local >= 0 &&
		     watch->source[watch->local].feed->domid == finding->mapper;

	if (local && finding->when_mono && !finding->told && now_mono() > finding->when_mono)
		snprintf(lag, sizeof(lag), "%.3f",
			 (double)(now_mono() - finding->when_mono) / NSEC_PER_MSEC);
	if (watch->renderer == &json_renderer) {
		fprintf(watch->out,
			"{\"type\":\"alert\",\"schema\":1,\"finding\":%u,\"class\":\"%s\","
			"\"certainty\":\"%s\",\"granter\":%u,\"ref\":%u,\"mapper\":%u,"
			"\"outcome\":\"%s\"%s%s}\n",
			finding->id, class__id(finding->class), certainty__name(finding->certainty),
			finding->granter, finding->ref, finding->mapper,
			outcome__name(finding->outcome), lag[0] ? ",\"lag_ms\":" : "", lag);
	} else if (watch->renderer != &text_renderer) {
		/* A format for files: what is printed at the end must be all that is in it. */
		pr_info("finding %u (%s, d%u ref %u): %s, outcome %s", finding->id,
			class__id(finding->class), finding->granter, finding->ref,
			certainty__name(finding->certainty), outcome__name(finding->outcome));
	} else if (!finding->told) {
		fprintf(watch->out, "ALERT finding %u, %s ms after the map:\n", finding->id,
			lag[0] ? lag : "?");
		pipeline__show(watch->pipeline, watch->renderer, watch->out, finding,
			       &watch->cfg->report);
	} else {
		fprintf(watch->out, "ALERT finding %u (%s, d%u ref %u): %s, outcome %s: %s\n",
			finding->id, class__id(finding->class), finding->granter, finding->ref,
			certainty__name(finding->certainty), outcome__name(finding->outcome),
			finding->outcome_text);
	}
	finding->told = finding->revision;
}

static void show(struct watch *watch)
{
	struct findings *findings = &watch->pipeline->rules->findings;
	u32 i;

	for (i = 0; i < findings->nr; i++)
		if (!findings->item[i]->gone &&
		    class__severity(findings->item[i]->class) != SEVERITY_INFO &&
		    findings->item[i]->revision != findings->item[i]->told)
			show_news(watch, findings->item[i]);
	fflush(watch->out);
}

/* --- running --- */

static void save_bytes(struct source *source, int n)
{
	const struct capture_stream *stream = &source->feed->stream;

	if (source->save && n > 0 &&
	    fwrite(stream->buf + stream->end - n, 1, (size_t)n, source->save) != (size_t)n) {
		pr_warn("cannot write a saved capture: %s; it ends here", strerror(errno));
		fclose(source->save);
		source->save = NULL;
	}
}

static void check_ready(struct watch *watch)
{
	u32 i;

	if (watch->ready)
		return;
	for (i = 0; i < watch->nr; i++)
		if (!watch->source[i].feed->stream.blocks && !watch->source[i].feed->done)
			return;
	watch->ready = true;
	pr_info("watching %u domain%s", watch->nr, watch->nr == 1 ? "" : "s");
	warden__ask(WARDEN_READY, NULL);
}

static void read_source(struct watch *watch, struct source *source)
{
	int n = capture_stream__fill(&source->feed->stream);

	if (n > 0) {
		save_bytes(source, n);
		monitor__take(watch->monitor, (u32)(source - watch->source), source->feed, n);
		source->last_heard = now_mono();
		source->feed->stalled = false;
		if (watch->ending)
			source->feed->stopped = true;
	}
}

static void check_stalls(struct watch *watch)
{
	u64 now = now_mono();
	u32 i;

	if (watch->trace && !watch->trace->eof && now - watch->trace_heard > STALL_NS) {
		pr_warn("xentrace: silent for %u seconds, going on without it",
			(u32)(STALL_NS / NSEC_PER_SEC));
		watch->trace->given_up = watch->trace->eof = true;
		warden__ask(WARDEN_END_TRACE, NULL);
	}
	for (i = 0; i < watch->nr; i++) {
		struct source *source = &watch->source[i];

		u64 limit = source->feed->stream.blocks ? STALL_NS : START_NS;

		if (source->feed->done || source->feed->stalled || now - source->last_heard < limit)
			continue;
		pr_warn("%s: silent for %u seconds, going on without it", source->feed->name,
			(u32)(limit / NSEC_PER_SEC));
		source->feed->stalled = true;
		source->feed->has_stalled = true;
	}
}

static void begin_end(struct watch *watch)
{
	u32 i;

	if (watch->ending)
		return;
	watch->ending = true;
	watch->end_at = now_mono() + GRACE_NS;
	for (i = 0; i < watch->nr; i++) {
		struct source *source = &watch->source[i];

		/* A recorder is never silent for so long: this one died, or its domain did. */
		source->feed->stopped = !source->feed->stream.eof &&
					now_mono() - source->last_heard < QUIET_NS;
	}
	warden__ask(WARDEN_END_SOURCES, NULL);
}

/* The trace shall hold everything that this domain's recorder saw, so it ends behind that one. */
static void end_trace_in_time(struct watch *watch)
{
	bool local_ends = watch->local < 0 ||
			  watch->source[watch->local].feed->stream.eof ||
			  now_mono() + TRACE_GRACE_NS >= watch->end_at;

	if (!watch->ending || !watch->trace || watch->trace_ending || !local_ends)
		return;
	watch->trace_ending = true;
	warden__ask(WARDEN_END_TRACE, NULL);
}

/* One round of waiting and reading. Returns false when all is read. */
static int watch_round(struct watch *watch, int sigfd, u64 deadline)
{
	struct pollfd fds[MERGE_MAX_FEEDS + 2];
	u32 i, n = 0;
	int status;

	for (i = 0; i < watch->nr; i++) {
		fds[n].fd = watch->source[i].feed->stream.eof ? -1 : watch->source[i].child.fd;
		fds[n++].events = POLLIN;
	}
	fds[n].fd = watch->ending ? -1 : sigfd;
	fds[n].events = POLLIN;
	fds[n + 1].fd = watch->trace && !watch->trace->eof ? watch->trace->fd : -1;
	fds[n + 1].events = POLLIN;
	if (poll(fds, n + 2, 100) < 0 && errno != EINTR)
		return -errno;
	if (fds[n + 1].fd >= 0 && fds[n + 1].revents)
		read_trace(watch);
	for (i = 0; i < watch->nr; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			read_source(watch, &watch->source[i]);
	if ((fds[n].fd >= 0 && fds[n].revents) || (deadline && now_mono() >= deadline))
		begin_end(watch);
	end_trace_in_time(watch);
	if (watch->ending && now_mono() >= watch->end_at) {
		for (i = 0; i < watch->nr; i++)
			watch->source[i].feed->stream.eof = true;
		if (watch->trace)
			watch->trace->eof = true;
	}
	check_stalls(watch);
	status = pipeline__run(watch->pipeline);
	log_tails__poll(&watch->logs, watch->pipeline, now_mono());
	check_ready(watch);
	show(watch);
	monitor__tick(watch->monitor);
	return status;
}

static const sigset_t *stop_signals(void)
{
	static sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return &set;
}

static int watch_loop(struct watch *watch)
{
	u64 deadline = watch->cfg->duration ? now_mono() + watch->cfg->duration * NSEC_PER_SEC : 0;
	int status, sigfd = signalfd(-1, stop_signals(), SFD_CLOEXEC | SFD_NONBLOCK);

	if (sigfd < 0)
		return -errno;
	do {
		status = watch_round(watch, sigfd, deadline);
	} while (status == MERGE_WAIT);
	close(sigfd);
	return status;
}

/*
 * A stream that we ended ourselves has no end record: its recorder, in another domain, only saw the pipe
 * close. Cut the saved file behind the last whole block and say there what we know.
 */
static int save_end(struct source *source)
{
	const struct feed *feed = source->feed;
	struct rec_end end = {.h.type = REC_END,
			      .time = feed->stream.watermark,
			      .events = feed->events,
			      .lost = feed->lost};
	struct capture_writer *writer;
	int err;

	if (fflush(source->save) ||
	    ftruncate(fileno(source->save),
		      (off_t)(feed->stream.bytes - capture_stream__tail(&feed->stream))) ||
	    fseek(source->save, 0, SEEK_END))
		return -errno;
	writer = capture_writer__append(fileno(source->save), feed->stream.reader.next_seq);
	if (!writer)
		return -ENOMEM;
	err = capture_writer__add(writer, &end, sizeof(end), NULL, 0);
	if (!err)
		err = capture_writer__flush(writer, end.time);
	capture_writer__free(writer);
	return err;
}

static void close_save(struct source *source)
{
	int err = 0;

	if (!source->save)
		return;
	if (source->feed->stopped && !source->feed->ended)
		err = save_end(source);
	if (fclose(source->save))
		err = -errno;
	source->save = NULL;
	if (err)
		pr_warn("%s: cannot write the saved capture: %s", source->feed->name,
			strerror(-err));
}

static void close_saves(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		close_save(&watch->source[i]);
	close_trace_save(watch);
}

static int report(struct watch *watch)
{
	struct summary summary;
	char text[160];
	u32 i, usable = 0;

	for (i = 0; i < watch->nr; i++) {
		const struct feed *feed = watch->source[i].feed;

		if (!feed__is_bad(feed))
			usable++;
		else
			pr_err("%s: %s", feed->name, feed__complaint(feed, text, sizeof(text)));
	}
	log_tails__poll(&watch->logs, watch->pipeline, UINT64_MAX);
	pipeline__report(watch->pipeline, watch->renderer, watch->out, &watch->cfg->report);
	pipeline__summarize(watch->pipeline, &summary);
	if (monitor__end(watch->monitor) || pipeline__draw(watch->pipeline, &watch->cfg->report))
		return EXIT_ERROR;
	if (fflush(watch->out)) {
		pr_err("%s: %s", watch->cfg->output, strerror(errno));
		return EXIT_ERROR;
	}
	return usable ? summary.exit_status : EXIT_ERROR;
}

/* Stopping is the loop's to do; here it only means not to wait. */
static bool is_told_to_stop(void)
{
	sigset_t set;

	return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

/*
 * Until every other domain is recorded: what a process here maps of one that is not yet could not be judged, and the
 * transport of a stream maps something itself. What they say meanwhile waits in their pipes.
 */
static void await_remotes(struct watch *watch)
{
	u64 end = now_mono() + AWAIT_NS;
	struct pollfd fds[MERGE_MAX_FEEDS];
	u32 i;

	for (i = 0; i < watch->nr; i++)
		fds[i] = (struct pollfd){.fd = watch->source[i].child.fd, .events = POLLIN};
	for (i = 0; i < watch->nr; i++) {
		while (now_mono() < end && !is_told_to_stop())
			if (poll(&fds[i], 1, 50) == 1)
				break;
		if (now_mono() >= end)
			pr_info("%s: nothing heard yet, going on", watch->source[i].feed->name);
	}
}

static int setup(struct watch *watch)
{
	const struct watch_config *cfg = watch->cfg;
	u32 i;

	watch->out = strcmp(cfg->output, "-") ? fopen(cfg->output, "we") : stdout;
	if (!watch->out) {
		pr_err("%s: %s", cfg->output, strerror(errno));
		return -1;
	}
	watch->renderer = report_config__renderer(&cfg->report);
	if (!watch->renderer)
		return -1;
	if (watch->renderer->event) {
		pr_err("--format %s is of a whole capture: keep it with --save, then 'grantwatch analyze'",
		       watch->renderer->name);
		return -1;
	}
	watch->pipeline = pipeline__new(true);
	if (!watch->pipeline) {
		pr_err("out of memory");
		return -1;
	}
	if (judge__apply(&cfg->judge, watch->pipeline) || log_tails__open(&watch->logs, &cfg->logs))
		return -1;
	watch->monitor = monitor__new(&cfg->monitor, &cfg->report, watch->pipeline);
	if (!watch->monitor)
		return -1;
	for (i = 0; i < cfg->sources.nr; i++)
		if (add_remote(watch, cfg->sources.item[i]))
			return -1;
	await_remotes(watch);
	if (!begin_trace(watch))
		return -1;
	if (!cfg->no_local && add_local(watch))
		return -1;
	if (!watch->nr) {
		pr_err("nothing to watch: with --no-local give at least one --source");
		return -1;
	}
	if (!join_trace(watch))
		return -1;
	return 0;
}

/* --- two processes: this one parses … --- */

static int parse(void *ctx)
{
	struct watch *watch = ctx;
	int err, status;

	/* A reader that goes away is an error like a full disk: what was seen is still kept. */
	signal(SIGPIPE, SIG_IGN);
	if (watch->tracer.keeper > 0)
		close(watch->tracer.alive_fd);
	err = watch_loop(watch);
	if (err < 0)
		pr_err("%s", strerror(-err));
	status = err < 0 ? EXIT_ERROR : report(watch);
	close_saves(watch);
	return status;
}

/* --- … and this one starts and ends what it reads from --- */

static void signal_sources(struct watch *watch, int sig)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		child__signal(&watch->source[i].child, sig);
}

static int say_ready(const char *path)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;

	if (path && fd < 0)
		pr_warn("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return 0;
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	struct watch *watch = ctx;

	switch (request) {
	case WARDEN_END_SOURCES:
		signal_sources(watch, SIGTERM);
		return 0;
	case WARDEN_END_TRACE:
		tracer__end(&watch->tracer);
		return 0;
	case WARDEN_READY:
		return say_ready(watch->cfg->ready_file);
	case WARDEN_PICTURE:
		return report_config__open_picture(&watch->cfg->report, name);
	default:
		return monitor_files__serve(&watch->cfg->monitor, request, name);
	}
}

/* What the parser reads is nobody else's: when it dies, the sources shall see that. */
static void part(void *ctx)
{
	struct watch *watch = ctx;

	monitor__free(watch->monitor);
	watch->monitor = NULL;
	pipeline__free(watch->pipeline);
	watch->pipeline = NULL;
}

static void stop_sources(struct watch *watch)
{
	u32 i;

	signal_sources(watch, SIGTERM);
	for (i = 0; i < watch->nr; i++)
		child__stop(&watch->source[i].child);
	tracer__stop(&watch->tracer);
}

static int run(int argc, char **argv)
{
	struct watch_config cfg = {.output = "-", .tier = "auto", .xentrace = "auto"};
	struct watch watch = {.cfg = &cfg, .local = -1};
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_watch, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	cfg.report.colour = !strcmp(cfg.output, "-") && terminal__colour(STDOUT_FILENO);
	if (first != argc) {
		pr_err("watch takes no arguments, only options; see 'grantwatch watch --help'");
		return EXIT_ERROR;
	}
	sigprocmask(SIG_BLOCK, stop_signals(), NULL);
	/* The report comes first: a recorder may take its time to detach. */
	if (!setup(&watch))
		status = warden__run(&(struct warden){parse, part, serve, &watch});
	stop_sources(&watch);
	monitor__free(watch.monitor);
	pipeline__free(watch.pipeline);
	log_tails__close(&watch.logs);
	if (watch.out && watch.out != stdout)
		fclose(watch.out);
	return status;
}

const struct command cmd_watch = {
	.name = "watch",
	.args = "",
	.summary = "Find races live on this host",
	.help = "Records this domain and reads further domains' capture streams. An ALERT is printed as\n"
		"soon as something is found; at the end (Ctrl-C) every finding is printed as 'analyze'\n"
		"would print it, and the summary.",
	.opts = watch_opts,
	.nr_opts = ARRAY_SIZE(watch_opts),
	.run = run,
};
