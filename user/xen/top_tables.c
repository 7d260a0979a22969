// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/top_tables.h"

struct top *top__new(const char *metrics)
{
	struct top *top = calloc(1, sizeof(*top));
	int err;

	if (!top)
		return NULL;
	top->metrics = metrics;
	top->reader = table_reader__new();
	top->xenstore = top->reader ? xenstore__open() : NULL;
	if (top->xenstore) {
		top->watched = !xenstore__watch_releases(top->xenstore);
		return top;
	}
	err = errno;
	top__free(top);
	errno = err;
	return NULL;
}

static void close_row(struct top_row *row)
{
	table__close(row->table);
	scan__free(row->scan);
	row->table = NULL;
	row->scan = NULL;
}

void top__free(struct top *top)
{
	u32 i;

	if (!top)
		return;
	for (i = 0; i < top->nr; i++)
		close_row(&top->row[i]);
	xenstore__close(top->xenstore);
	table_reader__free(top->reader);
	free(top);
}

/* --- the list of domains --- */

static bool note_domain(void *ctx, const char *id)
{
	struct top *top = ctx;
	unsigned long domid;
	char *end, path[64];
	struct top_row *row;
	u32 i;

	domid = strtoul(id, &end, 10);
	if (*end || domid >= TABLE_OWN)
		return true;
	for (i = 0; i < top->nr && top->row[i].domid != domid; i++)
		;
	if (i == TOP_DOMAINS)
		return false;
	row = &top->row[i];
	if (i == top->nr) {
		*row = (struct top_row){.domid = (u16)domid};
		row->own = xenstore__read_number(top->xenstore, "domid") == (long)domid;
		snprintf(path, sizeof(path), "/local/domain/%lu/name", domid);
		if (!xenstore__read(top->xenstore, path, row->name, sizeof(row->name)))
			snprintf(row->name, sizeof(row->name), "?");
		top->nr++;
	}
	row->seen = true;
	return true;
}

/* "grantwatch_maps_total{domid="5",subsystem="gntdev"} 17" */
static void take_metric(struct top *top, const char *line)
{
	char name[64];
	unsigned int domid;
	double value;
	const char *number = strrchr(line, ' ');
	u32 i;

	if (!number || sscanf(line, "grantwatch_%63[a-z_]{domid=\"%u\"", name, &domid) != 2)
		return;
	value = strtod(number, NULL);
	for (i = 0; i < top->nr; i++) {
		struct top_events *events = &top->row[i].events;

		if (top->row[i].domid != domid || !(value >= 0) || value > 1e18)
			continue;
		events->known = true;
		if (!strcmp(name, "maps_total"))
			events->maps += (u64)value;
		else if (!strcmp(name, "deferrals_total"))
			events->deferrals += (u64)value;
		else if (!strcmp(name, "lost_events_total"))
			events->lost += (u64)value;
	}
}

static void read_metrics(struct top *top)
{
	FILE *file = top->metrics ? fopen(top->metrics, "re") : NULL;
	char line[256];
	u32 i;

	for (i = 0; i < top->nr; i++)
		top->row[i].events = (struct top_events){0};
	while (file && fgets(line, sizeof(line), file))
		take_metric(top, line);
	if (file)
		fclose(file);
}

void top__refresh(struct top *top)
{
	u32 i, n = 0;

	for (i = 0; i < top->nr; i++)
		top->row[i].seen = false;
	xenstore__each(top->xenstore, "/local/domain", note_domain, top);
	for (i = 0; i < top->nr; i++) {
		if (!top->row[i].seen)
			close_row(&top->row[i]);
		else
			top->row[n++] = top->row[i];
	}
	top->nr = n;
	read_metrics(top);
}

/* --- looking --- */

static int look_at(struct top *top, struct top_row *row)
{
	if (row->own) {
		row->err = table_reader__query(top->reader, row->domid, &row->size);
		return 0;
	}
	if (!row->scan)
		row->scan = scan__new();
	if (!row->scan)
		return -ENOMEM;
	row->err = row->table ? table__follow(row->table)
			      : table__open(top->reader, row->domid, &row->table);
	if (row->err) {
		table__close(row->table);
		row->table = NULL;
		return 0;
	}
	row->size = *table__size(row->table);
	if (scan__look(row->scan, row->table))
		return -ENOMEM;
	row->now = *scan__counts(row->scan);
	/* No table may stay mapped if the end of its domain goes unnoticed. */
	if (!top->watched) {
		table__close(row->table);
		row->table = NULL;
	}
	return 0;
}

/* Unmaps tables whose domains are gone. */
static void release_dead(struct top *top)
{
	u32 i;

	if (!xenstore__has_released(top->xenstore))
		return;
	for (i = 0; i < top->nr; i++)
		if (top->row[i].table && !xenstore__has_domain(top->xenstore, top->row[i].domid))
			close_row(&top->row[i]);
}

int top__look(struct top *top)
{
	u32 i;
	int err = 0;

	release_dead(top);
	for (i = 0; i < top->nr && !err; i++)
		err = look_at(top, &top->row[i]);
	return err;
}

static double per_second(u64 now, u64 then, double seconds)
{
	return seconds > 0 && now > then ? (double)(now - then) / seconds : 0;
}

void top__turn(struct top *top, double seconds)
{
	u32 i;

	for (i = 0; i < top->nr; i++) {
		struct top_row *row = &top->row[i];

		row->grants = per_second(row->now.granted, row->then.granted, seconds);
		row->frees = per_second(row->now.freed, row->then.freed, seconds);
		row->maps = row->events_then.known
				    ? per_second(row->events.maps, row->events_then.maps, seconds)
				    : 0;
		row->then = row->now;
		row->events_then = row->events;
	}
}

u32 top_row__percent(const struct top_row *row)
{
	u64 most = (u64)row->size.max_frames *
		   (row->size.version == 2 ? TABLE_V2_PER_FRAME : TABLE_V1_PER_FRAME);

	return most ? (u32)((u64)row->now.live * 100 / most) : 0;
}
