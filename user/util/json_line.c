// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>

#include "util/escape.h"
#include "util/json_line.h"
#include "util/memory.h"

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		memory__end();
	return memory;
}

void json__allocate(void)
{
	json_set_alloc_funcs(allocate, free);
}

/* Most strings need no escaping. */
static json_t *clean_string(const char *text)
{
	json_t *string;
	char *clean;

	if (is_printable(text))
		return json_string_nocheck(text);
	clean = escape__dup(ESCAPE_UTF8, text);
	string = json_string(clean);
	free(clean);
	return string;
}

void json__set_string(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, clean_string(value));
}

void json__set_number(json_t *object, const char *key, u64 value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

void json__set_known(json_t *object, const char *key, u64 value, u64 unknown)
{
	json_object_set_new(object, key,
			    value == unknown ? json_null() : json_integer((json_int_t)value));
}

void json__set_bool(json_t *object, const char *key, bool value)
{
	json_object_set_new(object, key, json_boolean(value));
}

void json__append_string(json_t *array, const char *value)
{
	json_array_append_new(array, clean_string(value));
}

void json__append_range(json_t *array, u32 first, u32 last)
{
	json_array_append_new(array, json_pack("[I,I]", (json_int_t)first, (json_int_t)last));
}

void json_line__begin(struct json_line *line, FILE *out, const char *type)
{
	*line = (struct json_line){.out = out, .object = json_object()};
	json__set_string(line->object, "type", type);
	json__set_number(line->object, "schema", JSON_SCHEMA);
}

/* Writes the members set since the last call. */
static void write_members(struct json_line *line)
{
	char *text = json_dumps(line->object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_EMBED);

	if (text && *text) {
		fprintf(line->out, "%c%s", line->begun ? ',' : '{', text);
		line->begun = true;
	}
	free(text);
	json_object_clear(line->object);
}

void json_line__real(struct json_line *line, const char *key, const char *format, ...)
{
	va_list args;

	write_members(line);
	fprintf(line->out, ",\"%s\":", key);
	va_start(args, format);
	vfprintf(line->out, format, args);
	va_end(args);
}

void json_line__end(struct json_line *line)
{
	write_members(line);
	fputs("}\n", line->out);
	json_decref(line->object);
}
