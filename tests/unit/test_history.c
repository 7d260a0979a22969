// SPDX-License-Identifier: GPL-2.0
/*
 * The limit of one domain's history: a guest grants more refs than the limit has memory for, beside
 * an honest pair with a race. The guest's oldest grants are forgotten and counted, and the race
 * stays proven.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/text.h"
#include "pipeline/pipeline.h"

#define PAIR "tests/cases/stale-map-armed/"

enum flood { FLOOD_NONE, FLOOD_ENDED, FLOOD_LIVE, FLOOD_ENDED_BUT_FIRST };

/* What happens all the time during a flood to refs that were last used before it. */
enum late { LATE_NONE, LATE_FREE, LATE_FREE_AGAIN, LATE_RETRY, LATE_GRANT };

#define LATE_REF 100000 /* the first of these refs */
#define LATE_NR	 4000	/* one each 2 ms */

static int pack(FILE *in)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);

	assert_non_null(in);
	assert_int_equal(text__pack(in, "capture", writer), 0);
	capture_writer__free(writer);
	fclose(in);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The uses of the late refs before the flood: all are granted, and ended unless they are freed. */
static void print_early(FILE *file, enum late late)
{
	u32 i;

	for (i = 0; late && i < LATE_NR; i++) {
		fprintf(file, "grant out %.7f task 1 stack 1 ref %u peer 0 gflags 0 frame 0x%x\n",
			0.6 + 1e-6 * i, LATE_REF + i, 4096 + i);
		if (late != LATE_FREE)
			fprintf(file, "revoke out %.7f task 1 stack 2 ref %u result %s\n",
				0.6 + 1e-6 * i + 1e-7, LATE_REF + i,
				late == LATE_RETRY ? "refused" : "ok");
		if (late == LATE_FREE_AGAIN)
			fprintf(file, "free out %.7f task 1 stack 3 ref %u\n",
				0.6 + 1e-6 * i + 2e-7, LATE_REF + i);
	}
}

/* The late use of the next of these refs, if it is due @at. */
static void print_late(FILE *file, enum late late, double at, u32 *nr)
{
	const char *const use[] = {
		[LATE_FREE] = "free out %.7f task 1 stack 3 ref %u\n",
		[LATE_FREE_AGAIN] = "free out %.7f task 1 stack 3 ref %u\n",
		[LATE_RETRY] = "revoke out %.7f stack 4 ref %u result refused\n",
		[LATE_GRANT] = "grant out %.7f task 1 stack 1 ref %u peer 0 gflags 0 frame 0x1\n",
	};

	if (!late || *nr == LATE_NR || at < 1 + 0.002 * *nr)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	fprintf(file, use[late], at, LATE_REF + *nr);
#pragma GCC diagnostic pop
	++*nr;
}

/* A guest grants @nr refs from 1 s to 9 s, and ends each at once, or all but the first, or none. */
static int flood(enum flood flood, u32 nr, enum late late)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	double at = 1, step = 8.0 / nr;
	u32 i, nr_late = 0;
	int fd;

	fprintf(file,
		"grantwatch-capture 1\n"
		"fact time 0 key domid value 7\n"
		"task id 1 pid 231 tid 231 comm flood\n"
		"stack id 1 frames gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 [xen_gntalloc]\n"
		"stack id 2 frames gnttab_end_foreign_access+0x2a; __del_gref+0x51 [xen_gntalloc]\n"
		"stack id 3 frames gnttab_free_grant_reference+0x12; __del_gref+0x51 [xen_gntalloc]\n"
		"stack id 4 frames gnttab_handle_deferred+0x66; call_timer_fn+0x2c\n"
		"clock cpu 0 mono 0.5 tsc0 1000000 tsc1 1000100 stamp 0 system 100.5 mul 1 shift 0\n"
		"clock cpu 0 mono 20.5 tsc0 1000000 tsc1 1000100 stamp 0 system 120.5 mul 1 shift 0\n");
	print_early(file, late);
	for (i = 0; i < nr; i++, at += step) {
		print_late(file, late, at, &nr_late);
		fprintf(file, "grant out %.7f task 1 stack 1 ref %u peer 0 gflags 0 frame 0x%x\n",
			at, 100 + i, 4096 + i);
		if (flood == FLOOD_ENDED || (flood == FLOOD_ENDED_BUT_FIRST && i))
			fprintf(file, "revoke out %.7f task 1 stack 2 ref %u result ok\n",
				at + step / 2, 100 + i);
		if (i % 500 == 499)
			fprintf(file, "mark %.7f\n", at + step / 2);
	}
	fprintf(file, "end time 10 events %u lost 0\nmark 10\n", nr);
	fclose(file);
	fd = pack(fmemopen(text, size, "r"));
	free(text);
	return fd;
}

