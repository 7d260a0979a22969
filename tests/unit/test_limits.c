// SPDX-License-Identifier: GPL-2.0
/* --limit: values within the table's bounds are set, and messages about others name the bounds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/policy.h"

static void a_limit_is_set_in_its_unit(void **state)
{
	struct policy policy = policy_defaults;
	char why[256];

	assert_int_equal(policy.linger_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(policy.backlog, 1000);
	assert_int_equal(policy__set_limit(&policy, "lingering-map=5", why, sizeof(why)), 0);
	assert_int_equal(policy__set_limit(&policy, "deferral-backlog=7", why, sizeof(why)), 0);
	assert_int_equal(policy.linger_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(policy.backlog, 7);
	assert_int_equal(policy.leak_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(policy.history_bytes, 64 << 20);
	assert_int_equal(policy__set_limit(&policy, "history=2", why, sizeof(why)), 0);
	assert_int_equal(policy.history_bytes, 2 << 20);
}

static void a_wrong_limit_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"lingering-map",
		"lingering-map=",
		"lingering-map=0",
		"lingering-map=x",
		"stale-map=3",
		"lingering-map=86401",
		"lingering=5",
		"lingering-map=-1",
		"lingering-map= 5",
		"lingering-mapx=5",
		"deferral-backlog=99999999999999999999999",
	};
	struct policy policy = policy_defaults;
	char why[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		why[0] = '\0';
		assert_int_equal(policy__set_limit(&policy, wrong[i], why, sizeof(why)), -EINVAL);
		assert_true(strlen(why) > 20);
		assert_memory_equal(&policy, &policy_defaults, sizeof(policy));
	}
	policy__set_limit(&policy, "stale-map=3", why, sizeof(why));
	assert_non_null(strstr(why, "deferral-backlog"));
	policy__set_limit(&policy, "grant-leak=0", why, sizeof(why));
	assert_non_null(strstr(why, "1 to 86400"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_is_set_in_its_unit),
		cmocka_unit_test(a_wrong_limit_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
