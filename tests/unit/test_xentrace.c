// SPDX-License-Identifier: GPL-2.0
/*
 * The decoder: framing, damage, order, the table of records. test_xentrace_context.c tests what the
 * decoder knows about pCPUs.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "test_xentrace_gen.h"
#include "test_xentrace_run.h"

#define CASES "tests/cases/xentrace"

/* --- files --- */

static char *read_text(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int c;

	if (!in) {
		fail_msg("%s: %s", path, strerror(errno));
		return NULL;
	}
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Parses hexadecimal digits in place. Comments begin with #. */
static size_t parse_hex(char *text)
{
	u8 *to = (u8 *)text;
	const char *p = text;
	size_t digits = 0;
	u32 value = 0;
	int digit;

	for (; *p; p++) {
		if (*p == '#')
			p += strcspn(p, "\n");
		digit = hex_digit(*p);
		if (digit < 0)
			continue;
		value = value << 4 | (u32)digit;
		if (++digits % 2 == 0)
			to[digits / 2 - 1] = (u8)value;
	}
	return digits / 2;
}

static int is_case(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".hex");
}

/* Checks for any size of pieces: the records are @expect, and the summary is the same. */
static void check_pieces(const u8 *trace, size_t len, const char *expect)
{
	static const size_t pieces[] = {1 << 20, 1, 3, 12, 0};
	char *text, *summary, *whole = run__summary(trace, len, len);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		text = run__text(trace, len, pieces[i], 0);
		assert_string_equal(text, expect);
		free(text);
		summary = run__summary(trace, len, pieces[i] ? pieces[i] : 61);
		assert_string_equal(summary, whole);
		free(summary);
	}
	free(whole);
}

/* NAME.hex decodes to NAME.txt. */
static void cases_decode(void **state)
{
	char path[300], *hex, *expect;
	struct dirent **list;
	size_t len;
	int i, n = scandir(CASES, &list, is_case, alphasort);

	(void)state;
	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), CASES "/%s", list[i]->d_name);
		hex = read_text(path);
		len = parse_hex(hex);
		memcpy(path + strlen(path) - 4, ".txt", 5);
		expect = read_text(path);
		check_pieces((u8 *)hex, len, expect);
		free(hex);
		free(expect);
		free(list[i]);
	}
	free(list);
}

/* --- many records --- */

/* A random trace of everything that the decoder treats specially, with losses. */
static void random_trace(struct trace_gen *gen, u32 steps)
{
	u32 i, cpu, words[7] = {5, 1, 2, 3, 4, 5, 6};

	for (i = 0; i < steps; i++) {
		cpu = gen__random(gen, GEN_CPUS);
		switch (gen__random(gen, 12)) {
		case 0:
			gen__switch_out(gen, cpu, gen__random(gen, 3), 0);
			break;
		case 1:
			gen__switch_in(gen, cpu, gen__random(gen, 3), 0);
			break;
		case 2:
			gen__grant_op(gen, cpu, gen__random(gen, 6), gen__random(gen, 9));
			break;
		case 3:
			gen__rec_no_tsc(gen, cpu, 0x82012, 1, (u32[]){20});
			break;
		case 4:
			gen__rec_no_tsc(gen, cpu, 0x1f002, gen__random(gen, 8), words);
			gen->records--;
			break;
		case 5:
			gen__rec_no_tsc(gen, cpu, 0x800f000 | gen__random(gen, 4096),
					gen__random(gen, 8), words);
			break;
		case 6:
			GEN_REC(gen, cpu, 0x1f001, 17, 1 << 16 | 5, (u32)gen->now, 1);
			break;
		case 7:
			gen__rec(gen, cpu,
				 1u << (16 + gen__random(gen, 11)) |
					 1u << (12 + gen__random(gen, 4)) | gen__random(gen, 64),
				 gen__random(gen, 8), words);
			break;
		case 8:
			if (!gen__random(gen, 20))
				gen__poll(gen);
			break;
		case 9:
			gen__unmap(gen, cpu, gen__random(gen, 20));
			break;
		default:
			gen__map(gen, cpu, gen__random(gen, 20));
			break;
		}
	}
	gen__poll(gen);
}

static void count_record(const struct xt_rec *rec, void *arg)
{
	(void)rec;
	++*(u64 *)arg;
}

static void pieces_do_not_matter(void **state)
{
	static const size_t pieces[] = {1, 5, 4096, 0};
	char *whole, *text;
	struct trace_gen gen;
	size_t i;

	(void)state;
	gen__init(&gen, 7);
	random_trace(&gen, 60000);
	whole = run__text(gen.out.data, gen.out.len, gen.out.len, 0);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		text = run__text(gen.out.data, gen.out.len, pieces[i], 0);
		assert_true(!strcmp(text, whole));
		free(text);
	}
	free(whole);
	gen__cleanup(&gen);
}

