// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repro/actor.h"
#include "repro/window.h"

/* Returns the length of the run of consecutive refs from @first on. @step becomes 1 or -1. */
static u32 run_length(const struct window *window, u32 first, int *step)
{
	const u32 *ref = window->ref;
	u32 last;

	*step = first + 1 < window->nr && (s64)ref[first + 1] == (s64)ref[first] - 1 ? -1 : 1;
	for (last = first; last + 1 < window->nr; last++)
		if ((s64)ref[last + 1] != (s64)ref[last] + *step)
			break;
	return last - first + 1;
}

u32 window__ranges(const struct window *window, u32 first, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	while (first < window->nr) {
		int step, len;
		u32 n = run_length(window, first, &step);
		char text[32];

		if (n == 1)
			len = snprintf(text, sizeof(text), "%s%u", used ? "," : "",
				       window->ref[first]);
		else
			len = snprintf(text, sizeof(text), "%s%u-%u", used ? "," : "",
				       window->ref[first], window->ref[first + n - 1]);
		if (used + (size_t)len >= size)
			break;
		memcpy(buf + used, text, (size_t)len + 1);
		used += (size_t)len;
		first += n;
	}
	return first;
}

/* Reads a decimal number at *@text and advances it. strtoul() would accept blanks and signs. */
static int take_u32(const char **text, u32 *value)
{
	u64 v = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (u64)(*p - '0');
		if (v > UINT32_MAX)
			return -EINVAL;
	}
	if (p == *text)
		return -EINVAL;
	*text = p;
	*value = (u32)v;
	return 0;
}

int window__append(struct window *window, const char *text, u32 serial, u32 total)
{
	u32 from, to, n, i;

	total = min(total, (u32)WINDOW_MAX);
	for (;;) {
		if (take_u32(&text, &from))
			return -EINVAL;
		to = from;
		if (*text == '-') {
			text++;
			if (take_u32(&text, &to))
				return -EINVAL;
		}
		n = to > from ? to - from : from - to; /* one less than there are */
		if (window->nr >= total || n >= total - window->nr)
			return -EINVAL;
		for (i = 0; i <= n; i++) {
			window->serial[window->nr] = serial;
			window->ref[window->nr++] = to > from ? from + i : from - i;
		}
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int window__join(struct window *window, const struct window *from)
{
	if (from->nr > WINDOW_MAX - window->nr)
		return -ENOSPC;
	memcpy(window->ref + window->nr, from->ref, from->nr * sizeof(from->ref[0]));
	memcpy(window->serial + window->nr, from->serial, from->nr * sizeof(from->serial[0]));
	window->nr += from->nr;
	window->nonce = from->nonce;
	return 0;
}

void window__describe(const struct window *window, char *buf, size_t size)
{
	int step, len;
	u32 shown, last;

	*buf = '\0';
	if (!window->nr || size < 64)
		return;
	if (run_length(window, 0, &step) == window->nr) {
		last = window->ref[window->nr - 1];
		if (window->nr == 1)
			snprintf(buf, size, "ref %u (0x%x)", last, last);
		else
			snprintf(buf, size, "refs %u-%u (0x%x-0x%x)", window->ref[0], last,
				 window->ref[0], last);
		return;
	}
	len = snprintf(buf, size, "refs ");
	shown = window__ranges(window, 0, buf + len, size - (size_t)len - 20);
	if (shown < window->nr) {
		len = (int)strlen(buf);
		snprintf(buf + len, size - (size_t)len, " and %u more", window->nr - shown);
	}
}

/* ---- page content ---- */

#define PATTERN_MAGIC "gw-repro"

/* Repeated over the whole page, so that a page which changed in part shows too. */
struct pattern {
	char magic[8];
	u64 nonce;
	u32 serial;
	u32 ref;
	u64 at;
};

static struct pattern pattern__make(const struct window *window, u32 index, u32 at)
{
	struct pattern pattern = {
		.nonce = window->nonce,
		.serial = window->serial[index],
		.ref = window->ref[index],
		.at = at,
	};

	memcpy(pattern.magic, PATTERN_MAGIC, sizeof(pattern.magic));
	return pattern;
}

void window__fill(const struct window *window, u32 index, void *page)
{
	u32 at;

	for (at = 0; at < REPRO_PAGE_SIZE; at += sizeof(struct pattern)) {
		struct pattern pattern = pattern__make(window, index, at);

		memcpy((char *)page + at, &pattern, sizeof(pattern));
	}
}

static enum page_content examine_foreign(const struct window *window, const char *page)
{
	struct pattern first;
	u32 at;

	memcpy(&first, page, sizeof(first));
	if (!memcmp(first.magic, PATTERN_MAGIC, sizeof(first.magic)))
		return first.nonce == window->nonce ? PAGE_REGRANTED : PAGE_OTHER_RUN;
	for (at = 0; at < REPRO_PAGE_SIZE; at++)
		if (page[at])
			return PAGE_FOREIGN;
	return PAGE_ZERO;
}

enum page_content window__examine(const struct window *window, u32 index, const void *page)
{
	u32 at;

	for (at = 0; at < REPRO_PAGE_SIZE; at += sizeof(struct pattern)) {
		struct pattern pattern = pattern__make(window, index, at);

		if (memcmp((const char *)page + at, &pattern, sizeof(pattern)) != 0)
			return examine_foreign(window, page);
	}
	return PAGE_OURS;
}
