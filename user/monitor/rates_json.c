// SPDX-License-Identifier: GPL-2.0
/* Rates as a line of JSON, for compare and for whoever plots them. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "monitor/rates.h"
#include "renderers/escape.h"
#include "sources/feed.h"

static void print_row(FILE *out, const struct rates_row *row, const char *comma)
{
	u32 i;

	fprintf(out, "%s{", comma);
	if (row->domid != DOMID_UNKNOWN)
		fprintf(out, "\"domid\":%u,", row->domid);
	fprintf(out, "\"kind\":\"%s\"", kind__name(row->kind));
	for (i = 0; i < RATE_MAX; i++)
		fprintf(out, ",\"%s\":%" PRIu64, rate__key(i), row->count[i]);
	fprintf(out, ",\"reuse\":{\"count\":%" PRIu64, row->reuse.count);
	if (row->reuse.count)
		fprintf(out, ",\"p10_ns\":%" PRIu64 ",\"p50_ns\":%" PRIu64 ",\"p90_ns\":%" PRIu64,
			row->reuse.p10, row->reuse.p50, row->reuse.p90);
	fputs("}}", out);
}

void rates_table__print(const struct rates_table *table, FILE *out)
{
	const char *comma = "";
	u32 i;

	fprintf(out, "{\"type\":\"rates\",\"schema\":1,\"seconds\":%.3f,\"kernels\":\"",
		table->seconds);
	print_escaped(out, ESCAPE_JSON, table->kernels);
	fputs("\",\"findings\":{", out);
	for (i = 0; i < CLASS_MAX; i++) {
		if (!table->findings[i])
			continue;
		fprintf(out, "%s\"%s\":%" PRIu64, comma, class__id(i), table->findings[i]);
		comma = ",";
	}
	fputs("},\"subsystems\":[", out);
	for (comma = "", i = 0; i < table->nr; i++)
		if (table->row[i].domid == DOMID_UNKNOWN) {
			print_row(out, &table->row[i], comma);
			comma = ",";
		}
	fputs("],\"domains\":[", out);
	for (comma = "", i = 0; i < table->nr; i++)
		if (table->row[i].domid != DOMID_UNKNOWN) {
			print_row(out, &table->row[i], comma);
			comma = ",";
		}
	fputs("]}\n", out);
}

static u64 number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (u64)value : 0;
}

static void read_rows(struct rates_table *table, const json_t *rows, bool total)
{
	const json_t *item, *reuse;
	size_t i;
	u32 n;

	json_array_foreach(rows, i, item)
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
	if (!root || !type || strcmp(type, "rates") || number(root, "schema") != 1) {
		snprintf(why, size, "no rates of schema 1: %s",
			 root ? "of another type" : error.text);
		json_decref(root);
		return -1;
	}
	table->seconds = json_number_value(json_object_get(root, "seconds"));
	snprintf(table->kernels, sizeof(table->kernels), "%s", kernels ? kernels : "");
	for (i = 0; i < CLASS_MAX; i++)
		table->findings[i] = number(json_object_get(root, "findings"), class__id(i));
	read_rows(table, json_object_get(root, "subsystems"), true);
	read_rows(table, json_object_get(root, "domains"), false);
	json_decref(root);
	return 0;
}