#define COUNTED_DOMAINS 32

/* Expected counts of a summary for domains below COUNTED_DOMAINS, by enum xt_kind. */
struct expected_counts {
	u64 by[COUNTED_DOMAINS][XT_KINDS], of[COUNTED_DOMAINS][XT_KINDS];
};

static void count_grant(const struct xt_rec *rec, void *arg)
{
	struct expected_counts *counts = arg;
	u32 of = xt_rec__word(rec, 0) & 0xffff;

	if (rec->event->kind != XT_GRANT_MAP && rec->event->kind != XT_GRANT_UNMAP &&
	    rec->event->kind != XT_GRANT_TRANSFER)
		return;
	if (rec->domid != XT_UNKNOWN && rec->domid < COUNTED_DOMAINS)
		counts->by[rec->domid][rec->event->kind]++;
	if (of < COUNTED_DOMAINS)
		counts->of[of][rec->event->kind]++;
}

static void has_counts_of(const char *summary, const struct expected_counts *counts, u32 domid)
{
	const u64 *by = counts->by[domid], *of = counts->of[domid];
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	fprintf(out,
		"\"domid\":%u,\"maps\":%llu,\"unmaps\":%llu,\"transfers\":%llu,\"mapped\":%llu,"
		"\"unmapped\":%llu,\"received\":%llu,",
		domid, (unsigned long long)by[XT_GRANT_MAP], (unsigned long long)by[XT_GRANT_UNMAP],
		(unsigned long long)by[XT_GRANT_TRANSFER], (unsigned long long)of[XT_GRANT_MAP],
		(unsigned long long)of[XT_GRANT_UNMAP], (unsigned long long)of[XT_GRANT_TRANSFER]);
	fclose(out);
	if (!strstr(summary, line))
		fail_msg("no %s in %s", line, summary);
	free(line);
}

/* A summary counts every record of the decoder, for any size of pieces. */
static void a_summary_counts_every_record(void **state)
{
	static const size_t pieces[] = {1, 17, 4096, 1 << 20};
	static struct expected_counts counts;
	char *summary, *other;
	struct trace_gen gen;
	size_t i, k;

	(void)state;
	gen__init(&gen, 7);
	random_trace(&gen, 4000);
	for (i = 0; i < 400; i++) {
		u32 cpu = gen__random(&gen, 2), nr = 1 + gen__random(&gen, 12);

		gen__switch_in(&gen, cpu, gen__random(&gen, 3), cpu);
		gen__grant_op(&gen, cpu, gen__random(&gen, 2), nr);
		for (k = gen__random(&gen, nr + 3); k; k--)
			gen__random(&gen, 5) ? gen__map(&gen, cpu, 3) : gen__unmap(&gen, cpu, 4);
		if (!gen__random(&gen, 9))
			gen__poll(&gen);
	}
	gen__poll(&gen);
	run__decode(gen.out.data, gen.out.len, 0, 0, count_grant, &counts);
	summary = run__summary(gen.out.data, gen.out.len, gen.out.len);
	for (i = 0; i < 20; i++)
		has_counts_of(summary, &counts, (u32)i);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		other = run__summary(gen.out.data, gen.out.len, pieces[i]);
		assert_string_equal(other, summary);
		free(other);
	}
	free(summary);
	gen__cleanup(&gen);
}

struct order_check {
	u64 last, records, back;
};

static void check_order(const struct xt_rec *rec, void *arg)
{
	struct order_check *check = arg;

	check->records++;
	check->back += rec->tsc < check->last;
	check->last = rec->tsc;
}

static void all_records_come_in_order(void **state)
{
	struct order_check check = {0};
	struct xt_stats stats;
	struct trace_gen gen;
	u32 i;

	(void)state;
	gen__init(&gen, 3);
	for (i = 0; i < 300000; i++) {
		gen__map(&gen, gen__random(&gen, GEN_CPUS), 5);
		if (!gen__random(&gen, 3000))
			gen__poll(&gen);
	}
	gen__poll(&gen);
	stats = run__decode(gen.out.data, gen.out.len, 0, 0, check_order, &check);
	assert_int_equal(check.back, 0);
	assert_int_equal(check.records, gen.records);
	assert_int_equal(stats.late, 0);
	assert_int_equal(stats.records, gen.records);
	assert_int_equal(stats.bytes, gen.out.len);
	assert_int_equal(stats.cpus, GEN_CPUS);
	gen__cleanup(&gen);
}

