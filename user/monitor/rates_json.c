// SPDX-License-Identifier: GPL-2.0
/* Rates as a line of JSON, for compare and for whoever plots them. */
#include <jansson.h>
#include <string.h>

#include "monitor/rates.h"
#include "sources/feed.h"
#include "util/json_line.h"
#include "util/log.h"

static json_t *row_object(const struct rates_row *row)
{
	json_t *object = json_object(), *reuse = json_object();
	u32 i;

	if (row->domid != DOMID_UNKNOWN)
		json__set_number(object, "domid", row->domid);
	json__set_string(object, "kind", kind__name(row->kind));
	for (i = 0; i < RATE_MAX; i++)
		json__set_number(object, rate__key(i), row->count[i]);
	json__set_number(reuse, "count", row->reuse.count);
	if (row->reuse.count) {
		json__set_number(reuse, "p10_ns", row->reuse.p10);
		json__set_number(reuse, "p50_ns", row->reuse.p50);
		json__set_number(reuse, "p90_ns", row->reuse.p90);
	}
	json_object_set_new(object, "reuse", reuse);
	return object;
}

/* The rows of all domains, or those of each domain. */
static json_t *rows(const struct rates_table *table, bool total)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < table->nr; i++)
		if ((table->row[i].domid == DOMID_UNKNOWN) == total)
			json_array_append_new(array, row_object(&table->row[i]));
	return array;
}

void rates_table__print(const struct rates_table *table, FILE *out)
{
	json_t *findings = json_object();
	struct json_line line;
	u32 i;

	for (i = 0; i < CLASS_MAX; i++)
		if (table->findings[i])
			json__set_number(findings, class__id(i), table->findings[i]);
	json_line__begin(&line, out, "rates");
	json_line__real(&line, "seconds", "%.3f", table->seconds);
	json__set_number(line.object, "lost", table->lost);
	json__set_string(line.object, "kernels", table->kernels);
	json_object_set_new(line.object, "findings", findings);
	json_object_set_new(line.object, "subsystems", rows(table, true));
	json_object_set_new(line.object, "domains", rows(table, false));
	json_line__end(&line);
}

static u64 number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (u64)value : 0;
}

static void read_rows(struct rates_table *table, const json_t *from, bool total)
{
	const json_t *item, *reuse;
	size_t i;
	u32 n;

	json_array_foreach(from, i, item)
	{
		struct rates_row *row = &table->row[table->nr];
		const char *kind = json_string_value(json_object_get(item, "kind"));

		if (table->nr == RATES_ROWS)
			return;
		table->nr++;
		row->domid = total ? DOMID_UNKNOWN : (u16)number(item, "domid");
		row->kind = kind__by_name(kind ? kind : "");
		for (n = 0; n < RATE_MAX; n++)
			row->count[n] = number(item, rate__key(n));
		reuse = json_object_get(item, "reuse");
		row->reuse = (struct reuse){number(reuse, "count"), number(reuse, "p10_ns"),
					    number(reuse, "p50_ns"), number(reuse, "p90_ns")};
	}
}

int rates_table__read(struct rates_table *table, const char *line, char *why, size_t size)
{
	json_error_t error;
	json_t *root = json_loads(line, 0, &error);
	const char *type = json_string_value(json_object_get(root, "type"));
	const char *kernels = json_string_value(json_object_get(root, "kernels"));
	u32 i;

	memset(table, 0, sizeof(*table));
	if (!root || !type || strcmp(type, "rates") || number(root, "schema") != JSON_SCHEMA) {
		snprintf(why, size, "not rates of schema %d: %s", JSON_SCHEMA,
			 root ? "of another type" : error.text);
		json_decref(root);
		return -1;
	}
	table->seconds = json_number_value(json_object_get(root, "seconds"));
	table->lost = number(root, "lost");
	if (kernels)
		str_sanitize(table->kernels, sizeof(table->kernels), kernels, strlen(kernels));
	for (i = 0; i < CLASS_MAX; i++)
		table->findings[i] = number(json_object_get(root, "findings"), class__id(i));
	read_rows(table, json_object_get(root, "subsystems"), true);
	read_rows(table, json_object_get(root, "domains"), false);
	json_decref(root);
	return 0;
}
