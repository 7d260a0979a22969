// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/hosts.h"

/*
 * s; wall-clock times of domains of one host agree within seconds, and two boots of a host are at
 * least a shutdown and a start apart
 */
#define START_SLACK 60.0

/* Xen answers "<denied>" to domains without the right to know. */
static bool is_known(const char *text, size_t len)
{
	return len && !memchr(text, '<', len);
}

/* "4.17" of "4.17.7-pre" */
static size_t release_len(const char *version)
{
	size_t n = strspn(version, "0123456789");

	return version[n] == '.' ? n + 1 + strspn(version + n + 1, "0123456789") : n;
}

static bool same_version(const char *a, const char *b)
{
	size_t len_a = release_len(a), len_b = release_len(b);

	if (len_a != len_b || strncmp(a, b, len_a) != 0)
		return false;
	/* Xen may hide the rest of the version from a guest. */
	return !is_known(a, strlen(a)) || !is_known(b, strlen(b)) || !strcmp(a, b);
}

/* "changeset X, DATE", one of them alone, or neither. */
struct build {
	const char *changeset, *date;
	size_t changeset_len, date_len;
};

static struct build parse_build(const char *text)
{
	static const char lead[] = "changeset ";
	struct build build = {.changeset = "", .date = text};

	if (!strncmp(text, lead, sizeof(lead) - 1)) {
		build.changeset = text + sizeof(lead) - 1;
		build.changeset_len = strcspn(build.changeset, ",");
		build.date = build.changeset + build.changeset_len;
		build.date += strspn(build.date, ", ");
	}
	build.date_len = strlen(build.date);
	return build;
}

static bool differs(const char *a, size_t len_a, const char *b, size_t len_b)
{
	return is_known(a, len_a) && is_known(b, len_b) &&
	       (len_a != len_b || memcmp(a, b, len_a) != 0);
}

static bool same_build(const char *text_a, const char *text_b)
{
	const struct build a = parse_build(text_a), b = parse_build(text_b);

	return !differs(a.changeset, a.changeset_len, b.changeset, b.changeset_len) &&
	       !differs(a.date, a.date_len, b.date, b.date_len);
}

/*
 * Computes the wall-clock time of Xen's start, s since 1970. Returns false if the capture does not
 * have it.
 */
static bool xen_start(const struct merge_input *input, double *start)
{
	const char *boot = feed__fact(input->feed, "boot_time");
	char *end;

	if (!boot || !input->begin)
		return false;
	*start = strtod(boot, &end) - (double)input->begin_off / 1e9;
	return end != boot && !*end;
}

/* Captures of older recorders lack it too; in a damaged one it may be lost. */
static bool may_have_lost_start(const struct merge_input *input)
{
	return !feed__fact(input->feed, "boot_time") && feed__damage(input->feed);
}

static enum host_relation compare_starts(const struct merge_input *a, const struct merge_input *b,
					 struct host_difference *difference)
{
	double start_a, start_b;
	bool known_a = xen_start(a, &start_a), known_b = xen_start(b, &start_b);

	if (!known_a || !known_b)
		return may_have_lost_start(a) || may_have_lost_start(b) ? HOST_LOST : HOST_ONE;
	difference->apart = start_a > start_b ? start_a - start_b : start_b - start_a;
	/* NaN counts as a difference. */
	return difference->apart <= START_SLACK ? HOST_ONE : HOST_DOUBT;
}

static void note(struct host_difference *difference, const char *what, const char *a, const char *b)
{
	snprintf(difference->what, sizeof(difference->what), "%s", what);
	snprintf(difference->a, sizeof(difference->a), "%s", a);
	snprintf(difference->b, sizeof(difference->b), "%s", b);
}

enum host_relation hosts__compare(const struct merge_input *a, const struct merge_input *b,
				  struct host_difference *difference)
{
	static const struct {
		const char *key, *what;
		bool (*same)(const char *a, const char *b);
	} fixed[] = {{"xen", "Xen", same_version}, {"xen_build", "Xen's build", same_build}};
	u32 i;

	*difference = (struct host_difference){.apart = 0};
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		const char *value_a = feed__fact(a->feed, fixed[i].key);
		const char *value_b = feed__fact(b->feed, fixed[i].key);

		if (!value_a || !value_b || fixed[i].same(value_a, value_b))
			continue;
		note(difference, fixed[i].what, value_a, value_b);
		return HOST_OTHER;
	}
	return compare_starts(a, b, difference);
}

bool hosts__overlap(const struct merge_input *a, const struct merge_input *b, u64 *from, u64 *to)
{
	*from = 0;
	*to = 0;
	if (!a->begin || !b->begin)
		return true;
	*from = max(a->begin, b->begin);
	*to = min(a->floor, b->floor);
	/* Captures that do not overlap yet may do so later, unless both ended. */
	return *from <= *to || !a->ended || !b->ended;
}

bool hosts__apart(const struct merge_input *a, const struct merge_input *b)
{
	struct host_difference difference;
	u64 from, to;

	return hosts__compare(a, b, &difference) != HOST_ONE || !hosts__overlap(a, b, &from, &to);
}