/*
 * A pass larger than the memory limit: records are written early, and late ones are marked and
 * counted.
 */
static void look_ahead_is_bounded(void **state)
{
	const size_t bound = 2u << 20;
	struct order_check check = {0};
	struct xt_stats stats;
	struct trace_gen gen;
	u32 i;

	(void)state;
	gen__init(&gen, 3);
	for (i = 0; i < 1000000; i++)
		gen__map(&gen, gen__random(&gen, GEN_CPUS), 5);
	gen__poll(&gen);
	stats = run__decode(gen.out.data, gen.out.len, 65536, bound, check_order, &check);
	assert_int_equal(check.records, gen.records);
	assert_true(stats.forced > 0);
	assert_true(stats.late > 0);
	assert_true(xt_stats__blind(&stats));
	assert_true(stats.held_max < bound + (600u << 10));

	check = (struct order_check){0};
	stats = run__decode(gen.out.data, gen.out.len, 65536, 32u << 20, check_order, &check);
	assert_int_equal(stats.late, 0);
	assert_int_equal(check.back, 0);
	gen__cleanup(&gen);
}

static void memory_does_not_grow_with_the_trace(void **state)
{
	struct xt_stats stats[2];
	struct trace_gen gen;
	u64 n = 0;
	u32 i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		gen__init(&gen, 3);
		for (i = 0; i < (k ? 1000000 : 100000); i++) {
			gen__map(&gen, gen__random(&gen, GEN_CPUS), 5);
			if (i % 5000 == 0)
				gen__poll(&gen);
		}
		gen__poll(&gen);
		stats[k] = run__decode(gen.out.data, gen.out.len, 65536, 0, count_record, &n);
		gen__cleanup(&gen);
	}
	assert_true(stats[1].held_max <= stats[0].held_max + (300u << 10));
	assert_true(stats[1].held_max < 2u << 20);
}

/* --- time --- */

static void records_after_a_suspend_follow_earlier_ones(void **state)
{
	struct order_check check = {0};
	struct xt_stats stats;
	struct trace_gen gen;
	char *text;

	(void)state;
	gen__init(&gen, 3);
	gen.now = (u64)1 << 40;
	gen__switch_in(&gen, 0, 1, 0);
	gen__map(&gen, 0, 5);
	gen__map(&gen, 1, 6);
	gen__poll(&gen);
	gen__map(&gen, 1, 7);
	gen.now = 1000;
	gen__map(&gen, 0, 8);
	gen__map(&gen, 1, 9);
	gen__map(&gen, 0, 10);
	gen__poll(&gen);
	stats = run__decode(gen.out.data, gen.out.len, 0, 0, check_order, &check);
	assert_int_equal(stats.tsc_back, 2);
	assert_int_equal(stats.late, 0);
	assert_int_equal(check.back, 1);
	text = run__text(gen.out.data, gen.out.len, 0, 0);
	assert_non_null(strstr(text, "granter=7"));
	assert_true(strstr(text, "granter=7") < strstr(text, "granter=8"));
	assert_true(strstr(text, "granter=8") < strstr(text, "granter=9"));
	assert_true(strstr(text, "granter=9") < strstr(text, "granter=10"));
	/* The vCPU before the suspend tells nothing about the time after it. */
	assert_non_null(strstr(text, "d?v? page_grant_map granter=8"));
	free(text);
	gen__cleanup(&gen);
}

static void a_corrected_tsc_keeps_its_place(void **state)
{
	struct xt_stats stats;
	struct trace_gen gen;
	char *text;

	(void)state;
	gen__init(&gen, 3);
	gen__map(&gen, 0, 5);
	gen.now -= 3000;
	gen__map(&gen, 0, 6);
	gen.now += 10000;
	gen__map(&gen, 0, 7);
	gen__poll(&gen);
	text = run__text(gen.out.data, gen.out.len, 0, 0);
	assert_true(strstr(text, "granter=5") < strstr(text, "granter=6"));
	assert_non_null(strstr(text, "granter=6 call=? !tsc-back"));
	free(text);
	stats = run__decode(gen.out.data, gen.out.len, 0, 0, run__print, stderr);
	assert_int_equal(stats.tsc_back, 1);
	gen__cleanup(&gen);
}

