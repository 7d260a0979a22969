// SPDX-License-Identifier: GPL-2.0
/*
 * Each probed function: whether symbols and types permit the probe. Where recording is possible,
 * the recorder also runs briefly, and its capture has for each probe how it was attached or why
 * not.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/btf.h>

#include "doctor/exam.h"
#include "record/btf_functions.h"
#include "record/points.h"
#include "record/probes.h"
#include "sources/child.h"
#include "sources/feed.h"
#include "util/monotonic.h"

#define MAX_WANT 64
#define TRIAL_NS (30 * NSEC_PER_SEC)

/* --- by looking --- */

struct exam_look {
	struct exam *exam;
	struct ksym_want want[MAX_WANT];
	unsigned int nr_want;
	struct btf_functions vmlinux, gntdev;
	bool has_vmlinux, has_gntdev;
};

static bool same_function(unsigned int i, unsigned int k)
{
	return !strcmp(points[i].function, points[k].function);
}

/* A function may have several points for its variants: the fitting one counts. */
static enum point_fit fit_any(const struct exam_look *look, unsigned int i, enum tier tier,
			      const struct btf_functions *btf, const struct point **point,
			      const char **why)
{
	enum point_fit best = POINT_NOT_NEEDED;
	unsigned int k;

	for (k = 0; k < nr_points; k++) {
		const char *here = NULL;
		enum point_fit fit;

		if (!same_function(i, k))
			continue;
		fit = point__fit(&points[k], tier, look->want, look->nr_want, btf, &here);
		if (fit == POINT_NOT_NEEDED || best == POINT_FITS)
			continue;
		best = fit;
		*point = &points[k];
		*why = here;
	}
	return best;
}

static void look_at(const struct exam_look *look, unsigned int i)
{
	struct exam *exam = look->exam;
	const struct point *point = &points[i];
	const char *module = point->module, *why = NULL;
	const struct btf_functions *btf = module ? &look->gntdev : &look->vmlinux;
	bool has_btf = module ? look->has_gntdev : look->has_vmlinux;
	enum tier tier = exam->tier == TIER_BTF && has_btf ? TIER_BTF : TIER_KPROBE;
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", module ? module : "");
	if (module && !exam__exists(exam, path)) {
		exam__note(exam, point->function, "in module %s, probed once it is loaded", module);
		return;
	}
	switch (fit_any(look, i, tier, tier == TIER_BTF ? btf : NULL, &point, &why)) {
	case POINT_FITS:
		exam__yes(exam, point->function, "can be probed by %s",
			  tier__manner(tier, point->programs[1]));
		break;
	case POINT_UNFIT:
		exam__no(exam, point->function, point->events ? WEIGHT_BLIND : WEIGHT_NONE, why,
			 "use a kernel of a supported version with CONFIG_XEN", "cannot be probed");
		break;
	default:
		break;
	}
}

static void read_btf(struct exam_look *look)
{
	char path[1024];
	struct btf *vmlinux = btf__parse(
		exam__path(look->exam, "/sys/kernel/btf/vmlinux", path, sizeof(path)), NULL);
	struct btf *gntdev = btf__parse_split(
		exam__path(look->exam, "/sys/kernel/btf/xen_gntdev", path, sizeof(path)), vmlinux);

	look->has_vmlinux = vmlinux;
	look->has_gntdev = gntdev;
	if (vmlinux)
		btf_functions__read(&look->vmlinux, vmlinux);
	if (gntdev)
		btf_functions__read(&look->gntdev, gntdev);
	btf__free(gntdev);
	btf__free(vmlinux);
}

static void look_at_all(struct exam *exam)
{
	struct exam_look look = {.exam = exam};
	char path[1024];
	FILE *file = fopen(exam__path(exam, "/proc/kallsyms", path, sizeof(path)), "re");
	unsigned int i, k;

	look.nr_want = probes__wanted(look.want, MAX_WANT);
	if (file) {
		ksyms__free(ksyms__read(file, look.want, look.nr_want));
		fclose(file);
	}
	if (exam->tier == TIER_BTF)
		read_btf(&look);
	for (i = 0; i < nr_points; i++) {
		for (k = 0; k < i && !same_function(i, k); k++)
			;
		if (k == i)
			look_at(&look, i);
	}
}

/* --- by trying --- */

/* Reads to the end of the recorder's first block, which comes when every probe is attached. */
static bool hear_first_block(struct feed *feed)
{
	const u64 end = now_mono() + TRIAL_NS;
	const struct rec *rec;
	enum feed_status status;

	while ((status = feed__next(feed, false, &rec)) != FEED_DONE) {
		struct pollfd fd = {feed->stream.fd, POLLIN, 0};
		const u64 now = now_mono();

		if (status == FEED_MARK)
			return true;
		if (status != FEED_WAIT)
			continue;
		if (now >= end || poll(&fd, 1, (int)((end - now) / NSEC_PER_MSEC)) != 1)
			return false;
		capture_stream__fill(&feed->stream);
	}
	return false;
}

static void tell_trial(struct exam *exam, const struct feed *feed)
{
	u32 i;

	for (i = 0; i < feed->nr_probes; i++) {
		const struct feed_probe *probe = &feed->probes[i];

		if (probe->state == PROBE_ATTACHED)
			exam__yes(exam, probe->name, "probed by %s", probe->how);
		else if (!probe->events)
			exam__note(exam, probe->name, "%s, probed once it is loaded", probe->how);
		else
			exam__no(exam, probe->name, WEIGHT_BLIND, probe->how,
				 "'grantwatch record -vv -o /dev/null' shows the kernel's reason",
				 "cannot be probed");
	}
}

static bool try_all(struct exam *exam)
{
	char tier[16];
	char *argv[] = {
		"/proc/self/exe", "record", "-q", "--no-kmsg", "--tier", tier, "-o", "-", NULL};
	struct child child;
	struct feed *feed;
	bool heard;

	snprintf(tier, sizeof(tier), "%s", tier__name(exam->wanted));
	if (child__start(&child, argv))
		return false;
	feed = feed__new(child.fd, "trial", DOMID_UNKNOWN);
	if (!feed) {
		close(child.fd);
		child__stop(&child);
		return false;
	}
	heard = hear_first_block(feed);
	child__signal(&child, SIGTERM);
	if (heard)
		tell_trial(exam, feed);
	feed__free(feed);
	child__stop(&child);
	return heard;
}

void exam_check__probes(struct exam *exam)
{
	if (!exam__on_xen(exam))
		return;
	if (!exam->try_it || !exam__may_record(exam)) {
		look_at_all(exam);
		return;
	}
	if (try_all(exam))
		return;
	exam__no(exam, NULL, WEIGHT_STOP,
		 "'grantwatch record' was tried and could not start; its message is above",
		 "grantwatch record -vv -o /dev/null", "nothing could be attached");
	look_at_all(exam);
}
