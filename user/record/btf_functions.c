// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "record/btf_functions.h"

static void note_function(struct btf_functions *functions, const char *name, u32 id, int params)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++) {
		if (functions->of[i].id || points[i].function[0] != name[0] ||
		    strcmp(points[i].function, name) != 0)
			continue;
		functions->of[i].id = id;
		functions->of[i].params = params;
	}
}

void btf_functions__read(struct btf_functions *functions, const struct btf *btf)
{
	const struct btf *base = btf__base_btf(btf);
	u32 id, end = btf__type_cnt(btf);

	memset(functions->of, 0, sizeof(functions->of));
	for (id = base ? btf__type_cnt(base) : 1; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type))
			note_function(functions, btf__name_by_offset(btf, type->name_off), id,
				      btf_vlen(btf__type_by_id(btf, type->type)));
	}
}

static bool is_module_btf(int fd, const char *module)
{
	char name[64] = "";
	struct bpf_btf_info info = {.name = (u64)(uintptr_t)name, .name_len = sizeof(name)};
	u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(name, module);
}

/* Returns a descriptor, or -1. */
static int open_module_btf(const char *module)
{
	u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd >= 0 && is_module_btf(fd, module))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

bool btf_functions__read_module(struct btf_functions *functions, const char *module,
				struct btf *vmlinux)
{
	int fd = open_module_btf(module);
	struct btf *btf = fd < 0 ? NULL : btf__load_module_btf(module, vmlinux);

	if (btf) {
		btf_functions__read(functions, btf);
		functions->module_fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	btf__free(btf);
	return functions->module_fd > 0;
}

void btf_functions__close(struct btf_functions *functions)
{
	if (functions->module_fd > 0)
		close(functions->module_fd);
	functions->module_fd = 0;
}

/* --- libbpf has one list of section handlers for each process --- */

static const struct btf_functions *in_use;

/* Section names are fentry/FUNCTION and fexit/FUNCTION. */
static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const char *function = strchr(bpf_program__section_name(program), '/');
	unsigned int i;

	for (i = 0; function && i < nr_points; i++) {
		if (!in_use->of[i].id || strcmp(points[i].function, function + 1) != 0)
			continue;
		opts->attach_btf_id = in_use->of[i].id;
		opts->attach_btf_obj_fd = (u32)in_use->module_fd;
		return 0;
	}
	return -ENOENT;
}

static int attach(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	*link = bpf_program__attach_trace(program);
	return *link ? 0 : -errno;
}

int btf_functions__use(const struct btf_functions *functions)
{
	static bool registered;
	const struct libbpf_prog_handler_opts opts = {
		.sz = sizeof(opts),
		.prog_prepare_load_fn = prepare_load,
		.prog_attach_fn = attach,
	};
	int id;

	in_use = functions;
	if (registered)
		return 0;
	/* Never unregistered: libbpf 1.1 frees its list twice when it becomes empty. */
	id = libbpf_register_prog_handler("fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY,
					  &opts);
	if (id >= 0)
		id = libbpf_register_prog_handler("fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
						  &opts);
	registered = id >= 0;
	return registered ? 0 : id;
}