/* A window of an earlier pass, which no xentrace writes. */
static void late_records_are_reported(void **state)
{
	struct xt_stats stats;
	struct trace_gen gen, old;
	char *text;
	u32 i;

	(void)state;
	gen__init(&gen, 3);
	gen__init(&old, 3);
	gen__map(&old, 1, 99);
	for (i = 0; i < 5; i++) {
		gen__map(&gen, 0, 5);
		gen__map(&gen, 2, 5);
		gen__poll(&gen);
	}
	gen_bytes__add(&gen.cpu[1], old.cpu[1].data, old.cpu[1].len);
	gen__poll(&gen);
	text = run__text(gen.out.data, gen.out.len, 0, 0);
	assert_non_null(strstr(text, "granter=99 call=? !late"));
	assert_non_null(strstr(text, "blind: records out of order: 1\n"));
	free(text);
	stats = run__decode(gen.out.data, gen.out.len, 0, 0, run__print, stderr);
	assert_int_equal(stats.late, 1);
	gen__cleanup(&gen);
	gen__cleanup(&old);
}

static void a_record_without_tsc_takes_the_last_one(void **state)
{
	struct trace_gen gen;
	char *text;
	u64 tsc;
	char line[100];

	(void)state;
	gen__init(&gen, 3);
	gen__rec_no_tsc(&gen, 0, 0x82012, 1, (u32[]){34});
	tsc = gen__map(&gen, 0, 5);
	gen__map(&gen, 1, 6);
	gen__rec_no_tsc(&gen, 0, 0x800f001, 1, (u32[]){7});
	gen__poll(&gen);
	text = run__text(gen.out.data, gen.out.len, 0, 0);
	assert_non_null(strstr(text, "0 p0 d?v? vmmcall op=34 call=? !no-tsc !no-time\n"));
	snprintf(line, sizeof(line), "%llu p0 d?v? guest 0x0800f001 0x7 call=? !no-tsc\n",
		 (unsigned long long)tsc);
	assert_non_null(strstr(text, line));
	assert_true(strstr(text, line) < strstr(text, "granter=6"));
	free(text);
	gen__cleanup(&gen);
}

/* --- the table --- */

static void every_id_is_found(void **state)
{
	const struct xt_event *event;
	u32 i, other;

	(void)state;
	for (i = 0; (event = xt_event__at(i)); i++) {
		assert_ptr_equal(xt_event__find(event->id), event);
		assert_ptr_equal(xt_event__find(event->id | event->any), event);
		assert_int_equal(event->id & event->any, 0);
		for (other = 0; other < i; other++)
			assert_string_not_equal(event->name, xt_event__at(other)->name);
	}
	assert_null(xt_event__find(0x0010f008)->name);
	assert_null(xt_event__find(0)->name);
	assert_string_equal(hypercall__name(20), "grant_table_op");
	assert_string_equal(gnttab_cmd__name(5), "copy");
	assert_null(hypercall__name(11));
	assert_null(hypercall__name(UINT32_MAX));
}

/* The manual has the table as the program prints it. */
static void manual_has_the_table(void **state)
{
	char *manual = read_text("docs/xentrace.md"), *table = NULL, *line, *save = NULL;
	size_t size;
	FILE *out = open_memstream(&table, &size);

	(void)state;
	xt_event__print_all(out);
	fclose(out);
	for (line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strstr(manual, line))
			fail_msg("docs/xentrace.md lacks: %s", line);
	free(table);
	free(manual);
}

/* --- JSON --- */

static void json_lines_are_whole(void **state)
{
	char *text = NULL, *line, *save = NULL;
	struct trace_gen gen;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u64 lines = 0;

	(void)state;
	gen__init(&gen, 11);
	random_trace(&gen, 20000);
	run__decode(gen.out.data, gen.out.len, 4096, 0, run__print_json, out);
	fclose(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_memory_equal(line, "{\"type\":\"record\",\"schema\":1,", 27);
		assert_string_equal(line + strlen(line) - 2, "]}");
		lines++;
	}
	assert_int_equal(lines, gen.records);
	free(text);
	gen__cleanup(&gen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_decode),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(a_summary_counts_every_record),
		cmocka_unit_test(all_records_come_in_order),
		cmocka_unit_test(look_ahead_is_bounded),
		cmocka_unit_test(memory_does_not_grow_with_the_trace),
		cmocka_unit_test(records_after_a_suspend_follow_earlier_ones),
		cmocka_unit_test(a_corrected_tsc_keeps_its_place),
		cmocka_unit_test(late_records_are_reported),
		cmocka_unit_test(a_record_without_tsc_takes_the_last_one),
		cmocka_unit_test(every_id_is_found),
		cmocka_unit_test(manual_has_the_table),
		cmocka_unit_test(json_lines_are_whole),
	};

	return cmocka_run_group_tests_name("xentrace", tests, NULL, NULL);
}
