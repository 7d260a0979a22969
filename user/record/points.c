// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "record/btf_functions.h"
#include "record/points.h"

#define GNTDEV "xen_gntdev"

/*
 * Chosen so that each operation passes exactly one point, whatever the compiler inlines. The
 * exported functions call each other or inline each other. The functions here are reached through a
 * table of function pointers, have callers everywhere, or are called by modules. The stack shows
 * the rest: the exported function, and whether an end was deferred.
 */

/* clang-format off */
const struct point points[] = {
	/* Granter. One function of each pair sees all operations, by the table's version. */
	{.function = "gnttab_update_entry_v1",
	 .programs = {"grant_v1_in", "grant_v1_out", "grant_v1_nested"}, .nest = GW_NEST_GRANT,
	 .events = REC_BIT(REC_GRANT), .params = 4},
	{.function = "gnttab_update_entry_v2",
	 .programs = {"grant_v2_in", "grant_v2_out", "grant_v2_nested"}, .nest = GW_NEST_GRANT,
	 .events = REC_BIT(REC_GRANT), .params = 4},
	{.function = "gnttab_end_foreign_access_ref_v1",
	 .programs = {"end_v1_in", "end_v1_out", "end_v1_nested"}, .nest = GW_NEST_END,
	 .events = REC_BIT(REC_REVOKE), .params = 1},
	{.function = "gnttab_end_foreign_access_ref_v1",
	 .programs = {"end_v1_in", "end_v1_out_readonly", "end_v1_nested_readonly"},
	 .nest = GW_NEST_END,
	 .events = REC_BIT(REC_REVOKE), .params = 2, .only = TIER_BTF},
	{.function = "gnttab_end_foreign_access_ref_v2",
	 .programs = {"end_v2_in", "end_v2_out", "end_v2_nested"}, .nest = GW_NEST_END,
	 .events = REC_BIT(REC_REVOKE), .params = 1},
	{.function = "gnttab_end_foreign_access_ref_v2",
	 .programs = {"end_v2_in", "end_v2_out_readonly", "end_v2_nested_readonly"},
	 .nest = GW_NEST_END,
	 .events = REC_BIT(REC_REVOKE), .params = 2, .only = TIER_BTF},
	{.function = "put_free_entry_locked", .programs = {"free_locked"},
	 .events = REC_BIT(REC_FREE), .params = 1, .optional = true},
	{.function = "put_free_entry",
	 .programs = {"free_one", NULL, "free_one_nested"}, .nest = GW_NEST_FREE,
	 .events = REC_BIT(REC_FREE), .params = 1, .unless = "put_free_entry_locked"},
	{.function = "gnttab_free_grant_references", .programs = {"free_chain"},
	 .events = REC_BIT(REC_FREE), .params = 1, .unless = "put_free_entry_locked"},
	{.function = "gnttab_release_grant_reference",
	 .programs = {"release", NULL, "release_nested"}, .nest = GW_NEST_RELEASE,
	 .events = REC_BIT(REC_RELEASE), .params = 2},
	/* A kernel that cannot suspend (no CONFIG_HIBERNATE_CALLBACKS) has neither. */
	{.function = "gnttab_resume", .programs = {"resume"},
	 .events = REC_BIT(REC_RESET), .params = 0, .only_with = "xen_suspend"},
	{.function = "xen_arch_post_suspend", .programs = {"post_suspend"},
	 .events = 0, .params = 1, .only_with = "xen_suspend"},
	{.function = "do_exit", .programs = {"task_exit"}, .events = 0, .only = TIER_KPROBE},

	/* Mapper */
	{.function = "gnttab_map_refs",
	 .programs = {"map_in", "map_out", "map_nested"}, .nest = GW_NEST_MAP,
	 .events = REC_BIT(REC_MAP), .params = 4},
	{.function = "gnttab_batch_map", .programs = {"batch_map_in", "batch_map_out"},
	 .events = REC_BIT(REC_MAP), .params = 2},
	{.function = "gnttab_unmap_refs",
	 .programs = {"unmap_in", "unmap_out", "unmap_nested"}, .nest = GW_NEST_UNMAP,
	 .events = REC_BIT(REC_UNMAP), .params = 4},
	{.function = "gnttab_batch_copy",
	 .programs = {"copy_in", "copy_out", "copy_nested"}, .nest = GW_NEST_COPY,
	 .events = REC_BIT(REC_COPY), .params = 2},
	{.function = "xenbus_map_ring_valloc", .programs = {"ring_in", "ring_out"},
	 .events = REC_BIT(REC_RING), .params = 4},
	{.function = "xenbus_unmap_ring_vfree", .programs = {"ring_unmap_in", "ring_unmap_out"},
	 .events = REC_BIT(REC_RING_UNMAP), .params = 2},

	/* Mapper: requests by user space. */
	{.function = "gntdev_add_map", .module = GNTDEV, .programs = {"arm_in", "arm_out"},
	 .events = REC_BIT(REC_ARM), .params = 2, .only = TIER_BTF},
	{.function = "vm_mmap_pgoff", .module = GNTDEV, .programs = {"mmap_pgoff_in"},
	 .events = 0, .only = TIER_KPROBE},
	{.function = "gntdev_mmap", .module = GNTDEV, .programs = {"mmap_in", "mmap_out"},
	 .events = 0, .params = 2},
	{.function = "gntdev_ioctl", .module = GNTDEV, .programs = {"ioctl_in", "ioctl_out"},
	 .events = REC_BIT(REC_DISARM), .params = 3, .only = TIER_BTF},
	{.function = "gntdev_ioctl", .module = GNTDEV, .programs = {"ioctl_in", "ioctl_out"},
	 .events = REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), .only = TIER_KPROBE},
	{.function = "gntdev_release", .module = GNTDEV, .programs = {"file_release"},
	 .events = REC_BIT(REC_DISARM), .params = 2},
};
/* clang-format on */

