// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "events/around.h"
#include "util/log.h"

int around__init(struct around *around, const char *which, u64 window)
{
	*around = (struct around){.which = which, .window = window, .file = tmpfile()};
	return around->file ? 0 : -1;
}

void around__cleanup(struct around *around)
{
	if (around->file)
		fclose(around->file);
}

/* Only log lines have a text: other events are kept without its space. */
static size_t size_of(const struct event *event)
{
	return event->text[0] ? sizeof(*event) : offsetof(struct event, text);
}

void around__keep(struct around *around, const struct event *event)
{
	size_t size = size_of(event);

	around->failed |= fwrite(&size, sizeof(size), 1, around->file) != 1 ||
			  fwrite(event, size, 1, around->file) != 1;
}

static bool is_wanted(const struct around *around, const struct finding *finding)
{
	char fingerprint[sizeof(finding->fingerprint)], *end;
	unsigned long id = strtoul(around->which, &end, 10);

	if (finding->gone)
		return false;
	if (end != around->which && !*end)
		return finding->id == id;
	finding__fingerprint(finding, fingerprint, sizeof(fingerprint));
	return !strcmp(fingerprint, around->which);
}

static bool is_of(const struct finding *finding, const struct event *event)
{
	u32 i;

	if (event->granter != finding->granter)
		return false;
	for (i = 0; i < finding->nr_ranges; i++)
		if (event->ref >= finding->ranges[i].first && event->ref <= finding->ranges[i].last)
			return true;
	return event->ref == finding->ref;
}

static bool belongs(const struct around *around, const struct finding *finding,
		    const struct event *event)
{
	u64 window = around->window, from = finding->when, to = max(finding->when, finding->last);

	if (event->ns + window >= from && event->ns <= finding->when + window)
		return true;
	if (finding->nr_steps) {
		from = min(from, finding->steps[0].ns);
		to = max(to, finding->steps[finding->nr_steps - 1].ns);
	}
	return is_of(finding, event) && event->ns + window >= from && event->ns <= to + window;
}

static bool is_any(const struct around *around, const struct finding *const *wanted, u32 nr,
		   const struct event *event)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (belongs(around, wanted[i], event))
			return true;
	return false;
}

static void complain(const struct around *around, const struct findings *findings)
{
	char list[1024] = "", fingerprint[96];
	size_t len = 0;
	u32 i;

	for (i = 0; i < findings->nr && len < sizeof(list); i++) {
		if (findings->item[i]->gone)
			continue;
		finding__fingerprint(findings->item[i], fingerprint, sizeof(fingerprint));
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%u (%s)",
					len ? ", " : "", findings->item[i]->id, fingerprint);
	}
	if (len)
		pr_err("--around %s: no finding has this number or fingerprint; there are %s",
		       around->which, list);
	else
		pr_err("--around %s: there is no finding in these captures", around->which);
}

static int print_kept(struct around *around, const struct finding *const *wanted, u32 nr,
		      void (*fn)(void *ctx, const struct event *event), void *ctx)
{
	struct event event;
	size_t size;

	if (around->failed || fflush(around->file) || fseek(around->file, 0, SEEK_SET)) {
		pr_err("cannot keep events: %s", strerror(errno));
		return -1;
	}
	while (fread(&size, sizeof(size), 1, around->file) == 1) {
		memset(&event, 0, sizeof(event));
		if (size > sizeof(event) || fread(&event, size, 1, around->file) != 1) {
			pr_err("cannot read kept events: %s", strerror(errno));
			return -1;
		}
		if (is_any(around, wanted, nr, &event))
			fn(ctx, &event);
	}
	return 0;
}

int around__print(struct around *around, const struct findings *findings,
		  void (*fn)(void *ctx, const struct event *event), void *ctx)
{
	const struct finding *wanted[FINDINGS_MAX];
	u32 i, nr = 0;

	for (i = 0; i < findings->nr; i++) {
		if (!is_wanted(around, findings->item[i]))
			continue;
		wanted[nr++] = findings->item[i];
		if (findings->item[i]->more_refs)
			pr_warn("--around: events of %llu refs of finding %u are left out: it has "
				"too many",
				(unsigned long long)findings->item[i]->more_refs,
				findings->item[i]->id);
	}
	if (nr)
		return print_kept(around, wanted, nr, fn, ctx);
	complain(around, findings);
	return -1;
}
