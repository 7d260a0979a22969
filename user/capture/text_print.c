// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "capture/fields.h"
#include "capture/reader.h"
#include "capture/text.h"
#include "util/log.h"

static u64 load(const void *base, const struct field *field)
{
	const u8 *pos = (const u8 *)base + field->offset;
	u64 v64;
	u32 v32;
	u16 v16;

	switch (field->kind) {
	case FIELD_FLAGS:
		return *pos;
	case FIELD_U16:
	case FIELD_X16:
		memcpy(&v16, pos, sizeof(v16));
		return v16;
	case FIELD_S16:
		memcpy(&v16, pos, sizeof(v16));
		return (u64)(s64)(s16)v16;
	case FIELD_U32:
	case FIELD_X32:
	case FIELD_ENUM:
		memcpy(&v32, pos, sizeof(v32));
		return v32;
	case FIELD_S32:
		memcpy(&v32, pos, sizeof(v32));
		return (u64)(s64)(s32)v32;
	default:
		memcpy(&v64, pos, sizeof(v64));
		return v64;
	}
}

static void print_time(FILE *out, u64 ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
}

static void print_string(FILE *out, const char *text, size_t len, bool word)
{
	char clean[TEXT_MAX];
	char *pos;

	str_sanitize(clean, sizeof(clean), text, len);
	for (pos = clean; word && *pos; pos++)
		if (*pos == ' ')
			*pos = '_';
	fprintf(out, "%s", clean);
}

static void print_enum(FILE *out, const struct field *field, u64 value)
{
	u64 i;

	for (i = 0; field->names[i]; i++) {
		if (value == field->base + i) {
			fprintf(out, "%s", field->names[i]);
			return;
		}
	}
	fprintf(out, "%" PRIu64, value);
}

static void print_value(FILE *out, const struct field *field, u64 value)
{
	switch (field->kind) {
	case FIELD_TIME:
		print_time(out, value);
		break;
	case FIELD_S16:
	case FIELD_S32:
	case FIELD_S64:
		fprintf(out, "%" PRId64, (s64)value);
		break;
	case FIELD_X16:
	case FIELD_X32:
	case FIELD_X64:
	case FIELD_FLAGS:
		fprintf(out, "0x%" PRIx64, value);
		break;
	case FIELD_ENUM:
		print_enum(out, field, value);
		break;
	default:
		fprintf(out, "%" PRIu64, value);
	}
}

/*
 * Whether the field is omitted, as reading the line back sets it to the same value: zero, or the
 * reader's default.
 */
static bool is_default(const struct rec *rec, const struct field *field, u64 value)
{
	const struct rec_batch *batch = (const void *)rec;

	if (!REC_IS_EVENT(rec->type) || field->kind == FIELD_ENUM)
		return false;
	if (!strcmp(field->name, "in"))
		return value == batch->e.t_out;
	if (!strcmp(field->name, "out"))
		return false;
	if (!strcmp(field->name, "total"))
		return value == (u64)batch->first + batch->nr;
	return !value && strcmp(field->name, "ref");
}

static void print_field(FILE *out, const struct rec *rec, const struct field *field)
{
	const char *text = (const char *)rec + field->offset;
	u64 value;

	switch (field->kind) {
	case FIELD_WORD:
		fprintf(out, " %s ", field->name);
		print_string(out, text, TEXT_MAX, true);
		return;
	case FIELD_TEXT:
		if (rec->type == REC_FACT || rec->type == REC_PROBE)
			text = text__second(text);
		fprintf(out, " %s ", field->name);
		print_string(out, text, TEXT_MAX, false);
		return;
	case FIELD_COMM:
		fprintf(out, " %s ", field->name);
		print_string(out, text, 16, false);
		return;
	default:
		value = load(rec, field);
		if (is_default(rec, field, value))
			return;
		fprintf(out, " %s ", field->name);
		print_value(out, field, value);
	}
}

static void print_ops(FILE *out, const struct rec *rec, const struct rec_desc *desc)
{
	const struct rec_batch *batch = (const void *)rec;
	const u8 *op = rec__ops(rec);
	u32 i, f;

	for (i = 0; op && i < batch->nr; i++, op += rec_type__op_size(rec->type)) {
		fprintf(out, "  op");
		for (f = 0; f < desc->nr_op_fields; f++) {
			fprintf(out, " %s ", desc->op_fields[f].name);
			print_value(out, &desc->op_fields[f], load(op, &desc->op_fields[f]));
		}
		fputc('\n', out);
	}
}

void text__print(FILE *out, const struct rec *rec)
{
	const struct rec_desc *desc = &rec_descs[rec->type];
	u32 f;

	fprintf(out, "%s", desc->name);
	for (f = 0; f < desc->nr_fields; f++)
		print_field(out, rec, &desc->fields[f]);
	fputc('\n', out);
	if (desc->op_fields)
		print_ops(out, rec, desc);
}

void text__print_mark(FILE *out, u64 watermark)
{
	fprintf(out, "mark ");
	print_time(out, watermark);
	fputc('\n', out);
}
