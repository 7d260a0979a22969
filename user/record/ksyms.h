/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/kallsyms: which function an address lies in, and where a few named things are. */
#ifndef GRANTWATCH_KSYMS_H
#define GRANTWATCH_KSYMS_H

#include <stdio.h>

#include "util/types.h"

/* A symbol to look out for. Names are matched exactly: "f.part.0" is not "f". */
struct ksym_want {
	const char *name;
	u64 addr;	    /* 0: not found, or addresses are hidden from us */
	unsigned int count; /* of that name */
	bool function;
};

/* The function @name among those that were wanted; NULL when the kernel has none. */
const struct ksym_want *ksym_want__find(const struct ksym_want *want, unsigned int nr,
					const char *name);

struct ksyms;

/*
 * Read /proc/kallsyms, or @file in tests. The table holds functions only, packed: about 2 MB for a
 * distribution's kernel. NULL with errno set on failure.
 */
struct ksyms *ksyms__new(struct ksym_want *want, unsigned int nr_want);
struct ksyms *ksyms__read(FILE *file, struct ksym_want *want, unsigned int nr_want);
void ksyms__free(struct ksyms *ksyms);

struct ksym {
	const char *name;
	const char *module; /* NULL for the kernel proper */
	u64 offset;
};

/* The function that @addr lies in; false when there is none below it. */
bool ksyms__find(const struct ksyms *ksyms, u64 addr, struct ksym *sym);

/*
 * Where a stack of @nr frames begins for the reader: behind the program and its trampoline, or,
 * where the kernel's own functions led to the program (kprobes), at the first frame in one of the
 * @nr_tops functions @tops. @nr: nowhere.
 */
unsigned int ksyms__find_top(const struct ksyms *ksyms, const u64 *ip, unsigned int nr,
			     const char *const *tops, unsigned int nr_tops);

/* Frames as a capture stores them, "function+0x1c [module]; …", innermost first. The text's length.
 */
size_t ksyms__format_stack(const struct ksyms *ksyms, const u64 *ip, unsigned int nr, char *buf,
			   size_t size);

#endif