const unsigned int nr_points = ARRAY_SIZE(points);
_Static_assert(ARRAY_SIZE(points) <= MAX_POINTS, "MAX_POINTS");

/* Whether another entry for the same function has programs for @params. */
static bool has_fitting_variant(const struct point *point, int params)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		if (&points[i] != point && !strcmp(points[i].function, point->function) &&
		    points[i].only != TIER_KPROBE && points[i].params == params)
			return true;
	return false;
}

/* Whether the btf tier's programs fit the function of this kernel. */
static enum point_fit fit_params(const struct point *point, const struct btf_functions *btf,
				 const char **why)
{
	size_t i = (size_t)(point - points);
	int params = btf->of[i].id ? btf->of[i].params : -1;

	if (params == point->params)
		return POINT_FITS;
	if (params >= 0 && has_fitting_variant(point, params))
		return POINT_NOT_NEEDED;
	*why = params < 0 ? "the kernel's BTF does not have it"
			  : "its parameters are not as expected";
	return POINT_UNFIT;
}

enum point_fit point__fit(const struct point *point, enum tier tier, const struct ksym_want *want,
			  unsigned int nr_want, const struct btf_functions *btf, const char **why)
{
	const struct ksym_want *sym = ksym_want__find(want, nr_want, point->function);

	if ((point->only && point->only != tier) || (!sym && point->optional) ||
	    (point->unless && ksym_want__find(want, nr_want, point->unless)) ||
	    (!sym && point->only_with && !ksym_want__find(want, nr_want, point->only_with)))
		return POINT_NOT_NEEDED;
	*why = !sym ? "no such function in this kernel" : "more than one function of that name";
	if (!sym || sym->count > 1)
		return POINT_UNFIT;
	return btf ? fit_params(point, btf, why) : POINT_FITS;
}
