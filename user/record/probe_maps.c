// SPDX-License-Identifier: GPL-2.0
/* The BPF maps that all objects share. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "record/probes_internal.h"

static int share_map(struct probes *probes, struct bpf_map *map)
{
	unsigned int i;

	for (i = 0; i < probes->nr_shared; i++)
		if (!strcmp(probes->shared[i].name, bpf_map__name(map)))
			return bpf_map__reuse_fd(map, probes->shared[i].fd);
	return 0;
}

static int map_memory(struct shared_map *shared)
{
	struct bpf_map_info info = {};
	u32 len = sizeof(info);
	void *memory;

	if (bpf_obj_get_info_by_fd(shared->fd, &info, &len))
		return -errno;
	if (!(info.map_flags & BPF_F_MMAPABLE))
		return 0;
	shared->size = (size_t)((info.value_size + 7) & ~7u) * info.max_entries;
	memory = mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED, shared->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	shared->memory = memory;
	return 0;
}

int probes__remember_map(struct probes *probes, const char *name, int fd)
{
	struct shared_map *shared = &probes->shared[probes->nr_shared];
	unsigned int i;
	int err;

	for (i = 0; i < probes->nr_shared; i++)
		if (!strcmp(probes->shared[i].name, name))
			return 0;
	if (probes->nr_shared == MAX_SHARED)
		return -ENOSPC;
	shared->fd = dup(fd);
	if (shared->fd < 0)
		return -errno;
	snprintf(shared->name, sizeof(shared->name), "%s", name);
	err = map_memory(shared);
	if (err)
		close(shared->fd);
	else
		probes->nr_shared++;
	return err;
}

/* Without a flight recorder these maps are unused, and get the minimum of one entry. */
static int size_map(const struct probes *probes, struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (probes->config.config.late_ns || (strcmp(name, "holds") && strcmp(name, "handles")))
		return 0;
	return bpf_map__set_max_entries(map, 1);
}

int probes__prepare_maps(struct probes *probes, struct bpf_object *obj)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map(map, obj)
	{
		if (!bpf_map__is_internal(map)) {
			err = size_map(probes, map);
			if (!err)
				err = share_map(probes, map);
		} else if (strstr(bpf_map__name(map), ".rodata")) {
			/* The read-only data is gw_config alone; libbpf refuses any other size. */
			err = bpf_map__set_initial_value(map, &probes->config.config,
							 sizeof(struct gw_config));
		} else {
			err = 0;
		}
		if (err)
			return err;
	}
	return 0;
}

int probes__remember_maps(struct probes *probes, struct bpf_object *obj)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		err = probes__remember_map(probes, bpf_map__name(map), bpf_map__fd(map));
		if (err)
			return err;
	}
	return 0;
}

void *probes__memory(const struct probes *probes, const char *name)
{
	unsigned int i;

	for (i = 0; i < probes->nr_shared; i++)
		if (!strcmp(probes->shared[i].name, name))
			return probes->shared[i].memory;
	return NULL;
}

void probes__forget_stacks(struct probes *probes)
{
	struct gw_known *known = probes__memory(probes, "known_stacks");
	u32 i;

	for (i = 0; known && i < GW_STACKS; i++)
		__atomic_store_n(&known->number[i], 0, __ATOMIC_RELAXED);
}
