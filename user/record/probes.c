// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "record/btf_functions.h"
#include "record/probes_internal.h"
#include "util/log.h"
#include "util/monotonic.h"

/* Functions that are attached together. */
struct attach_batch {
	const char *module;
	enum tier tier;
	struct btf_functions functions; /* of the btf tier */
	const struct ksym_want *want;
	unsigned int nr_want;
	bool use[MAX_POINTS];
};

/* --- which points to use --- */

#define KPROBE_TABLE "kprobe_table"

static const char *const designs[GW_DESIGNS] = {"blkif_interrupt", "blkfront_delay_work"};

/* Adds @name (may be NULL) to the @n names in @want, once. Returns their number. */
static unsigned int want_name(struct ksym_want *want, unsigned int n, unsigned int room,
			      const char *name)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (name && !strcmp(want[i].name, name))
			return n;
	if (name && n < room)
		want[n++] = (struct ksym_want){.name = name};
	return n;
}

unsigned int probes__wanted(struct ksym_want *want, unsigned int room)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_points; i++) {
		n = want_name(want, n, room, points[i].function);
		n = want_name(want, n, room, points[i].only_with);
	}
	if (n < room)
		want[n++] = (struct ksym_want){.name = KPROBE_TABLE};
	for (i = 0; i < GW_DESIGNS && n < room; i++)
		want[n++] = (struct ksym_want){.name = designs[i]};
	return n;
}

void probes_config__permit_persistent(struct probes_config *config, const struct ksym_want *want,
				      unsigned int nr_want)
{
	unsigned int i;

	for (i = 0; i < GW_DESIGNS; i++) {
		const struct ksym_want *found = ksym_want__find(want, nr_want, designs[i]);

		config->config.by_design[i] = found ? found->addr : 0;
	}
}

void probes__report(struct probes *probes, unsigned int point, u64 time, enum probe_state state,
		    u32 events, const char *detail)
{
	if (state == PROBE_MISSING)
		pr_debug("%s: %s", points[point].function, detail);
	probes->config.report(probes->config.arg, time, state, events, points[point].function,
			      detail);
}

static void report(struct probes *probes, unsigned int i, enum probe_state state, u32 events,
		   const char *detail)
{
	probes__report(probes, i, 0, state, events, detail);
}

static void set_missing(struct probes *probes, unsigned int i, const char *why)
{
	report(probes, i, PROBE_MISSING, points[i].events, why);
	probes->run[i].state = POINT_MISSING;
}

/* Whether point @i can be tried. If not, reports why where it matters. */
static bool is_usable(struct probes *probes, unsigned int i, const struct attach_batch *batch)
{
	const char *why = NULL;

	switch (point__fit(&points[i], batch->tier, batch->want, batch->nr_want,
			   batch->tier == TIER_BTF ? &batch->functions : NULL, &why)) {
	case POINT_FITS:
		return true;
	case POINT_NOT_NEEDED:
		probes->run[i].state = POINT_UNNEEDED;
		return false;
	default:
		set_missing(probes, i, why);
		return false;
	}
}

/* --- loading --- */

/* Loading takes seconds on a slow machine: events must be read in between. */
static void take_turn(struct probes *probes)
{
	if (probes->late)
		probes->config.turn(probes->config.arg);
}

/*
 * Opens the object of the batch and loads the programs of the points in @use. Returns NULL with
 * errno set.
 */
static struct bpf_object *load(struct probes *probes, const struct attach_batch *batch,
			       const bool *use)
{
	size_t size = 0;
	const void *elf = tier__object(batch->tier, batch->module, &size);
	struct bpf_object *obj = elf ? bpf_object__open_mem(elf, size, NULL) : NULL;
	unsigned int i, k;
	int err;

	if (!obj)
		return NULL;
	for (i = 0; i < nr_points; i++) {
		for (k = 0; use[i] && k < MAX_PROGS; k++) {
			const char *name = points[i].programs[k];
			struct bpf_program *prog =
				name ? bpf_object__find_program_by_name(obj, name) : NULL;

			if (prog)
				bpf_program__set_autoload(prog, true);
		}
	}
	err = probes__prepare_maps(probes, obj);
	if (!err && batch->tier == TIER_BTF)
		err = btf_functions__use(&batch->functions);
	take_turn(probes);
	if (!err)
		err = bpf_object__load(obj);
	take_turn(probes);
	if (!err)
		err = probes__remember_maps(probes, obj);
	if (!err)
		return obj;
	bpf_object__close(obj);
	errno = -err;
	return NULL;
}

