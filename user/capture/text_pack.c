// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/fields.h"
#include "capture/reader.h"
#include "capture/text.h"
#include "util/log.h"

struct packer {
	const char *name;
	unsigned long line;
	struct capture_writer *writer;
	u8 type; /* type of the record under construction, 0 none */
	union {
		struct rec rec;
		struct rec_batch batch;
		u8 bytes[128];
	} head;
	char text[TEXT_MAX];
	size_t text_len;
	u8 ops[RECORD_MAX - 256];
	size_t ops_len;
	bool have_in, have_total;
	u64 last;  /* latest t_out */
	bool open; /* records since the last mark */
};

static int bad(const struct packer *p, const char *what, const char *which)
{
	pr_err("%s:%lu: %s '%s'", p->name, p->line, what, which);
	return -EINVAL;
}

static int parse_time(const char *word, u64 *ns)
{
	char *end;
	u64 frac = 0, scale = NSEC_PER_SEC;

	if (*word < '0' || *word > '9')
		return -EINVAL;
	errno = 0;
	*ns = strtoull(word, &end, 10);
	if (errno || *ns > UINT64_MAX / NSEC_PER_SEC - 1)
		return -EINVAL;
	if (*end == '.') {
		for (end++; *end >= '0' && *end <= '9' && scale > 1; end++) {
			frac = frac * 10 + (u64)(*end - '0');
			scale /= 10;
		}
	}
	*ns = *ns * NSEC_PER_SEC + frac * scale;
	return *end ? -EINVAL : 0;
}

/* Width in bytes of a numeric field. */
static unsigned int width(enum field_kind kind)
{
	switch (kind) {
	case FIELD_FLAGS:
		return 1;
	case FIELD_U16:
	case FIELD_S16:
	case FIELD_X16:
		return 2;
	case FIELD_U32:
	case FIELD_S32:
	case FIELD_X32:
	case FIELD_ENUM:
		return 4;
	default:
		return 8;
	}
}

static int parse_number(const struct field *field, const char *word, u64 *value)
{
	bool is_signed =
		field->kind == FIELD_S16 || field->kind == FIELD_S32 || field->kind == FIELD_S64;
	unsigned int bits = width(field->kind) * 8;
	char *end;

	errno = 0;
	if (is_signed) {
		s64 v = strtoll(word, &end, 0);
		s64 top = bits == 64 ? INT64_MAX : ((s64)1 << (bits - 1)) - 1;

		if (v > top || v < -top - 1)
			return -EINVAL;
		*value = (u64)v;
	} else {
		if (*word == '-')
			return -EINVAL;
		*value = strtoull(word, &end, 0);
		if (bits < 64 && *value >> bits)
			return -EINVAL;
	}
	return errno || end == word || *end ? -EINVAL : 0;
}

/* A value without a name is printed as a number. */
static int parse_enum(const struct field *field, const char *word, u64 *value)
{
	u64 i;

	for (i = 0; field->names[i]; i++) {
		if (!strcmp(field->names[i], word)) {
			*value = field->base + i;
			return 0;
		}
	}
	return parse_number(field, word, value);
}

static int store(struct packer *p, void *base, const struct field *field, const char *word)
{
	u64 value;
	int err;

	if (field->kind == FIELD_TIME)
		err = parse_time(word, &value);
	else if (field->kind == FIELD_ENUM)
		err = parse_enum(field, word, &value);
	else
		err = parse_number(field, word, &value);
	if (err)
		return bad(p, "no value that fits here:", word);
	memcpy((u8 *)base + field->offset, &value, width(field->kind));
	return 0;
}

static int append_text(struct packer *p, const char *text)
{
	size_t len = strlen(text);

	/* All texts of a record together: readers accept no more. */
	if (p->text_len + len + 1 > TEXT_MAX || len >= TEXT_MAX - 256)
		return bad(p, "text too long:", "(more than 3840 characters)");
	memcpy(p->text + p->text_len, text, len + 1);
	p->text_len += len + 1;
	return 0;
}

