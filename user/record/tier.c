// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "record/tier.h"

#include "event.h"

#include "btf.skel.h"
#include "btf_gntdev.skel.h"
#include "kprobe.skel.h"
#include "kprobe_gntdev.skel.h"

const char *const tier_names[] = {
	[TIER_AUTO] = "auto",
	[TIER_BTF] = "btf",
	[TIER_KPROBE] = "kprobe",
	NULL,
};

static const struct object {
	enum tier tier;
	const char *module;
	const void *(*elf_bytes)(size_t *size);
} objects[] = {
	{TIER_BTF, NULL, btf_bpf__elf_bytes},
	{TIER_BTF, "xen_gntdev", btf_gntdev_bpf__elf_bytes},
	{TIER_KPROBE, NULL, kprobe_bpf__elf_bytes},
	{TIER_KPROBE, "xen_gntdev", kprobe_gntdev_bpf__elf_bytes},
};

const char *tier__name(enum tier tier)
{
	return tier_names[tier];
}

enum tier tier__choose(enum tier wanted)
{
	if (wanted != TIER_AUTO)
		return wanted;
	return access("/sys/kernel/btf/vmlinux", R_OK) ? TIER_KPROBE : TIER_BTF;
}

const char *tier__manner(enum tier tier, bool exit_too)
{
	if (tier == TIER_KPROBE)
		return exit_too ? "kprobe and kretprobe" : "kprobe";
	return exit_too ? "fentry and fexit" : "fentry";
}

/* The kernel proper has no module name. */
static bool same_module(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

const void *tier__object(enum tier tier, const char *module, size_t *size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		if (objects[i].tier == tier && same_module(objects[i].module, module))
			return objects[i].elf_bytes(size);
	}
	return NULL;
}
