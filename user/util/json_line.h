/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What --json prints: one object a line, "type" and "schema" first, the other keys in the order in
 * which they are set (docs/json-schema.md). Every string may come from a guest; it is escaped here.
 */
#ifndef GRANTWATCH_JSON_LINE_H
#define GRANTWATCH_JSON_LINE_H

#include <jansson.h>
#include <stdio.h>

#include "util/types.h"

#define JSON_SCHEMA 1

/*
 * From now on the process ends with a message and EXIT_ERROR when there is no memory for JSON: a
 * line without some of its members would be false.
 */
void json__allocate(void);

struct json_line {
	FILE *out;
	json_t *object; /* the members that are not written yet; its owner is the line */
	bool begun;	/* some members are written */
};

void json_line__begin(struct json_line *line, FILE *out, const char *type);

/* An object without these two, for formats that are not ours. */
void json_line__open(struct json_line *line, FILE *out);

/*
 * Write a number as printf() does by @format, with a fixed number of digits: jansson writes as many
 * as a number needs. What was set before is written with it.
 */
void json_line__real(struct json_line *line, const char *key, const char *format, ...)
	__printf(3, 4);

/* Write the rest of the line and its end. Nothing is left to free. */
void json_line__end(struct json_line *line);

/* The same without the end of the line. */
void json_line__close(struct json_line *line);

/* Members of a line's object, or of one inside. */
void json__set_string(json_t *object, const char *key, const char *value);
void json__set_number(json_t *object, const char *key, u64 value);
void json__set_bool(json_t *object, const char *key, bool value);
void json__append_string(json_t *array, const char *value);

/* [first, last] */
void json__append_range(json_t *array, u32 first, u32 last);

#endif
