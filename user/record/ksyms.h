/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/kallsyms: the function at an address, and the addresses of a few symbols. */
#ifndef GRANTWATCH_KSYMS_H
#define GRANTWATCH_KSYMS_H

#include <stdio.h>

#include "util/types.h"

/* A wanted symbol. Names match exactly: "f.part.0" is not "f". */
struct ksym_want {
	const char *name;
	u64 addr;	    /* 0: not found, or addresses are hidden from this process */
	unsigned int count; /* of that name */
	bool function;
};

/* Returns the function @name in @want, NULL if the kernel does not have it. */
const struct ksym_want *ksym_want__find(const struct ksym_want *want, unsigned int nr,
					const char *name);

struct ksyms;

/*
 * Reads /proc/kallsyms, or @file in tests. The table has functions only: about 2 MB for a
 * distribution's kernel. Returns NULL with errno set.
 */
struct ksyms *ksyms__new(struct ksym_want *want, unsigned int nr_want);
struct ksyms *ksyms__read(FILE *file, struct ksym_want *want, unsigned int nr_want);
void ksyms__free(struct ksyms *ksyms);

struct ksym {
	const char *name;
	const char *module; /* NULL for the kernel proper */
	u64 offset;
};

/* Finds the function at @addr. Returns false if no function is below it. */
bool ksyms__find(const struct ksyms *ksyms, u64 addr, struct ksym *sym);

/*
 * Returns the index of a stack's first frame for readers: after the program and its trampoline; or,
 * for kprobes, the first frame in one of the @nr_tops functions @tops. @nr if there is none.
 */
unsigned int ksyms__find_top(const struct ksyms *ksyms, const u64 *ip, unsigned int nr,
			     const char *const *tops, unsigned int nr_tops);

/*
 * Writes frames as captures store them, "function+0x1c [module]; …", innermost first. Returns the
 * text's length.
 */
size_t ksyms__format_stack(const struct ksyms *ksyms, const u64 *ip, unsigned int nr, char *buf,
			   size_t size);

#endif
