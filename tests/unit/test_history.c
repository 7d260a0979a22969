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

/* A guest grants @nr refs from 1 s to 9 s, and ends each at once, or all but the first, or none. */
static int flood(enum flood flood, u32 nr)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	double at = 1, step = 8.0 / nr;
	u32 i;
	int fd;

	fprintf(file,
		"grantwatch-capture 1\n"
		"fact time 0 key domid value 7\n"
		"task id 1 pid 231 tid 231 comm flood\n"
		"stack id 1 frames gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 [xen_gntalloc]\n"
		"stack id 2 frames gnttab_end_foreign_access+0x2a; __del_gref+0x51 [xen_gntalloc]\n"
		"clock cpu 0 mono 0.5 tsc0 1000000 tsc1 1000100 stamp 0 system 100.5 mul 1 shift 0\n"
		"clock cpu 0 mono 20.5 tsc0 1000000 tsc1 1000100 stamp 0 system 120.5 mul 1 shift 0\n");
	for (i = 0; i < nr; i++, at += step) {
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

static struct pipeline *judge(enum flood kind, u32 nr)
{
	struct pipeline *pipeline = pipeline__new(false);

	pipeline->policy.history_bytes = 1 << 20;
	pipeline__add(pipeline, feed__new(pair(PAIR "d0.txt", 100.6), "capture", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(pair(PAIR "d5.txt", 0.6), "capture", DOMID_UNKNOWN));
	if (kind != FLOOD_NONE)
		pipeline__add(pipeline, feed__new(flood(kind, nr), "capture", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	return pipeline;
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
	const struct domain *guest = ledger->domains[ledger->by_domid[7] - 1];
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
	const struct domain *guest = ledger->domains[ledger->by_domid[7] - 1];

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ended_grants_are_forgotten),
		cmocka_unit_test(granted_refs_are_forgotten_too),
		cmocka_unit_test(free_refs_are_forgotten_first),
		cmocka_unit_test(below_the_limit_nothing_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