/* A capture of the pair, with a mark every 50 ms as recorders write them. @at: its beginning, s. */
static int pair(const char *path, double at)
{
	FILE *in = fopen(path, "r"), *file;
	char line[512], *text;
	const char *out;
	size_t size;
	int fd;

	assert_non_null(in);
	file = open_memstream(&text, &size);
	while (fgets(line, sizeof(line), in)) {
		out = strstr(line, strncmp(line, "end ", 4) ? " out " : "time ");
		for (; out && at < strtod(out + 5, NULL); at += 0.05)
			fprintf(file, "mark %.2f\n", at);
		fputs(line, file);
	}
	fclose(in);
	fclose(file);
	fd = pack(fmemopen(text, size, "r"));
	free(text);
	return fd;
}

static struct pipeline *judge_late(enum flood kind, u32 nr, enum late late)
{
	struct pipeline *pipeline = pipeline__new(false);

	pipeline->policy.history_bytes = 1 << 20;
	pipeline__add(pipeline, feed__new(pair(PAIR "d0.txt", 100.6), "capture", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(pair(PAIR "d5.txt", 0.6), "capture", DOMID_UNKNOWN));
	if (kind != FLOOD_NONE)
		pipeline__add(pipeline, feed__new(flood(kind, nr, late), "capture", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	return pipeline;
}

static struct pipeline *judge(enum flood kind, u32 nr)
{
	return judge_late(kind, nr, LATE_NONE);
}

/* The one that stands. */
static const struct finding *only_finding(const struct pipeline *pipeline)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	const struct finding *found = NULL;
	u32 i;

	for (i = 0; i < findings->nr; i++) {
		if (findings->item[i]->gone)
			continue;
		assert_null(found);
		found = findings->item[i];
	}
	assert_non_null(found);
	return found;
}

static bool has_sentence(const struct pipeline *pipeline, const char *part)
{
	static struct summary summary;
	u32 i;

	pipeline__summarize(pipeline, &summary);
	for (i = 0; i < summary.nr_blind; i++)
		if (strstr(summary.blind[i], part))
			return true;
	return false;
}

static void check_flood(enum flood kind)
{
	const u32 nr = 60000;
	struct pipeline *pipeline = judge(kind, nr);
	struct ledger *ledger = pipeline->ledger;
	const struct domain *guest = ledger__known(ledger, 7);
	const struct finding *race = only_finding(pipeline);
	const size_t bytes = guest->nr_gens * sizeof(struct gen);
	char sentence[64];

	assert_int_equal(race->class, CLASS_STALE_MAP);
	assert_int_equal(race->certainty, CERTAINTY_PROVEN);
	assert_int_equal(race->granter, 5);
	/* Some wait for a verdict, and so may not go. */
	assert_true(bytes < 1 << 20);
	assert_int_equal(guest->forgotten + guest->nr_gens, nr);
	/* The oldest went, the newest are there. */
	assert_true(!domain__ref(guest, 100) || !domain__ref(guest, 100)->gen);
	assert_true(domain__ref(guest, 99 + nr)->gen);
	snprintf(sentence, sizeof(sentence), "d7: %u of its grants were forgotten",
		 nr - guest->nr_gens);
	assert_true(has_sentence(pipeline, sentence));
	/* It lost nothing, but its records of that time prove nothing any more. */
	assert_int_equal(guest->feed->lost, 0);
	assert_true(
		feed__lost_between(guest->feed, REC_BIT(REC_GRANT), NSEC_PER_SEC, NSEC_PER_SEC));
	assert_int_equal(!!feed__lost_between(guest->feed, REC_BIT(REC_GRANT), 20 * NSEC_PER_SEC,
					      20 * NSEC_PER_SEC),
			 kind == FLOOD_LIVE);
	pipeline__free(pipeline);
}

static void ended_grants_are_forgotten(void **state)
{
	check_flood(FLOOD_ENDED);
}

static void granted_refs_are_forgotten_too(void **state)
{
	check_flood(FLOOD_LIVE);
}

static void free_refs_are_forgotten_first(void **state)
{
	struct pipeline *pipeline = judge(FLOOD_ENDED_BUT_FIRST, 60000);
	struct ledger *ledger = pipeline->ledger;
	const struct domain *guest = ledger__known(ledger, 7);

	assert_true(domain__ref(guest, 100)->gen);
	assert_true(!domain__ref(guest, 101) || !domain__ref(guest, 101)->gen);
	pipeline__free(pipeline);
}

static void below_the_limit_nothing_is_forgotten(void **state)
{
	struct pipeline *pipeline = judge(FLOOD_ENDED, 5000);

	only_finding(pipeline);
	assert_false(has_sentence(pipeline, "forgotten"));
	pipeline__free(pipeline);
}

static const struct domain *guest_of(const struct pipeline *pipeline)
{
	const struct ledger *ledger = pipeline->ledger;

	return ledger__known(ledger, 7);
}

/* What waits for its verdict keeps its ref: each use before the ref is forgotten is judged. */
static void check_late(enum flood kind, enum late late)
{
	struct pipeline *pipeline = judge_late(kind, 60000, late);

	assert_true(guest_of(pipeline)->forgotten > 10000);
	assert_int_equal(pipeline->ledger->dropped[LIMIT_GENS], 0);
	assert_int_equal(pipeline->ledger->settled_early, 0);
	pipeline__free(pipeline);
}

static void a_free_that_waits_keeps_its_ref(void **state)
{
	check_late(FLOOD_LIVE, LATE_FREE);
}

static void a_second_free_that_waits_keeps_its_ref(void **state)
{
	check_late(FLOOD_ENDED, LATE_FREE_AGAIN);
}

static void a_retry_that_waits_keeps_its_ref(void **state)
{
	check_late(FLOOD_LIVE, LATE_RETRY);
}

/* The first generation after a ref was forgotten is not taken for one of the forgotten ones. */
static void numbers_are_never_given_out_again(void **state)
{
	struct pipeline *pipeline = judge_late(FLOOD_ENDED, 60000, LATE_GRANT);
	const struct domain *guest = guest_of(pipeline);
	const struct ref *ref;
	u32 i, again = 0;

	for (i = 0; i < LATE_NR; i++) {
		ref = domain__ref(guest, LATE_REF + i);
		if (!ref || !ref->gen)
			continue;
		assert_true(gen__at(pipeline->ledger, ref->gen)->number > 1);
		again += !gen__at(pipeline->ledger, ref->gen)->older;
	}
	assert_true(again > 100);
	pipeline__free(pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ended_grants_are_forgotten),
		cmocka_unit_test(granted_refs_are_forgotten_too),
		cmocka_unit_test(free_refs_are_forgotten_first),
		cmocka_unit_test(a_free_that_waits_keeps_its_ref),
		cmocka_unit_test(a_second_free_that_waits_keeps_its_ref),
		cmocka_unit_test(a_retry_that_waits_keeps_its_ref),
		cmocka_unit_test(numbers_are_never_given_out_again),
		cmocka_unit_test(below_the_limit_nothing_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
