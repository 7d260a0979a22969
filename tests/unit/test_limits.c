// SPDX-License-Identifier: GPL-2.0
/* --limit: the table's bounds hold, and what is wrong is said with what would be right. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/limits.h"
#include "rules/rules.h"

static void a_limit_is_set_in_its_unit(void **state)
{
	struct rules_config config;
	char why[256];

	limits__defaults(&config);
	assert_int_equal(config.linger_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(config.backlog, 1000);
	assert_int_equal(limits__set(&config, "lingering-map=5", why, sizeof(why)), 0);
	assert_int_equal(limits__set(&config, "deferral-backlog=7", why, sizeof(why)), 0);
	assert_int_equal(config.linger_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(config.backlog, 7);
	assert_int_equal(config.leak_ns, 60 * NSEC_PER_SEC);
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
	struct rules_config config, before;
	char why[256];
	unsigned int i;

	limits__defaults(&before);
	limits__defaults(&config);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		why[0] = '\0';
		assert_int_equal(limits__set(&config, wrong[i], why, sizeof(why)), -EINVAL);
		assert_true(strlen(why) > 20);
		assert_memory_equal(&config, &before, sizeof(config));
	}
	limits__set(&config, "stale-map=3", why, sizeof(why));
	assert_non_null(strstr(why, "deferral-backlog"));
	limits__set(&config, "grant-leak=0", why, sizeof(why));
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
