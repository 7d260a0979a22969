// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "monitor/flight.h"
#include "monitor/journald.h"
#include "monitor/metrics.h"
#include "monitor/monitor.h"
#include "monitor/monitor_files.h"
#include "pipeline/pipeline.h"
#include "util/log.h"
#include "util/memory.h"
#include "util/monotonic.h"

#define CHECKPOINT_NS (10 * NSEC_PER_SEC)
/* minimum time between two writes of changed results */
#define HURRY_NS (1 * NSEC_PER_SEC)
/* time after a finding that is saved too, for its outcome */
#define AFTERMATH_NS (2 * NSEC_PER_SEC)
#define SAVES_MAX    16

struct monitor {
	const struct monitor_config *config;
	struct report_config report;
	struct pipeline *pipeline;
	struct rates *rates;
	struct flight *flight; /* NULL: no directory for results */
	int journal;	       /* -1: none */
	/* CLOCK_MONOTONIC at which it is due; save_at 0: nothing to save */
	u64 checkpoint, save_at;
	u64 revisions;		  /* number of changes of all findings at the last checkpoint */
	u32 seen, save_id, saves; /* findings examined; the finding that asked for the save */
	bool ends;		  /* the next checkpoint is the last */
};

struct monitor *monitor__new(const struct monitor_config *config,
			     const struct report_config *report, struct pipeline *pipeline)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor) {
		pr_err("out of memory");
		return NULL;
	}
	monitor->config = config;
	monitor->report = *report;
	/* Colours are for terminals; results are files. */
	monitor->report.colour = false;
	monitor->report.width = 0;
	monitor->report.after_alerts = false;
	monitor->pipeline = pipeline;
	monitor->journal = -1;
	monitor->checkpoint = now_mono() + HURRY_NS;
	if (config->journal) {
		monitor->journal = journald__open(JOURNALD_SOCKET);
		if (monitor->journal < 0) {
			pr_err("--journal: %s: %s; is systemd-journald running?", JOURNALD_SOCKET,
			       strerror(-monitor->journal));
			monitor__free(monitor);
			return NULL;
		}
	}
	if (!config->metrics && !config->results)
		return monitor;
	if (config->results && mkdir(config->results, 0755) && errno != EEXIST) {
		pr_err("%s: %s", config->results, strerror(errno));
		monitor__free(monitor);
		return NULL;
	}
	monitor->rates = rates__new(pipeline);
	if (config->results)
		monitor->flight = flight__new(config->results, config->keep_seconds,
					      (u64)config->keep_mib << 20);
	if (monitor->rates && (monitor->flight || !config->results))
		return monitor;
	pr_err("out of memory");
	monitor__free(monitor);
	return NULL;
}

void monitor__free(struct monitor *monitor)
{
	if (!monitor)
		return;
	rates__free(monitor->rates);
	flight__free(monitor->flight);
	if (monitor->journal >= 0)
		close(monitor->journal);
	free(monitor);
}

void monitor__take(struct monitor *monitor, u32 index, const void *bytes, size_t len)
{
	if (monitor->flight)
		flight__take(monitor->flight, index, monitor->pipeline->feeds[index], bytes, len,
			     now_mono());
}

/* --- writing --- */

typedef void (*print_fn)(struct monitor *monitor, FILE *out, const void *arg);

/* Replaces a file at once: readers see the old or the new contents. */
static int replace(struct monitor *monitor, const char *name, print_fn print, const void *arg)
{
	int fd = monitor_files__open_result(name), err = fd < 0 ? fd : 0;
	FILE *out = err ? NULL : fdopen(fd, "w");

	if (!err && !out) {
		err = -errno;
		close(fd);
	}
	if (out) {
		print(monitor, out, arg);
		if (fflush(out) || ferror(out))
			err = -errno;
		if (fclose(out) && !err)
			err = -errno;
	}
	if (!err)
		err = monitor_files__publish(name);
	if (!*name)
		name = monitor->config->metrics;
	/* A later checkpoint may succeed, unless it was the last one. */
	if (err && monitor->ends)
		pr_err("%s: %s", name, strerror(-err));
	else if (err)
		pr_warn("%s: %s", name, strerror(-err));
	return err;
}

