// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of JSON, messages of Protocol Buffers, arrays, hash tables, options with a fixed set of
 * values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/array.h"
#include "util/hash.h"
#include "util/json_line.h"
#include "util/options.h"
#include "util/protobuf.h"

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

/* The bytes are those of the encoding's specification. */
static void a_message_is_encoded(void **state)
{
	static const u8 expected[] = "\x08\x96\x01"				/* field 1: 150 */
				     "\xf9\x02\x08\x07\x06\x05\x04\x03\x02\x01" /* field 47 */
				     "\x1a\x11"			      /* field 3: 17 bytes */
				     "\x12\x0ftesting\\x0a\xc2\xb1 %" /* field 2 of it */
				     "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	struct protobuf buf = {};
	u32 begin;

	protobuf__add_number(&buf, 1, 150);
	protobuf__add_fixed64(&buf, 47, 0x0102030405060708);
	begin = protobuf__begin(&buf, 3);
	protobuf__add_string(&buf, 2, "testing\n\xc2\xb1 %");
	protobuf__end(&buf, begin);
	protobuf__add_number(&buf, 4, UINT64_MAX);
	assert_int_equal(buf.len, sizeof(expected) - 1);
	assert_memory_equal(buf.data, expected, buf.len);
	free(buf.data);
}

static void a_long_message_has_a_long_length(void **state)
{
	struct protobuf buf = {};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 begin = protobuf__begin(&buf, 1), i;

	for (i = 0; i < 100; i++)
		protobuf__add_number(&buf, 1, 1);
	protobuf__end(&buf, begin);
	begin = protobuf__begin(&buf, 2);
	protobuf__end(&buf, begin);
	protobuf__write(&buf, out);
	fclose(out);
	assert_int_equal(size, 3 + 200 + 2);
	assert_memory_equal(text, "\x0a\xc8\x01\x08\x01", 5);
	assert_memory_equal(text + 203, "\x12\x00", 2);
	assert_null(buf.data);
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

static void a_hash_grows_and_forgets(void **state)
{
	struct hash hash = {};
	u64 key;

	assert_int_equal(hash__find(&hash, 1), 0);
	hash__remove(&hash, 1);
	for (key = 0; key < 10000; key++)
		assert_int_equal(hash__set(&hash, key * 0x1000, (u32)key + 1), 0);
	for (key = 1; key < 10000; key += 2)
		hash__remove(&hash, key * 0x1000);
	for (key = 0; key < 10000; key++)
		assert_int_equal(hash__find(&hash, key * 0x1000), key & 1 ? 0 : key + 1);
	assert_int_equal(hash.used, 5000);
	hash__clear(&hash);
	assert_int_equal(hash__find(&hash, 0), 0);
}

static void a_hash_replaces_a_value(void **state)
{
	struct hash hash = {};

	assert_int_equal(hash__set(&hash, 7, 1), 0);
	assert_int_equal(hash__set(&hash, 7, 2), 0);
	assert_int_equal(hash__find(&hash, 7), 2);
	assert_int_equal(hash.used, 1);
	hash__clear(&hash);
}

/* Compares with an array. The few close keys make most lookups pass other keys. */
static void a_hash_is_right_when_it_is_nearly_full(void **state)
{
	u32 want[1 << 8] = {}, random = 1, i, key;
	struct hash hash = {};

	for (i = 0; i < 200000; i++) {
		random = random * 1664525u + 1013904223u;
		key = random >> 24;
		if (want[key]) {
			hash__remove(&hash, key);
			want[key] = 0;
		} else if (hash.used < 192) {
			want[key] = i + 1;
			assert_int_equal(hash__set(&hash, key, i + 1), 0);
		}
		key = random >> 8 & 0xff;
		assert_int_equal(hash__find(&hash, key), want[key]);
	}
	assert_int_equal(hash.size, 256);
	hash__clear(&hash);
}

static void a_hash_keeps_reserved_room(void **state)
{
	struct hash hash = {};
	const struct hash_slot *slot;
	u32 key;

	assert_int_equal(hash__set(&hash, 5000, 1), 0);
	assert_int_equal(hash__reserve(&hash, 4096), 0);
	slot = hash.slot;
	for (key = 1; key < 4096; key++)
		assert_int_equal(hash__set(&hash, key, key), 0);
	assert_ptr_equal(hash.slot, slot);
	assert_int_equal(hash__find(&hash, 5000), 1);
	hash__clear(&hash);
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
		cmocka_unit_test(a_message_is_encoded),
		cmocka_unit_test(a_long_message_has_a_long_length),
		cmocka_unit_test(an_array_keeps_its_elements),
		cmocka_unit_test(a_hash_grows_and_forgets),
		cmocka_unit_test(a_hash_replaces_a_value),
		cmocka_unit_test(a_hash_is_right_when_it_is_nearly_full),
		cmocka_unit_test(a_hash_keeps_reserved_room),
		cmocka_unit_test(an_enum_takes_its_names_only),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
