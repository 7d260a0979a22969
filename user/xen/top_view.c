// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/json_line.h"
#include "xen/top_view.h"

#define KEY_ESCAPE    '\033'
#define KEY_BACKSPACE '\b'
#define KEY_DELETE    '\177'

const char *const top_sort_names[] = {[SORT_FULL] = "full",
				      [SORT_GRANTED] = "granted",
				      [SORT_MAPPED] = "mapped",
				      [SORT_RATE] = "rate",
				      [SORT_DOMID] = "domid",
				      [SORT_NAME] = "name",
				      NULL};

/* --- keys --- */

static void type_filter(struct top_view *view, char key)
{
	const size_t len = strlen(view->filter);

	if (key == '\n' || key == '\r') {
		view->typing = false;
	} else if (key == KEY_BACKSPACE || key == KEY_DELETE) {
		if (len)
			view->filter[len - 1] = '\0';
	} else if (key > ' ' && key <= '~' && len + 1 < sizeof(view->filter)) {
		view->filter[len] = key;
		view->filter[len + 1] = '\0';
	}
}

/* An order's key is the first letter of its name. Returns whether the program is to end. */
static bool type_key(struct top_view *view, char key)
{
	u32 i;

	if (view->typing) {
		type_filter(view, key);
		return false;
	}
	if (key == '/')
		view->typing = true;
	for (i = 0; top_sort_names[i]; i++)
		if (key == top_sort_names[i][0])
			view->sort = (enum top_sort)i;
	return key == 'q';
}

/*
 * Returns the length of the cursor or function key at @keys, 0: none. ECMA-48: ESC and [ or O, up
 * to a letter or ~.
 */
static u32 escape_length(const char *keys, u32 nr)
{
	u32 i = 2;

	if (nr < 2 || keys[0] != KEY_ESCAPE || (keys[1] != '[' && keys[1] != 'O'))
		return 0;
	while (i < nr && (keys[i] < '@' || keys[i] > '~'))
		i++;
	return min(i + 1, nr);
}

bool top_view__type(struct top_view *view, const char *keys, u32 nr)
{
	bool end = false;
	u32 i = 0, len;

	while (i < nr) {
		len = escape_length(keys + i, nr - i);
		if (!len && keys[i] == KEY_ESCAPE) {
			view->filter[0] = '\0';
			view->typing = false;
		} else if (!len) {
			end |= type_key(view, keys[i]);
		}
		i += max(len, 1u);
	}
	return end;
}

void top_view__status(const struct top_view *view, char *buf, size_t size)
{
	if (view->typing)
		snprintf(buf, size, "filter by name or domid: %s_  (Enter: keep, Esc: all domains)",
			 view->filter);
	else
		snprintf(
			buf, size,
			"by %s%s%s  q quit  / filter  f full g granted m mapped r rate d domid n name",
			top_sort_names[view->sort], *view->filter ? ", only " : "", view->filter);
}

/* --- order and filter --- */

static bool is_wanted(const struct top_view *view, const struct top_row *row)
{
	char domid[8];

	snprintf(domid, sizeof(domid), "d%u", row->domid);
	return !*view->filter || strstr(row->name, view->filter) || !strcmp(view->filter, domid) ||
	       !strcmp(view->filter, domid + 1);
}

static int descending(double x, double y)
{
	return x > y ? -1 : x < y;
}

static int compare(const void *a, const void *b, void *sort)
{
	const struct top_row *x = *(const struct top_row *const *)a,
			     *y = *(const struct top_row *const *)b;
	int order = 0;

	switch (*(const enum top_sort *)sort) {
	case SORT_FULL:
		order = descending(top_row__percent(x), top_row__percent(y));
		break;
	case SORT_MAPPED:
		order = descending(x->now.mapped, y->now.mapped);
		break;
	case SORT_RATE:
		order = descending(x->grants + x->frees, y->grants + y->frees);
		break;
	case SORT_NAME:
		order = strcmp(x->name, y->name);
		break;
	case SORT_DOMID:
		return descending(y->domid, x->domid);
	case SORT_GRANTED:
		break;
	}
	if (!order)
		order = descending(x->now.live, y->now.live);
	return order ? order : descending(y->domid, x->domid);
}

