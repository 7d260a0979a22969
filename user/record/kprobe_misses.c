// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "record/kprobe_misses.h"

#include "kprobe_misses.skel.h"

struct kprobe_misses {
	struct kprobe_misses_bpf *skel;
};

struct kprobe_misses *kprobe_misses__new(u64 table)
{
	struct kprobe_misses *misses = calloc(1, sizeof(*misses));
	int err = -ENOMEM;

	if (!misses)
		return NULL;
	misses->skel = kprobe_misses_bpf__open();
	if (misses->skel) {
		misses->skel->rodata->kprobe_table = table;
		err = kprobe_misses_bpf__load(misses->skel);
	}
	if (!err)
		return misses;
	kprobe_misses__free(misses);
	errno = -err;
	return NULL;
}

void kprobe_misses__free(struct kprobe_misses *misses)
{
	if (!misses)
		return;
	kprobe_misses_bpf__destroy(misses->skel);
	free(misses);
}

int kprobe_misses__read(struct kprobe_misses *misses, const u64 *addr, u64 *missed, unsigned int nr)
{
	struct kprobe_misses_bpf__bss *bss = misses->skel->bss;
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (nr > GW_KPROBES)
		return -EINVAL;
	memset(bss->asked, 0, sizeof(bss->asked));
	memcpy(bss->asked, addr, nr * sizeof(*addr));
	if (bpf_prog_test_run_opts(bpf_program__fd(misses->skel->progs.read_all), &opts))
		return -errno;
	memcpy(missed, bss->missed, nr * sizeof(*missed));
	return 0;
}
