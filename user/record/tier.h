/* SPDX-License-Identifier: GPL-2.0 */
/* How functions are probed, by what the kernel offers, and the BPF objects that do it. */
#ifndef GRANTWATCH_TIER_H
#define GRANTWATCH_TIER_H

#include "util/types.h"

/*
 * btf: fentry and fexit, for kernels that describe their types (BTF). kprobe: kprobe and kretprobe,
 * for those that don't, stock Qubes' among them. 0: not decided.
 */
enum tier { TIER_AUTO, TIER_BTF, TIER_KPROBE };

/* "auto", "btf", "kprobe", NULL */
extern const char *const tier_names[];

const char *tier__name(enum tier tier);

/* TIER_AUTO becomes what this kernel offers. */
enum tier tier__choose(enum tier wanted);

/* How a function is attached, for PROBE records. */
const char *tier__manner(enum tier tier, bool exit_too);

/* The BPF object of @tier for @module (NULL: the kernel proper); NULL if there is none. */
const void *tier__object(enum tier tier, const char *module, size_t *size);

#endif
