// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "record/best_sample.h"
#include "record/clock_sampler.h"

#include "sampler.skel.h"
#include "util/monotonic.h"

/* struct pcpu_hot (6.2 to 6.14): current_task, then preempt_count */
#define PCPU_HOT_PREEMPT_COUNT 8

/*
 * Bits of preempt_count for a softirq being served, a hard interrupt and an NMI. The same since
 * 2.6.40, until Linux 7.3 inserted a count of disabled interrupts (commit "preempt: Introduce
 * HARDIRQ_DISABLE_BITS"), which also brought this variable.
 */
#define IRQ_MASK		 0x00ff0100
#define IRQ_MASK_DISABLE_COUNTED 0x1f000100
#define IRQ_DISABLE_COUNT	 "local_interrupt_disable_state"

struct clock_sampler {
	struct sampler_bpf *skel;
	cpu_set_t home; /* CPUs that we may run on */
	int cpu;	/* last sampled */
	u64 preempt_count, irq_mask;
	struct best_sample best;
};

/* --- setting up --- */

static const char *const wanted[] = {"__per_cpu_offset", "xen_vcpu", "__preempt_count", "pcpu_hot",
				     IRQ_DISABLE_COUNT};

unsigned int clock_sampler__wanted(struct ksym_want *want, unsigned int room)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wanted) && i < room; i++)
		want[i] = (struct ksym_want){.name = wanted[i]};
	return i;
}

static u64 wanted_addr(const struct ksym_want *want, unsigned int nr, const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(want[i].name, name) && want[i].count)
			return want[i].addr;
	return 0;
}

static bool is_there(const struct ksym_want *want, unsigned int nr, const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(want[i].name, name) && want[i].count)
			return true;
	return false;
}

/*
 * Up to 6.14, offsets of per-CPU variables are small numbers, and 0 is valid. The count of the
 * symbol shows whether it exists.
 */
static u64 find_preempt_count(const struct ksym_want *want, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!want[i].count)
			continue;
		if (!strcmp(want[i].name, "pcpu_hot"))
			return want[i].addr + PCPU_HOT_PREEMPT_COUNT;
		if (!strcmp(want[i].name, "__preempt_count"))
			return want[i].addr;
	}
	return 0;
}

struct clock_sampler *clock_sampler__new(u32 ring_bytes, const struct ksym_want *want,
					 unsigned int nr_want)
{
	struct clock_sampler *sampler = calloc(1, sizeof(*sampler));
	int cpus = libbpf_num_possible_cpus();
	int err = -ENOMEM;

	if (!sampler)
		return NULL;
	sampler->skel = sampler_bpf__open();
	if (!sampler->skel)
		goto fail;
	sampler->skel->rodata->per_cpu_offset_addr = wanted_addr(want, nr_want, "__per_cpu_offset");
	sampler->skel->rodata->xen_vcpu_addr = wanted_addr(want, nr_want, "xen_vcpu");
	sampler->skel->rodata->nr_cpus = cpus > 0 ? (u32)min(cpus, GW_CPUS) : 0;
	sampler->preempt_count = find_preempt_count(want, nr_want);
	sampler->irq_mask =
		is_there(want, nr_want, IRQ_DISABLE_COUNT) ? IRQ_MASK_DISABLE_COUNTED : IRQ_MASK;
	sampler->cpu = -1;
	err = bpf_map__set_max_entries(sampler->skel->maps.ring, ring_bytes);
	if (!err)
		err = sampler_bpf__load(sampler->skel);
	if (!err && sched_getaffinity(0, sizeof(sampler->home), &sampler->home))
		err = -errno;
	if (!err)
		return sampler;
fail:
	clock_sampler__free(sampler);
	errno = -err;
	return NULL;
}

void clock_sampler__free(struct clock_sampler *sampler)
{
	if (!sampler)
		return;
	sampler_bpf__destroy(sampler->skel);
	free(sampler);
}

int clock_sampler__ring_fd(const struct clock_sampler *sampler)
{
	return bpf_map__fd(sampler->skel->maps.ring);
}

static int run_program(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
		return -errno;
	return opts.retval ? -EFAULT : 0;
}

void clock_sampler__find_preempt(struct clock_sampler *sampler, struct gw_config *config)
{
	u64 *addr = config->preempt_addr;
	unsigned int cpu;

	config->irq_mask = sampler->irq_mask;
	memset(addr, 0, sizeof(config->preempt_addr));
	if (!sampler->preempt_count || run_program(sampler->skel->progs.read_offsets))
		return;
	for (cpu = 0; cpu < sampler->skel->rodata->nr_cpus; cpu++)
		addr[cpu] = sampler->skel->bss->per_cpu_offset[cpu] + sampler->preempt_count;
}

/* --- reading --- */

int clock_sampler__read(struct clock_sampler *sampler, struct gw_reading *reading)
{
	int err = run_program(sampler->skel->progs.sample);

	*reading = sampler->skel->bss->reading;
	return err;
}

/* Nothing may be reordered around the reading. Not RDTSCP: Xen may hide it from a domain. */
static u64 read_tsc(void)
{
	u64 tsc;

	_mm_mfence();
	_mm_lfence();
	tsc = __rdtsc();
	_mm_lfence();
	return tsc;
}

/* One try on the CPU to which the thread is bound. */
static int sample_once(void *arg, struct rec_clock *rec)
{
	struct clock_sampler *sampler = arg;
	struct gw_reading before, after;
	int err;

	err = clock_sampler__read(sampler, &before);
	if (err)
		return err;
	if (!before.valid)
		return -ENODEV;
	rec->tsc0 = read_tsc();
	rec->mono = now_mono();
	rec->tsc1 = read_tsc();
	err = clock_sampler__read(sampler, &after);
	if (err)
		return err;
	if (before.cpu != after.cpu || (before.pvclock.version & 1) ||
	    memcmp(&before.pvclock, &after.pvclock, sizeof(before.pvclock)))
		return -EAGAIN;
	if (!before.pvclock.tsc_to_system_mul)
		return -ENODEV;
	rec->h.cpu = (u16)before.cpu;
	rec->tsc_timestamp = before.pvclock.tsc_timestamp;
	rec->system_time = before.pvclock.system_time;
	rec->mul = before.pvclock.tsc_to_system_mul;
	rec->shift = before.pvclock.tsc_shift;
	return 0;
}

/* Binding to an offline CPU fails; the next one is tried. */
static int bind_next_cpu(struct clock_sampler *sampler)
{
	int i;

	for (i = 0; i < CPU_SETSIZE; i++) {
		cpu_set_t one;

		sampler->cpu = (sampler->cpu + 1) % CPU_SETSIZE;
		if (!CPU_ISSET(sampler->cpu, &sampler->home))
			continue;
		CPU_ZERO(&one);
		CPU_SET(sampler->cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one))
			return 0;
	}
	return -ENODEV;
}

int clock_sampler__sample(struct clock_sampler *sampler, struct rec_clock *rec)
{
	int err = bind_next_cpu(sampler);

	if (err)
		return err;
	err = best_sample__take(&sampler->best, sample_once, sampler, rec);
	sched_setaffinity(0, sizeof(sampler->home), &sampler->home);
	return err;
}