static const struct field *find_field(const struct field *fields, u16 nr, const char *name)
{
	u16 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static int store_text(struct packer *p, const struct field *field, const char *rest)
{
	if (field->kind == FIELD_COMM) {
		size_t len = strlen(rest);

		if (len > 15)
			return bad(p, "comm longer than 15 characters:", rest);
		memcpy(p->head.bytes + field->offset, rest, len);
		return 0;
	}
	return append_text(p, rest);
}

/* Parses the record's own line: pairs of field name and value. */
static int parse_fields(struct packer *p, const struct rec_desc *desc, char *rest)
{
	char *name, *value;

	while ((name = strsep(&rest, " "))) {
		const struct field *field;
		int err;

		if (!*name)
			continue;
		field = find_field(desc->fields, desc->nr_fields, name);
		if (!field)
			return bad(p, "no such field in this record:", name);
		if (field->kind == FIELD_TEXT || field->kind == FIELD_COMM)
			return store_text(p, field, rest ? rest : "");
		do {
			value = strsep(&rest, " ");
		} while (value && !*value);
		if (!value)
			return bad(p, "a value is missing after", name);
		p->have_in |= !strcmp(name, "in");
		p->have_total |= !strcmp(name, "total");
		err = field->kind == FIELD_WORD ? append_text(p, value)
						: store(p, p->head.bytes, field, value);
		if (err)
			return err;
	}
	return 0;
}

static int parse_op(struct packer *p, char *rest)
{
	const struct rec_desc *desc = &rec_descs[p->type];
	size_t size = rec_type__op_size(p->type);
	u8 op[32] = {0};
	char *name, *value;

	if (!p->type || !desc->op_fields)
		return bad(p, "an operation without a batch above it:", "op");
	if (p->ops_len + size > sizeof(p->ops))
		return bad(p, "too many operations in one record: split it with",
			   "first and total");
	while ((name = strsep(&rest, " "))) {
		const struct field *field;

		if (!*name)
			continue;
		field = find_field(desc->op_fields, desc->nr_op_fields, name);
		value = strsep(&rest, " ");
		if (!field || !value)
			return bad(p, "no such field in this operation, or no value:", name);
		if (store(p, op, field, value))
			return -EINVAL;
	}
	memcpy(p->ops + p->ops_len, op, size);
	p->ops_len += size;
	return 0;
}

/* Readers drop a record without all of its strings, even if they are empty. */
static int check_texts(struct packer *p, const struct rec_desc *desc)
{
	size_t i, have = 0, need = 0;

	for (i = 0; i < desc->nr_fields; i++)
		need += desc->fields[i].kind == FIELD_WORD || desc->fields[i].kind == FIELD_TEXT;
	for (i = 0; i < p->text_len; i++)
		have += !p->text[i];
	return have == need ? 0 : bad(p, "the record above lacks one of its texts:", desc->name);
}

/* Fills in what the text may omit, and gives the record to the writer. */
static int finish_record(struct packer *p)
{
	const struct rec_desc *desc = &rec_descs[p->type];
	struct rec_batch *batch = &p->head.batch;
	const void *tail = p->text;
	size_t tail_len = p->text_len;

	if (!p->type)
		return 0;
	if (check_texts(p, desc))
		return -EINVAL;
	if (REC_IS_EVENT(p->type)) {
		if (!p->have_in)
			batch->e.t_in = batch->e.t_out;
		if (batch->e.t_in > batch->e.t_out)
			return bad(p, "the record above ends before it begins:", "in > out");
		p->last = max(p->last, batch->e.t_out);
	}
	if (REC_IS_BATCH(p->type)) {
		size_t size = rec_type__op_size(p->type);

		batch->nr = size ? (u32)(p->ops_len / size) : 0;
		if (!p->have_total)
			batch->total = batch->first + batch->nr;
		/* Readers drop such a record. */
		if ((u64)batch->first + batch->nr > batch->total)
			return bad(p, "the record above has more operations than in all:",
				   "first + operations > total");
		tail = p->ops;
		tail_len = p->ops_len;
	}
	p->head.rec.type = p->type;
	p->type = 0;
	p->open = true;
	return capture_writer__add(p->writer, p->head.bytes, desc->len, tail, tail_len);
}

static int parse_mark(struct packer *p, const char *rest)
{
	u64 watermark;

	if (!rest || parse_time(rest, &watermark))
		return bad(p, "mark takes a time in seconds, not", rest ? rest : "");
	p->open = false;
	return capture_writer__flush(p->writer, watermark);
}

static int parse_line(struct packer *p, char *line)
{
	char *word;
	int err;

	line += strspn(line, " ");
	if (!*line || *line == '#')
		return 0;
	word = strsep(&line, " ");
	if (!strcmp(word, "op"))
		return parse_op(p, line);
	err = finish_record(p);
	if (err)
		return err;
	if (!strcmp(word, "mark"))
		return parse_mark(p, line);
	p->type = rec_type__by_name(word);
	if (!p->type)
		return bad(p, "unknown record", word);
	memset(&p->head, 0, sizeof(p->head));
	p->text_len = 0;
	p->ops_len = 0;
	p->have_in = p->have_total = false;
	return parse_fields(p, &rec_descs[p->type], line);
}

/* A dump must print what was packed, and it prints no other bytes. */
static int check_bytes(struct packer *p, char *line, size_t len)
{
	char which[16];
	size_t i;

	if (line[strspn(line, " \t")] == '#')
		return 0;
	for (i = 0; i < len; i++) {
		if (line[i] == '\t')
			line[i] = ' ';
		if (line[i] >= ' ' && line[i] <= '~')
			continue;
		snprintf(which, sizeof(which), "\\x%02x", (u8)line[i]);
		return bad(p, "only printable ASCII, write '?' for", which);
	}
	return 0;
}

/* One line, without its end. */
static int take_line(struct packer *p, char *line, size_t len, bool *have_header)
{
	int err;

	p->line++;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	line[len] = '\0';
	err = check_bytes(p, line, len);
	if (err)
		return err;
	if (*have_header || !*line || *line == '#')
		return parse_line(p, line);
	*have_header = !strcmp(line, TEXT_HEADER);
	return *have_header ? 0 : bad(p, "the first line must be '" TEXT_HEADER "', not", line);
}

int text__pack(FILE *in, const char *name, struct capture_writer *writer)
{
	struct packer *p = calloc(1, sizeof(*p));
	char *line = NULL;
	size_t size = 0;
	bool have_header = false;
	int err = p ? 0 : -ENOMEM;
	ssize_t len;

	if (p) {
		p->name = name;
		p->writer = writer;
	}
	while (!err && (len = getline(&line, &size, in)) >= 0)
		err = take_line(p, line, (size_t)len, &have_header);
	if (!err && !have_header)
		err = bad(p, "empty: the first line must be", TEXT_HEADER);
	if (!err)
		err = finish_record(p);
	/* A case need not have watermarks: at its end everything is written. */
	if (!err && p->open)
		err = capture_writer__flush(writer, p->last);
	free(line);
	free(p);
	return err;
}