/* --- attaching --- */

void probe_run__detach(struct point_run *run)
{
	unsigned int k;

	for (k = 0; k < MAX_PROGS; k++) {
		bpf_link__destroy(run->link[k]);
		if (run->prog_fd[k] > 0)
			close(run->prog_fd[k]);
		run->link[k] = NULL;
		run->prog_fd[k] = 0;
	}
}

static void attach_point(struct probes *probes, unsigned int i, const struct attach_batch *batch,
			 struct bpf_object *obj)
{
	const struct point *point = &points[i];
	struct point_run *run = &probes->run[i];
	unsigned int k;

	/* Exits first: an entry without its exit would stay in the map. */
	for (k = MAX_PROGS; k-- > 0;) {
		struct bpf_program *prog;
		char why[96];

		if (!point->programs[k] || (k == NESTED && batch->tier == TIER_KPROBE))
			continue;
		prog = bpf_object__find_program_by_name(obj, point->programs[k]);
		run->link[k] = prog ? bpf_program__attach(prog) : NULL;
		if (!run->link[k]) {
			probes->last_error = errno;
			snprintf(why, sizeof(why), "cannot attach: %s", strerror(errno));
			probe_run__detach(run);
			set_missing(probes, i, why);
			return;
		}
		run->prog_fd[k] = dup(bpf_program__fd(prog));
	}
	run->state = POINT_ATTACHED;
	run->kprobe_addr = 0;
	if (batch->tier == TIER_KPROBE)
		run->kprobe_addr =
			ksym_want__find(batch->want, batch->nr_want, point->function)->addr;
	report(probes, i, PROBE_ATTACHED, point->events,
	       tier__manner(batch->tier, point->programs[1]));
}

/*
 * Attaches each point alone: a program that the verifier or the kernel's BTF refuses must not
 * affect the others.
 */
static void attach_singly(struct probes *probes, const struct attach_batch *batch)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++) {
		bool only[MAX_POINTS] = {};
		struct bpf_object *obj;
		char why[96];

		if (!batch->use[i])
			continue;
		only[i] = true;
		obj = load(probes, batch, only);
		if (obj) {
			attach_point(probes, i, batch, obj);
			bpf_object__close(obj);
			continue;
		}
		probes->last_error = errno;
		snprintf(why, sizeof(why), "cannot load: %s", strerror(errno));
		set_missing(probes, i, why);
	}
}

/* Without it, skipped kprobes are not counted. This depends on the kernel's version only. */
static void count_misses(struct probes *probes, const struct attach_batch *batch)
{
	unsigned int i;

	if (batch->tier != TIER_KPROBE || probes->kprobe_misses)
		return;
	for (i = 0; i < batch->nr_want; i++)
		if (!strcmp(batch->want[i].name, KPROBE_TABLE) && batch->want[i].count)
			probes->kprobe_misses = kprobe_misses__new(batch->want[i].addr);
	probes->uncounted = !probes->kprobe_misses;
}

static void log_times(const struct attach_batch *batch, u64 began, u64 loaded)
{
	pr_debug("programs of %s: loaded in %" PRIu64 " ms, attached in %" PRIu64 " ms",
		 batch->module ? batch->module : "the kernel", (loaded - began) / NSEC_PER_MSEC,
		 (now_mono() - loaded) / NSEC_PER_MSEC);
}

static void attach_batch(struct probes *probes, struct attach_batch *batch)
{
	u64 began = now_mono(), loaded;
	struct bpf_object *obj;
	bool any = false;
	unsigned int i;

	for (i = 0; i < nr_points; i++) {
		enum point_state state = probes->run[i].state;

		if (!probes__same_module(points[i].module, batch->module) ||
		    state == POINT_ATTACHED)
			continue;
		batch->use[i] = is_usable(probes, i, batch);
		any |= batch->use[i];
	}
	if (!any)
		return;
	count_misses(probes, batch);
	obj = load(probes, batch, batch->use);
	if (!obj) {
		attach_singly(probes, batch);
		return;
	}
	loaded = now_mono();
	for (i = 0; i < nr_points; i++) {
		if (!batch->use[i])
			continue;
		attach_point(probes, i, batch, obj);
		take_turn(probes);
	}
	bpf_object__close(obj);
	log_times(batch, began, loaded);
}

