/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of points[] in a kernel's BTF, found in one pass. A search by name goes through a
 * hundred thousand types, and libbpf makes one for each program of the btf tier that it loads. So
 * it is told the ids instead.
 */
#ifndef GRANTWATCH_BTF_FUNCTIONS_H
#define GRANTWATCH_BTF_FUNCTIONS_H

#include "record/points.h"

struct btf;

struct btf_functions {
	struct {
		u32 id;	    /* 0: BTF does not have this point's function */
		int params; /* how many parameters it has */
	} of[MAX_POINTS];
	int module_fd; /* of the module's BTF in the kernel; 0: the kernel proper's */
};

/* What @btf has. Of a module's only its own functions count, not those of the kernel proper. */
void btf_functions__read(struct btf_functions *functions, const struct btf *btf);

/*
 * What the BTF of @module has, which the kernel keeps as one split from @vmlinux. False if it keeps
 * none.
 */
bool btf_functions__read_module(struct btf_functions *functions, const char *module,
				struct btf *vmlinux);
void btf_functions__close(struct btf_functions *functions);

/*
 * From now on programs of fentry and fexit sections are loaded by the ids in @functions, which stay
 * the caller's. Returns 0 or -errno.
 */
int btf_functions__use(const struct btf_functions *functions);

#endif
