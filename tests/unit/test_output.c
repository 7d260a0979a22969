// SPDX-License-Identifier: GPL-2.0
/* Output files that exist already. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/output.h"

static char dir[] = "/tmp/grantwatch-output-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned int turn;
	char *at = path[turn++ % 4];

	snprintf(at, sizeof(path[0]), "%s/%s", dir, name);
	return at;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static const char *content(const char *name)
{
	static char text[64];
	FILE *file = fopen(path_of(name), "re");

	memset(text, 0, sizeof(text));
	if (!file)
		return "no file";
	(void)!fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	return text;
}

static void test_rotate(void **state)
{
	(void)state;
	assert_int_equal(output__rotate(path_of("f"), 2), 0);
	assert_string_equal(content("f.1"), "no file");
	put("f", "one");
	assert_int_equal(output__rotate(path_of("f"), 2), 0);
	assert_string_equal(content("f"), "no file");
	assert_string_equal(content("f.1"), "one");
	/* An empty file is not rotated, so it displaces no older one. */
	put("f", "");
	assert_int_equal(output__rotate(path_of("f"), 2), 0);
	assert_string_equal(content("f.1"), "one");
	put("f", "two");
	assert_int_equal(output__rotate(path_of("f"), 2), 0);
	put("f", "three");
	assert_int_equal(output__rotate(path_of("f"), 2), 0);
	assert_string_equal(content("f.1"), "three");
	assert_string_equal(content("f.2"), "two");
	assert_string_equal(content("f.3"), "no file");
}

/* A disk that was full for a while: the first write fails, later ones do not. */
static ssize_t write_later(void *cookie, const char *text, size_t len)
{
	unsigned int *writes = cookie;

	if ((*writes)++)
		return (ssize_t)len;
	errno = ENOSPC;
	return 0;
}

static void test_lost_before(void **state)
{
	unsigned int writes = 0;
	FILE *out = fopencookie(&writes, "w", (cookie_io_functions_t){.write = write_later});

	(void)state;
	fputs("the beginning", out);
	assert_int_not_equal(fflush(out), 0);
	fputs("the end", out);
	assert_int_equal(fflush(out), 0);
	assert_int_equal(output__flush(out, "report"), -1);
	assert_int_equal(output__close(out, "report"), -1);
	out = fopencookie(&writes, "w", (cookie_io_functions_t){.write = write_later});
	fputs("all of it", out);
	assert_int_equal(output__close(out, "report"), 0);
}

static void test_create(void **state)
{
	struct output_config config = {.path = path_of("new")};
	int fd = output__create(&config, 0600), other;

	(void)state;
	assert_true(fd >= 0);
	/* The file is empty, but in use. */
	assert_int_equal(output__create(&config, 0600), -EBUSY);
	assert_int_equal(write(fd, "text", 4), 4);
	config.force = true;
	assert_int_equal(output__create(&config, 0600), -EBUSY);
	assert_string_equal(content("new"), "text");
	close(fd);
	config.force = false;
	assert_int_equal(output__create(&config, 0600), -EEXIST);
	assert_string_equal(content("new"), "text");
	output__protect(config.path);
	config.force = true;
	assert_int_equal(output__create(&config, 0600), -EDEADLK);
	assert_string_equal(content("new"), "text");
	put("other", "text");
	config.path = path_of("other");
	other = output__create(&config, 0600);
	assert_true(other >= 0);
	close(other);
	assert_string_equal(content("other"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotate),
		cmocka_unit_test(test_lost_before),
		cmocka_unit_test(test_create),
	};

	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
