/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record types and their fields, one table. The text form (dump, pack) follows it, and a test
 * compares docs/capture-format.md with it (tests/unit/test_capture.c).
 */
#ifndef GRANTWATCH_CAPTURE_FIELDS_H
#define GRANTWATCH_CAPTURE_FIELDS_H

#include "capture/format.h"

enum field_kind {
	FIELD_TIME, /* u64 nanoseconds, shown as seconds with nine decimals */
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_S16,
	FIELD_S32,
	FIELD_S64,
	FIELD_X16,
	FIELD_X32,
	FIELD_X64,
	FIELD_FLAGS, /* u8, REC_F_* as hexadecimal */
	FIELD_ENUM,  /* u32, one of .names, the first name is number .base */
	FIELD_WORD,  /* first of two strings after the record; no blanks */
	FIELD_COMM,  /* char[16] to the end of the line */
	FIELD_TEXT,  /* last string after the record, to the end of the line */
};

struct field {
	const char *name;
	enum field_kind kind;
	u16 offset;
	const char *const *names; /* FIELD_ENUM, NULL-terminated */
	u32 base;
};

struct rec_desc {
	const char *name; /* starts the text line, one word; NULL: no such type */
	u16 len;	  /* fixed part in bytes */
	const struct field *fields;
	u16 nr_fields;
	const struct field *op_fields; /* of the indented "op" lines; batch types only */
	u16 nr_op_fields;
};

extern const struct rec_desc rec_descs[REC_TYPE_MAX];

/* Returns the type named @name, 0 if there is none. */
u8 rec_type__by_name(const char *name);

/*
 * Writes the names of the record types in @events (REC_BIT()), separated by blanks, to @buf.
 * Returns @buf.
 */
const char *events__names(u32 events, char *buf, size_t size);

#endif