/* Fills @rows with the domains to show, in order. Returns how many. */
static u32 select_rows(const struct top *top, const struct top_view *view,
		       const struct top_row **rows)
{
	enum top_sort sort = view->sort;
	u32 i, nr = 0;

	for (i = 0; i < top->nr; i++)
		if (is_wanted(view, &top->row[i]))
			rows[nr++] = &top->row[i];
	qsort_r(rows, nr, sizeof(*rows), compare, &sort); /* NOLINT: pointers */
	return nr;
}

/* --- text --- */

static void print_row(const struct top_row *row, FILE *out)
{
	fprintf(out, "d%-5u %-14.14s %u/%-5u", row->domid, row->name, row->size.nr_frames,
		row->size.max_frames);
	if (row->own || row->err) {
		fprintf(out, "  %s\n",
			row->own ? "(this domain's own table cannot be read)" : "(not readable)");
		return;
	}
	fprintf(out, "%7u %3u%% ", row->now.live, top_row__percent(row));
	if (row->size.version == 1)
		fprintf(out, "%6u", row->now.mapped);
	else
		fprintf(out, "%6s", "?");
	fprintf(out, "%8.0f %8.0f", row->grants, row->frees);
	if (row->events.known)
		fprintf(out, " %6" PRIu64 " %4" PRIu64, row->events.deferrals, row->events.lost);
	fputc('\n', out);
}

/* A full table is an emergency: a filter does not hide it. */
static void print_warnings(const struct top *top, FILE *out)
{
	u32 i;

	for (i = 0; i < top->nr; i++)
		if (top_row__percent(&top->row[i]) >= TOP_WARN)
			fprintf(out,
				"table-pressure: d%u has granted %u%% of what its table may hold; at 100%% its\n"
				"  devices fail. Raise max_grant_frames in its configuration (xl.cfg) and restart it.\n",
				top->row[i].domid, top_row__percent(&top->row[i]));
}

static u32 count_warnings(const struct top *top)
{
	u32 i, nr = 0;

	for (i = 0; i < top->nr; i++)
		nr += top_row__percent(&top->row[i]) >= TOP_WARN;
	return nr;
}

void top__print(const struct top *top, const struct top_view *view, FILE *out, u32 lines)
{
	const struct top_row *rows[TOP_DOMAINS] = {NULL};
	const u32 nr = select_rows(top, view, rows);
	/* the heading, what is left out, two lines for each warning */
	const u32 others = 2 + 2 * count_warnings(top);
	u32 i;

	fprintf(out, "%-6s %-14s %-6s %8s %4s %6s %8s %8s%s\n", "DOMAIN", "NAME", "FRAMES",
		"GRANTED", "FULL", "MAPPED", "GRANTS/s", "FREES/s",
		top->metrics ? "  DEFER LOST" : "");
	for (i = 0; i < nr && (!lines || i + others < lines); i++)
		print_row(rows[i], out);
	if (i < nr)
		fprintf(out, "and %u more\n", nr - i);
	print_warnings(top, out);
}

/* --- JSON --- */

static void print_json_row(const struct top_row *row, FILE *out)
{
	struct json_line line;

	json_line__begin(&line, out, "use");
	json__set_number(line.object, "granter", row->domid);
	json__set_number(line.object, "version", row->size.version);
	json__set_number(line.object, "frames", row->size.nr_frames);
	json__set_number(line.object, "max_frames", row->size.max_frames);
	if (!row->own && !row->err) {
		json__set_number(line.object, "granted", row->now.live);
		json__set_number(line.object, "percent", top_row__percent(row));
		if (row->size.version == 1)
			json__set_number(line.object, "mapped", row->now.mapped);
		json_line__real(&line, "grants_per_second", "%.1f", row->grants);
		json_line__real(&line, "frees_per_second", "%.1f", row->frees);
		json__set_bool(line.object, "pressure", top_row__percent(row) >= TOP_WARN);
	}
	if (row->events.known) {
		json_line__real(&line, "maps_per_second", "%.1f", row->maps);
		json__set_number(line.object, "deferrals", row->events.deferrals);
		json__set_number(line.object, "lost", row->events.lost);
	}
	json_line__end(&line);
}

void top__print_json(const struct top *top, const struct top_view *view, FILE *out)
{
	const struct top_row *rows[TOP_DOMAINS] = {NULL};
	const u32 nr = select_rows(top, view, rows);
	u32 i;

	for (i = 0; i < nr; i++)
		print_json_row(rows[i], out);
}
