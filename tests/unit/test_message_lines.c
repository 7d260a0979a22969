// SPDX-License-Identifier: GPL-2.0
/*
 * tests/messages.txt: real lines for every row of the table of messages, and the values read from
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "known/messages.h"

#define ROWS_MAX 1024

static const char *const hole_names[HOLE_MAX] = {
#define HOLE_NAME(symbol, name) [HOLE_##symbol] = name,
	MESSAGE_HOLES(HOLE_NAME)
#undef HOLE_NAME
};

static void add_value(FILE *out, const struct message_value *value)
{
	if (value->hole == HOLE_TEXT)
		return;
	fprintf(out, " %s=", hole_names[value->hole]);
	if (value->number == UINT64_MAX)
		fprintf(out, "%.*s", (int)(value->end - value->begin), value->begin);
	else
		fprintf(out, "%s%llu", value->negative ? "-" : "",
			(unsigned long long)value->number);
}

/* Returns the match as the file has it, such as "xen-bad-ref ref=419 granter=5". */
static char *describe(const struct message_match *match)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	fputs(match->message->id, out);
	for (i = 0; i < match->nr; i++)
		add_value(out, &match->value[i]);
	fclose(out);
	return text;
}

/* Compares by number: "4.10" is later than "4.9". */
static int compare_versions(const char *a, const char *b)
{
	unsigned int a1 = 0, a2 = 0, b1 = 0, b2 = 0;

	sscanf(a, "%u.%u", &a1, &a2);
	sscanf(b, "%u.%u", &b1, &b2);
	return a1 != b1 ? (a1 > b1) - (a1 < b1) : (a2 > b2) - (a2 < b2);
}

/* The releases in a source line, such as "# Xen 4.0 to 4.8, …", must be within the row's range. */
static void check_releases(const char *source, const struct known_message *message)
{
	char first[8], last[8];
	int n = sscanf(source, "# Xen %7[0-9.] to %7[0-9.]", first, last);

	if (n < 1 || message->origin != ORIGIN_XEN)
		return;
	if (n < 2)
		strcpy(last, first);
	if (message->since && compare_versions(message->since, first) > 0)
		fail_msg("%s: the row begins at Xen %s, but Xen %s prints the message",
			 message->format, message->since, first);
	if (message->until && compare_versions(message->until, last) < 0)
		fail_msg("%s: the row ends at Xen %s, but Xen %s prints the message",
			 message->format, message->until, last);
}

static void mark_row(const struct known_message *message, bool *tried)
{
	u32 i;

	for (i = 0; message__at(i); i++)
		if (message__at(i) == message ||
		    ((message->since_fix || message->or_behind) && message__at(i) == message + 1))
			tried[i] = true;
}

static void check_line(const char *line, const char *expected, const char *source, bool *tried)
{
	struct message_match match;
	char *text;

	if (message__match(line, strlen(line), &match) != LINE_KNOWN)
		fail_msg("unknown message: %s", line);
	text = describe(&match);
	if (strcmp(text, expected))
		fail_msg("%s\n is read as %s\n instead of %s", line, text, expected);
	free(text);
	if (!source[0])
		fail_msg("line without a source: %s", line);
	check_releases(source, match.message);
	mark_row(match.message, tried);
}

/* Checks the file line by line: the source, the expected match, and after a tab the message. */
static void check_file(FILE *in, bool *tried)
{
	char *text = NULL, expected[400] = "", source[200] = "";
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&text, &cap, in)) > 0) {
		text[n - 1] = '\0';
		if (text[0] == '\t')
			check_line(text + 1, expected, source, tried);
		else if (text[0] == '#' && text[1] == ' ')
			snprintf(source, sizeof(source), "%s", text);
		else if (text[0])
			snprintf(expected, sizeof(expected), "%s", text);
		else
			source[0] = '\0';
	}
	free(text);
}

static void test_lines(void **state)
{
	static bool tried[ROWS_MAX];
	FILE *in = fopen("tests/messages.txt", "r");
	const struct known_message *message;
	u32 i;

	assert_non_null(in);
	check_file(in, tried);
	fclose(in);
	for (i = 0; (message = message__at(i)); i++)
		if (!tried[i])
			fail_msg("tests/messages.txt has no line for the format: %s",
				 message->format);
}

/* Formats with one id are variants of one message. */
static void test_ids(void **state)
{
	const struct known_message *a, *b;
	u32 i, j;

	for (i = 0; (a = message__at(i)); i++)
		for (j = 0; j < i; j++) {
			b = message__at(j);
			if (strcmp(a->id, b->id)) {
				assert_string_not_equal(a->format, b->format);
				continue;
			}
			assert_int_equal(a->origin, b->origin);
			assert_int_equal(a->role, b->role);
		}
}

/* A message has another meaning in kernels with a fix. */
static void test_since_fix(void **state)
{
	const struct known_message *message = message__find("backed has not unmapped grant: 80");
	const struct known_message *before = message__of_kernel(message, "5.10.40", "");

	assert_int_equal(message->weight, MESSAGE_DEVICE_LOST);
	assert_int_equal(before->weight, MESSAGE_TROUBLE);
	assert_string_equal(before->id, message->id);
	assert_string_equal(before->format, message->format);
	assert_ptr_equal(message__of_kernel(message, "5.10.105", ""), message);
	assert_ptr_equal(message__of_kernel(message, "4.14.270", ""), before);
	assert_ptr_equal(message__of_kernel(message, "4.14.271", ""), message);
	assert_ptr_equal(message__of_kernel(message, "4.9.305", ""), before);
	assert_ptr_equal(message__of_kernel(message, "4.9.306", ""), message);
	assert_ptr_equal(message__of_kernel(message, "6.1.0-56-amd64", ""), message);
	assert_ptr_equal(message__of_kernel(message, "", ""), message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_since_fix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
