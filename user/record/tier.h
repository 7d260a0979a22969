/* SPDX-License-Identifier: GPL-2.0 */
/* How functions are probed, depending on the kernel, and the BPF objects for it. */
#ifndef GRANTWATCH_TIER_H
#define GRANTWATCH_TIER_H

#include "util/types.h"

/*
 * btf: fentry and fexit, for kernels with type information (BTF). kprobe: kprobes and kretprobes,
 * for kernels without it, such as stock Qubes kernels. 0: undecided.
 */
enum tier { TIER_AUTO, TIER_BTF, TIER_KPROBE };

/* "auto", "btf", "kprobe", NULL */
extern const char *const tier_names[];

const char *tier__name(enum tier tier);

/* Returns the tier for @wanted: TIER_AUTO becomes what this kernel supports. */
enum tier tier__choose(enum tier wanted);

/* How a function is attached, for PROBE records. */
const char *tier__manner(enum tier tier, bool exit_too);

/* Returns the BPF object of @tier for @module (NULL: the kernel proper), NULL if there is none. */
const void *tier__object(enum tier tier, const char *module, size_t *size);

#endif
