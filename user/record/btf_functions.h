/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of points[] in a kernel's BTF, found in one pass. libbpf searches a hundred
 * thousand types by name for each program of the btf tier, so it gets the ids from here instead.
 */
#ifndef GRANTWATCH_BTF_FUNCTIONS_H
#define GRANTWATCH_BTF_FUNCTIONS_H

#include "record/points.h"

struct btf;

struct btf_functions {
	struct {
		u32 id;	    /* BTF id, 0 if BTF does not have the point's function */
		int params; /* number of its parameters */
	} of[MAX_POINTS];
	int module_fd; /* of the module's BTF in the kernel, 0 for the kernel proper */
};

/* Reads @btf. For a module, only the module's own functions count. */
void btf_functions__read(struct btf_functions *functions, const struct btf *btf);

/*
 * Reads the BTF of @module, which the kernel keeps as one split from @vmlinux. Returns false if it
 * has none.
 */
bool btf_functions__read_module(struct btf_functions *functions, const char *module,
				struct btf *vmlinux);
void btf_functions__close(struct btf_functions *functions);

/*
 * Loads programs of fentry and fexit sections by the ids in @functions from now on. The caller
 * keeps @functions. Returns 0 or -errno.
 */
int btf_functions__use(const struct btf_functions *functions);

#endif
