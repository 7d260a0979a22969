// SPDX-License-Identifier: GPL-2.0
/* Losses of the programs, and calls for which the kernel skipped them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "record/probes_internal.h"

static unsigned int nr_cpus(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus > 0 ? (unsigned int)min(cpus, GW_CPUS) : 0;
}

int probes__losses(const struct probes *probes, struct gw_losses *sum)
{
	const struct gw_losses *each = probes__memory(probes, "losses");
	unsigned int cpu, i, cpus = nr_cpus();

	memset(sum, 0, sizeof(*sum));
	if (!each)
		return -ENOENT;
	for (cpu = 0; cpu < cpus; cpu++) {
		for (i = 0; i < GW_EV_MAX; i++) {
			sum->ring[i] += READ_ONCE(each[cpu].ring[i]);
			sum->truncated[i] += READ_ONCE(each[cpu].truncated[i]);
			sum->entry[i] += READ_ONCE(each[cpu].entry[i]);
		}
	}
	return 0;
}

void probes__alarms(const struct probes *probes, struct gw_alarms *alarms)
{
	const struct gw_alarms *raised = probes__memory(probes, "alarms");
	unsigned int i;

	memset(alarms, 0, sizeof(*alarms));
	for (i = 0; raised && i < GW_ALARMS; i++)
		alarms->count[i] = READ_ONCE(raised->count[i]);
}

/* Events that the second program recorded because the first one was running on the same CPU. */
static u64 read_covered(const struct probes *probes, enum gw_nest_kind kind)
{
	const struct gw_nest *each = probes__memory(probes, "nest");
	unsigned int cpu, cpus = nr_cpus();
	u64 covered = 0;

	for (cpu = 0; each && cpu < cpus; cpu++)
		covered += READ_ONCE(each[cpu].covered[kind]);
	return covered;
}

/*
 * The program whose misses lose events. A missed entry only costs the time of entry, and the first
 * program covers a missed nested one.
 */
static unsigned int recorder_of(const struct point *point)
{
	return point->programs[1] ? 1 : 0;
}

static u64 missed_by(struct point_run *run, unsigned int k)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);
	u64 missed;

	if (run->prog_fd[k] <= 0 || bpf_obj_get_info_by_fd(run->prog_fd[k], &info, &len) ||
	    info.recursion_misses <= run->missed[k])
		return 0;
	missed = info.recursion_misses - run->missed[k];
	run->missed[k] = info.recursion_misses;
	return missed;
}

/*
 * The btf tier: the kernel skips a program that is running on the same CPU. A second program may
 * cover it.
 */
static u64 fentry_missed(struct probes *probes, u32 *events)
{
	u64 missed, covered, news, lost = 0;
	unsigned int i;

	for (i = 0; i < nr_points; i++) {
		missed = missed_by(&probes->run[i], recorder_of(&points[i]));
		if (missed && points[i].programs[NESTED]) {
			/* Counts may lag: the difference is kept for the next call. */
			covered = read_covered(probes, points[i].nest);
			news = min(missed, covered - probes->covered[points[i].nest]);
			probes->covered[points[i].nest] += news;
			missed -= news;
		}
		lost += missed;
		if (missed)
			*events |= points[i].events;
	}
	return lost;
}

/* The kprobe tier: the kernel skips a kprobe while another one runs on the same CPU. */
static u64 kprobes_missed(struct probes *probes, u32 *events)
{
	u64 addr[GW_KPROBES] = {}, passed[GW_KPROBES] = {}, missed = 0;
	unsigned int index[GW_KPROBES], i, n = 0;

	if (!probes->kprobe_misses)
		return 0;
	for (i = 0; i < nr_points && n < GW_KPROBES; i++) {
		if (probes->run[i].state != POINT_ATTACHED || !probes->run[i].kprobe_addr)
			continue;
		addr[n] = probes->run[i].kprobe_addr;
		index[n++] = i;
	}
	if (kprobe_misses__read(probes->kprobe_misses, addr, passed, n))
		return 0;
	for (i = 0; i < n; i++) {
		struct point_run *run = &probes->run[index[i]];

		if (passed[i] == KPROBE_MISSES_UNKNOWN || passed[i] <= run->kprobe_missed)
			continue;
		missed += passed[i] - run->kprobe_missed;
		run->kprobe_missed = passed[i];
		*events |= points[index[i]].events;
	}
	return missed;
}

u64 probes__missed(struct probes *probes, u32 *events)
{
	u64 missed;

	*events = 0;
	missed = fentry_missed(probes, events);
	return missed + kprobes_missed(probes, events);
}

const char *probes__uncounted(const struct probes *probes)
{
	return probes->uncounted ? "this kernel does not show how often it passes over a kprobe"
				 : NULL;
}
