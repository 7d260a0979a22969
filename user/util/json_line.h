/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The output of --json: an object on each line, "type" and "schema" first, other keys in the order
 * of setting (docs/json-schema.md). Strings may come from guests; they are escaped here.
 */
#ifndef GRANTWATCH_JSON_LINE_H
#define GRANTWATCH_JSON_LINE_H

#include <jansson.h>
#include <stdio.h>

#include "util/types.h"

#define JSON_SCHEMA 1

/*
 * From now on, without memory for JSON, the process ends with a message and EXIT_ERROR: a line
 * without some of its members would be wrong.
 */
void json__allocate(void);

struct json_line {
	FILE *out;
	json_t *object; /* members that are not written yet; owned by the line */
	bool begun;	/* some members were written */
};

void json_line__begin(struct json_line *line, FILE *out, const char *type);

/*
 * Writes a number by the printf() format @format, with a fixed number of digits; jansson would
 * write as many as needed. Members set before are written too.
 */
void json_line__real(struct json_line *line, const char *key, const char *format, ...)
	__printf(3, 4);

/* Writes the rest of the line and its end, and frees all. */
void json_line__end(struct json_line *line);

/* Set members of a line's object, or of an object in it. */
void json__set_string(json_t *object, const char *key, const char *value);
void json__set_number(json_t *object, const char *key, u64 value);
/* The same; null if it is @unknown. */
void json__set_known(json_t *object, const char *key, u64 value, u64 unknown);
void json__set_bool(json_t *object, const char *key, bool value);
void json__append_string(json_t *array, const char *value);

/* [first, last] */
void json__append_range(json_t *array, u32 first, u32 last);

#endif