static void miss_module(struct probes *probes, const char *module)
{
	char why[96];
	unsigned int i;

	snprintf(why, sizeof(why), "this kernel has no BTF for module %s", module);
	for (i = 0; i < nr_points; i++)
		if (probes__same_module(points[i].module, module) && points[i].only != TIER_KPROBE)
			set_missing(probes, i, why);
}

/* A kernel may have BTF for itself and none for its modules; kprobes are used for those. */
static void attach_module(struct probes *probes, struct attach_batch *batch, struct btf *vmlinux)
{
	bool found;

	if (!probes__has_module(probes, batch->module))
		return;
	if (batch->tier == TIER_BTF) {
		found = btf_functions__read_module(&batch->functions, batch->module, vmlinux);
		take_turn(probes);
		if (!found && probes->config.forced) {
			miss_module(probes, batch->module);
			return;
		}
		if (!found)
			batch->tier = TIER_KPROBE;
	}
	attach_batch(probes, batch);
	btf_functions__close(&batch->functions);
}

static void attach_kernel(struct probes *probes, struct attach_batch *batch,
			  const struct btf *vmlinux)
{
	if (vmlinux)
		btf_functions__read(&batch->functions, vmlinux);
	attach_batch(probes, batch);
}

static int attach_all(struct probes *probes, bool only_modules, const struct ksym_want *want,
		      unsigned int nr_want)
{
	struct btf *vmlinux = NULL;
	unsigned int i;

	if (probes->config.tier == TIER_BTF) {
		vmlinux = btf__load_vmlinux_btf();
		if (!vmlinux)
			return -ENODATA;
		take_turn(probes);
	}
	for (i = 0; i < NR_MODULES; i++) {
		struct attach_batch batch = {.module = probe_modules[i],
					     .tier = probes->config.tier,
					     .want = want,
					     .nr_want = nr_want};

		if (probe_modules[i])
			attach_module(probes, &batch, vmlinux);
		else if (!only_modules)
			attach_kernel(probes, &batch, vmlinux);
	}
	btf__free(vmlinux);
	return 0;
}

struct probes *probes__new(const struct probes_config *config, const struct ksym_want *want,
			   unsigned int nr_want)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	int err;

	if (!probes)
		return NULL;
	probes->config = *config;
	probes__see_modules(probes, 0);
	err = probes__remember_map(probes, "ring", config->ring_fd);
	if (!err && !ksym_want__find(want, nr_want, "gnttab_map_refs"))
		err = -ENOENT;
	if (!err)
		err = attach_all(probes, false, want, nr_want);
	if (!err && !probes__attached(probes))
		err = probes->last_error ? -probes->last_error : -ENOENT;
	if (!err)
		return probes;
	probes__free(probes);
	errno = -err;
	return NULL;
}

void probes__attach_late(struct probes *probes, const struct ksym_want *want, unsigned int nr_want)
{
	if (!probes__is_late(probes))
		return;
	probes->late = true;
	attach_all(probes, true, want, nr_want);
	probes->late = false;
}

void probes__leave(struct probes *probes)
{
	unsigned int i, k;

	for (i = 0; i < nr_points; i++)
		for (k = 0; k < MAX_PROGS; k++)
			if (probes->run[i].link[k])
				bpf_link__disconnect(probes->run[i].link[k]);
}

void probes__free(struct probes *probes)
{
	unsigned int i;

	if (!probes)
		return;
	for (i = 0; i < nr_points; i++)
		probe_run__detach(&probes->run[i]);
	for (i = 0; i < probes->nr_shared; i++) {
		if (probes->shared[i].memory)
			munmap(probes->shared[i].memory, probes->shared[i].size);
		close(probes->shared[i].fd);
	}
	kprobe_misses__free(probes->kprobe_misses);
	free(probes);
}

/* --- what there is --- */

static unsigned int count_state(const struct probes *probes, enum point_state state)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_points; i++)
		n += probes->run[i].state == state;
	return n;
}

unsigned int probes__attached(const struct probes *probes)
{
	return count_state(probes, POINT_ATTACHED);
}

unsigned int probes__missing(const struct probes *probes)
{
	return count_state(probes, POINT_MISSING) + count_state(probes, POINT_WAITING);
}
