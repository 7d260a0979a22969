// SPDX-License-Identifier: GPL-2.0
/* Lines of JSON, arrays that grow, options of few words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/array.h"
#include "util/json_line.h"
#include "util/options.h"

static void a_line_keeps_the_order_of_its_keys(void **state)
{
	struct json_line line;
	json_t *ranges = json_array();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	json__append_range(ranges, 8, 4294967295u);
	json_line__begin(&line, out, "test");
	json__set_string(line.object, "name", "a\"b\\c\n\xff/");
	json_line__real(&line, "first", "%.3f", 1.5);
	json_line__real(&line, "second", "%.1f", 2.0);
	json__set_bool(line.object, "yes", true);
	json_object_set_new(line.object, "ranges", ranges);
	json_line__end(&line);
	fclose(out);
	assert_string_equal(text, "{\"type\":\"test\",\"schema\":1,"
				  "\"name\":\"a\\\"b\\\\c\\\\x0a\\\\xff/\","
				  "\"first\":1.500,\"second\":2.0,\"yes\":true,"
				  "\"ranges\":[[8,4294967295]]}\n");
	free(text);
}

static void an_array_keeps_its_elements(void **state)
{
	u32 *array = NULL, room = 0, i;

	for (i = 0; i < 1000; i++) {
		array = array__reserve(array, &room, i + 1, sizeof(*array));
		assert_non_null(array);
		array[i] = i;
	}
	assert_int_equal(room, 1024);
	for (i = 0; i < 1000; i++)
		assert_int_equal(array[i], i);
	free(array);
}

enum colour { RED, GREEN, BLUE };

struct test_config {
	enum colour colour;
};

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct opt opts[] = {
	{.name = "colour",
	 .type = OPT_ENUM,
	 .names = colours,
	 .offset = offsetof(struct test_config, colour)},
};
static const struct command command = {
	.name = "test", .args = "", .opts = opts, .nr_opts = ARRAY_SIZE(opts)};

static void an_enum_takes_its_names_only(void **state)
{
	char *good[] = {"test", "--colour", "blue", NULL};
	char *bad[] = {"test", "--colour", "gree", NULL};
	struct test_config cfg = {.colour = GREEN};

	assert_int_equal(opts__parse(&command, 3, good, &cfg), 3);
	assert_int_equal(cfg.colour, BLUE);
	assert_int_equal(opts__parse(&command, 3, bad, &cfg), OPTS_BAD);
	assert_int_equal(cfg.colour, BLUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_keeps_the_order_of_its_keys),
		cmocka_unit_test(an_array_keeps_its_elements),
		cmocka_unit_test(an_enum_takes_its_names_only),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
