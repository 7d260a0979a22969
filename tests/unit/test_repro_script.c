// SPDX-License-Identifier: GPL-2.0
/*
 * Scripts of repro: valid steps are parsed, invalid ones are refused with their line, and all
 * scenarios are valid.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/scenarios.h"
#include "repro/script.h"
#include "repro/window.h"
#include "util/log.h"

static void assert_step(const char *text, const char *canonical)
{
	struct script script;
	char buf[128];

	assert_int_equal(script__parse(&script, "test", text), 0);
	assert_int_equal(script.nr, 1);
	step__format(&script.step[0], buf, sizeof(buf));
	assert_string_equal(buf, canonical);
}

static void test_steps(void **state)
{
	assert_step("granter grant 8100", "granter grant 8100");
	assert_step("  granter2\tkill  # and gone", "granter2 kill");
	assert_step("mapper ! map", "mapper !map");
	assert_step("mapper ?map", "mapper ?map");
	assert_step("mapper map retry", "mapper map retry 60");
	assert_step("mapper2 map retry 0.25", "mapper2 map retry 0.25");
	assert_step("mapper !map retry 2.500", "mapper !map retry 2.5");
	assert_step("mapper arm each\r\n", "mapper arm each");
	assert_step("granter grant 7 writable", "granter grant 7 writable");
	assert_step("mapper copy-from", "mapper copy-from");
	assert_step("mapper !copy-to", "mapper !copy-to");
	assert_step("mapper2 copy-to retry", "mapper2 copy-to retry 60");
	assert_step("granter await io", "granter await io 120");
	assert_step("granter await io 3", "granter await io 3");
	assert_step("granter2 tell more", "granter2 tell more");
	assert_step("granter read", "granter read 4");
	assert_step("mapper wait 0", "mapper wait 0");
}

static void test_fields(void **state)
{
	struct script script;

	assert_int_equal(
		script__parse(
			&script, "test",
			"repeat 20 every 0.05; granter grant 7\nmapper map retry 1.5;mapper map\n"
			"\n# nothing\nmapper !cue here-1"),
		0);
	assert_int_equal(script.nr, 4);
	assert_int_equal(script.repeat, 20);
	assert_true(script.every == 50 * NSEC_PER_MSEC);
	assert_int_equal(script.step[0].count, 7);
	assert_true(script.step[1].word && script.step[1].time == 1500 * NSEC_PER_MSEC);
	assert_true(!script.step[2].word && !step__budget(&script.step[2]));
	assert_string_equal(script.step[3].name, "here-1");
	assert_true(script__uses(&script, VERB_CUE) && !script__uses(&script, VERB_AWAIT));
	script__set_pages(&script, 99);
	assert_int_equal(script__window(&script), 99);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"# only words",
		"granter",
		"daemon map",
		"granter map",
		"mapper grant 3",
		"granter grant",
		"granter grant 0",
		"granter grant -1",
		"granter grant 65537",
		"granter grant 99999999999999999999",
		"granter grant 0x10",
		"granter grant 1 2",
		"granter free now",
		"mapper !",
		"mapper arm all",
		"mapper map again 3",
		"mapper copy",
		"mapper copy-from each",
		"granter copy-to",
		"mapper map retry 1 2",
		"mapper hold",
		"mapper hold 1e3",
		"mapper hold inf",
		"mapper hold -1",
		"mapper hold 99999",
		"granter cue ../../etc",
		"granter cue a/b",
		"granter await abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
		"granter wait 1\nrepeat 3",
		"repeat 0; granter wait 1",
		"repeat 3 each 4; granter wait 1",
		"a b c d e f g h i j k",
	};
	struct script script;
	char longest[5000];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(script__parse(&script, "test", bad[i]), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(script__parse(&script, "test", longest), -EINVAL);
}

static void test_too_many(void **state)
{
	static const char step[] = "granter wait 1\n";
	char text[(SCRIPT_STEPS_MAX + 1) * sizeof(step)] = "";
	struct script script;
	u32 i;

	for (i = 0; i < SCRIPT_STEPS_MAX; i++)
		strcat(text, step);
	assert_int_equal(script__parse(&script, "test", text), 0);
	assert_int_equal(script.nr, SCRIPT_STEPS_MAX);
	strcat(text, step);
	assert_int_equal(script__parse(&script, "test", text), -EINVAL);
}

static void test_expect(void **state)
{
	struct script_step step = {.expect = EXPECT_OK};

	assert_true(step__expects(&step, 0) && !step__expects(&step, EINVAL));
	step.expect = EXPECT_FAIL;
	assert_true(!step__expects(&step, 0) && step__expects(&step, EINVAL));
	step.expect = EXPECT_ANY;
	assert_true(step__expects(&step, 0) && step__expects(&step, EINVAL));
}

/* The hash tells different scripts apart, and does not depend on the layout. */
static void test_hash(void **state)
{
	struct script a, b;

	assert_int_equal(script__parse(&a, "test", "granter grant 4; mapper !map"), 0);
	assert_int_equal(script__parse(&b, "test", "# same\n granter  grant 4\nmapper ! map\n"), 0);
	assert_true(script__hash(&a) == script__hash(&b));
	script__set_pages(&b, 5);
	assert_true(script__hash(&a) != script__hash(&b));
	assert_int_equal(script__parse(&b, "test", "granter grant 4; mapper map"), 0);
	assert_true(script__hash(&a) != script__hash(&b));
}

static void test_scenarios(void **state)
{
	const struct scenario *scenario;
	struct script script, again;
	char text[SCRIPT_STEPS_MAX * 100], line[100];
	u32 i;

	for (scenario = scenarios; scenario->name; scenario++) {
		assert_int_equal(script__parse(&script, scenario->name, scenario->script), 0);
		assert_ptr_equal(scenario__find(scenario->name), scenario);
		/* The steps that --list prints are a valid argument of --script. */
		text[0] = '\0';
		for (i = 0; i < script.nr; i++) {
			step__format(&script.step[i], line, sizeof(line));
			strcat(strcat(text, line), "\n");
		}
		assert_int_equal(script__parse(&again, "again", text), 0);
		again.repeat = script.repeat;
		assert_true(script__hash(&again) == script__hash(&script));
	}
	assert_null(scenario__find("no such"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),	  cmocka_unit_test(test_fields),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_expect),	  cmocka_unit_test(test_hash),
		cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests_name("repro-script", tests, NULL, NULL);
}