static void print_report(struct monitor *monitor, FILE *out, const void *renderer)
{
	pipeline__report(monitor->pipeline, renderer, out, &monitor->report);
}

static void print_rates(struct monitor *monitor, FILE *out, const void *table)
{
	rates_table__print(table, out);
}

static void print_metrics(struct monitor *monitor, FILE *out, const void *table)
{
	struct summary *summary = calloc(1, sizeof(*summary));

	if (!summary)
		memory__end();
	pipeline__summarize(monitor->pipeline, summary);
	metrics__print(out, summary, table, (u64)time(NULL));
	free(summary);
}

static int write_results(struct monitor *monitor, const struct rates_table *table)
{
	static const struct {
		const char *name;
		const struct renderer *renderer;
	} files[] = {{"report.txt", &text_renderer},
		     {"report.ndjson", &json_renderer},
		     {"report.xml", &junit_renderer},
		     {"report.tap", &tap_renderer}};
	int err = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		err |= replace(monitor, files[i].name, print_report, files[i].renderer);
	return err | replace(monitor, "rates.json", print_rates, table);
}

static int checkpoint(struct monitor *monitor)
{
	struct rates_table *table = calloc(1, sizeof(*table));
	int err = 0;

	if (!table)
		return -1;
	rates__table(monitor->rates, monitor->pipeline, table);
	if (monitor->config->results)
		err = write_results(monitor, table);
	if (monitor->config->metrics)
		err |= replace(monitor, "", print_metrics, table);
	free(table);
	return err;
}

/* --- the flight recorder --- */

static void save(struct monitor *monitor)
{
	const struct finding *finding =
		rules__findings(monitor->pipeline->rules)->item[monitor->save_id];
	char name[WARDEN_NAME];
	int err;

	monitor->save_at = 0;
	if (monitor->saves == SAVES_MAX) {
		pr_info("finding %u: %u flight recordings are saved, further ones are not",
			finding->id, SAVES_MAX);
		return;
	}
	snprintf(name, sizeof(name), "saved-%u-%s", finding->id, class__id(finding->class));
	err = flight__save(monitor->flight, name);
	if (err)
		pr_warn("%s/%s: %s", monitor->config->results, name, strerror(-err));
	else
		monitor->saves++;
}

static void tell_journal(struct monitor *monitor, const struct finding *finding)
{
	int err;

	if (monitor->journal < 0 || finding->gone)
		return;
	err = journald__send(monitor->journal, monitor->pipeline, finding, &monitor->report);
	if (!err)
		return;
	pr_warn("journald does not accept entries: %s", strerror(-err));
	close(monitor->journal);
	monitor->journal = -1;
}

/* Checks for new findings. Findings in quick succession share one save. */
static void look(struct monitor *monitor, u64 now)
{
	const struct findings *findings = rules__findings(monitor->pipeline->rules);

	for (; monitor->seen < findings->nr; monitor->seen++) {
		const struct finding *finding = findings->item[monitor->seen];

		tell_journal(monitor, finding);
		if (!monitor->flight || monitor->save_at || finding->gone ||
		    class__severity(finding->class) < monitor->config->save_on)
			continue;
		monitor->save_at = now + AFTERMATH_NS;
		monitor->save_id = monitor->seen;
	}
	if (monitor->save_at && now >= monitor->save_at)
		save(monitor);
}

static u64 count_revisions(const struct findings *findings)
{
	u64 sum = findings->nr;
	u32 i;

	for (i = 0; i < findings->nr; i++)
		sum += findings->item[i]->revision;
	return sum;
}

void monitor__tick(struct monitor *monitor)
{
	u64 now = now_mono(), revisions;

	look(monitor, now);
	if (!monitor->rates)
		return;
	revisions = count_revisions(rules__findings(monitor->pipeline->rules));
	if (now < monitor->checkpoint && (revisions == monitor->revisions ||
					  now + CHECKPOINT_NS - HURRY_NS < monitor->checkpoint))
		return;
	monitor->revisions = revisions;
	monitor->checkpoint = now + CHECKPOINT_NS;
	checkpoint(monitor);
}

int monitor__end(struct monitor *monitor)
{
	monitor->ends = true;
	look(monitor, now_mono());
	if (!monitor->rates)
		return 0;
	if (monitor->save_at)
		save(monitor);
	return checkpoint(monitor);
}
