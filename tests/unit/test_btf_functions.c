// SPDX-License-Identifier: GPL-2.0
/* Search for the functions of points[] in the BTF of a kernel and of a module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "record/btf_functions.h"

static int add_function(struct btf *btf, const char *name, int params)
{
	int proto = btf__add_func_proto(btf, 0), i;

	for (i = 0; i < params; i++)
		assert_int_equal(btf__add_func_param(btf, "", 0), 0);
	return btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
}

/* Returns the index in points[] of @function with @params parameters. */
static unsigned int point_of(const char *function, int params)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		if (!strcmp(points[i].function, function) && points[i].params == params &&
		    points[i].only != TIER_KPROBE)
			return i;
	fail();
	return 0;
}

static enum point_fit fit(unsigned int i, const struct btf_functions *functions, const char **why)
{
	const struct ksym_want want = {
		.name = points[i].function, .addr = 1, .count = 1, .function = true};

	return point__fit(&points[i], TIER_BTF, &want, 1, functions, why);
}

static void functions_are_found_by_name_and_parameters(void **state)
{
	unsigned int two = point_of("gnttab_end_foreign_access_ref_v1", 2),
		     one = point_of("gnttab_end_foreign_access_ref_v1", 1),
		     map = point_of("gnttab_map_refs", 4), copy = point_of("gnttab_batch_copy", 2);
	struct btf *btf = btf__new_empty();
	struct btf_functions functions;
	const char *why = NULL;
	int end_id, map_id;

	assert_non_null(btf);
	add_function(btf, "gnttab_map", 4);
	end_id = add_function(btf, "gnttab_end_foreign_access_ref_v1", 2);
	map_id = add_function(btf, "gnttab_map_refs", 5);
	add_function(btf, "gnttab_map_refs", 4);
	btf_functions__read(&functions, btf);

	assert_int_equal(functions.of[two].id, end_id);
	assert_int_equal(functions.of[one].id, end_id);
	assert_int_equal(fit(two, &functions, &why), POINT_FITS);
	assert_int_equal(fit(one, &functions, &why), POINT_NOT_NEEDED);
	/* Of two functions with one name the first counts, as in libbpf's search by name. */
	assert_int_equal(functions.of[map].id, map_id);
	assert_int_equal(fit(map, &functions, &why), POINT_UNFIT);
	assert_string_equal(why, "its parameters are not as expected");
	assert_int_equal(functions.of[copy].id, 0);
	assert_int_equal(fit(copy, &functions, &why), POINT_UNFIT);
	assert_string_equal(why, "the kernel's BTF does not have it");
	btf__free(btf);
}

static void a_module_has_only_its_own_functions(void **state)
{
	unsigned int mmap = point_of("gntdev_mmap", 2), release = point_of("gntdev_release", 2);
	struct btf *vmlinux = btf__new_empty(), *module;
	struct btf_functions functions;
	int id;

	assert_non_null(vmlinux);
	add_function(vmlinux, "gntdev_mmap", 2);
	module = btf__new_empty_split(vmlinux);
	assert_non_null(module);
	id = add_function(module, "gntdev_release", 2);
	btf_functions__read(&functions, module);
	assert_int_equal(functions.of[mmap].id, 0);
	assert_int_equal(functions.of[release].id, id);
	btf__free(module);
	btf__free(vmlinux);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_name_and_parameters),
		cmocka_unit_test(a_module_has_only_its_own_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
