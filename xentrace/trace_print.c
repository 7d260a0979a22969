// SPDX-License-Identifier: GPL-2.0
/*
 * Writes lines by hand, as a trace has millions of records. jansson takes 28 times the instructions
 * for the same JSON. It takes 64 000 for a record, and these functions 2 300 (callgrind, 200 000
 * records of tests/bench/bench_xentrace_gen.c).
 */
#include "trace_print.h"
#include "util/json_line.h"

/*
 * A line under construction. It has only numbers and names of the table, so nothing needs escaping.
 */
struct xt_line {
	u32 len;
	char text[1024];
};

static void add_chars(struct xt_line *line, const char *text, size_t len)
{
	if (len > sizeof(line->text) - 1 - line->len)
		return;
	memcpy(line->text + line->len, text, len);
	line->len += (u32)len;
}

static void xt_line__text(struct xt_line *line, const char *text)
{
	add_chars(line, text, strlen(text));
}

static void xt_line__dec(struct xt_line *line, u64 value)
{
	char digits[20];
	u32 at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	add_chars(line, digits + at, sizeof(digits) - at);
}

static void xt_line__hex(struct xt_line *line, u64 value, u32 digits)
{
	static const char hex[] = "0123456789abcdef";
	char text[18] = "0x";
	u32 at = 2, i;

	for (i = 16; i > 0; i--)
		if (i <= digits || i == 1 || value >> (4 * (i - 1)))
			text[at++] = hex[(value >> (4 * (i - 1))) & 15];
	add_chars(line, text, at);
}

/* Ends the line. Errors stay in @out's state. */
static void xt_line__write(struct xt_line *line, FILE *out)
{
	line->text[line->len++] = '\n';
	fwrite_unlocked(line->text, 1, line->len, out);
	line->len = 0;
}

/* --- the fields of a record --- */

enum field_type { FIELD_DEC, FIELD_HEX, FIELD_STATE, FIELD_CALL };

struct xt_field {
	const char *name;
	size_t name_len;
	enum field_type type;
	u64 value;
};

struct xt_fields {
	const struct xt_rec *rec;
	const char *spec; /* what is left of it */
	u32 at;		  /* next word, and whether its lower half was used */
	bool half;
};

static bool take(struct xt_fields *fields, u32 words, u64 *value)
{
	if (fields->at + words > fields->rec->nr_words)
		return false;
	*value = xt_rec__word(fields->rec, fields->at);
	if (words == 2)
		*value |= (u64)xt_rec__word(fields->rec, fields->at + 1) << 32;
	fields->at += words;
	return true;
}

static bool take_half(struct xt_fields *fields, u64 *value)
{
	u32 word = xt_rec__word(fields->rec, fields->at);

	if (fields->at >= fields->rec->nr_words)
		return false;
	*value = fields->half ? word >> 16 : word & 0xffff;
	fields->at += fields->half;
	fields->half = !fields->half;
	return true;
}

/*
 * Reads the next field of the table's description. Returns false if there is none, or if the record
 * is too short for it.
 */
static bool next_field(struct xt_fields *fields, struct xt_field *field)
{
	const char *spec = fields->spec;
	bool wide = false, half = false;

	while (*spec == ' ')
		spec++;
	if (!*spec) {
		/* A remaining half word is skipped. */
		fields->at += fields->half;
		fields->half = false;
		return false;
	}
	field->name = spec;
	field->name_len = strcspn(spec, " :");
	field->type = FIELD_DEC;
	field->value = 0;
	spec += field->name_len;
	if (*spec == ':')
		spec++;
	for (; *spec && *spec != ' '; spec++) {
		if (*spec == 'x')
			field->type = FIELD_HEX;
		else if (*spec == 'q')
			wide = true;
		else if (*spec == 'h')
			half = true;
		else if (*spec == 'c')
			field->type = FIELD_CALL;
		else if (*spec == 'i')
			field->type = FIELD_STATE;
		else
			field->value = (fields->rec->id >> (*spec - '0')) & 3;
	}
	fields->spec = spec;
	if (field->type == FIELD_STATE)
		return true;
	return half ? take_half(fields, &field->value) : take(fields, wide ? 2 : 1, &field->value);
}

static u32 hypercall_nr(u64 word)
{
	return (u32)word & 0xfffff;
}

/* --- text --- */

static void print_call(struct xt_line *line, struct xt_fields *fields, u32 op)
{
	const char *name = hypercall__name(op), *cmd;
	bool grant = op == __HYPERVISOR_grant_table_op;
	u64 arg;

	if (name)
		xt_line__text(line, name);
	else
		xt_line__dec(line, op);
	if (grant && fields->at < fields->rec->nr_words) {
		cmd = gnttab_cmd__name(xt_rec__word(fields->rec, fields->at));
		if (cmd && take(fields, 1, &arg)) {
			xt_line__text(line, " ");
			xt_line__text(line, cmd);
		}
		if (take(fields, 1, &arg)) {
			xt_line__text(line, " count=");
			xt_line__dec(line, arg);
		}
	}
	while (take(fields, 1, &arg)) {
		xt_line__text(line, " arg=");
		xt_line__hex(line, arg, 1);
	}
}

static void print_field(struct xt_line *line, struct xt_fields *fields,
			const struct xt_field *field)
{
	xt_line__text(line, " ");
	if (field->type == FIELD_CALL)
		return print_call(line, fields, hypercall_nr(field->value));
	add_chars(line, field->name, field->name_len);
	xt_line__text(line, "=");
	if (field->type == FIELD_STATE)
		xt_line__text(line, runstate__name((u32)field->value));
	else if (field->type == FIELD_HEX)
		xt_line__hex(line, field->value, 1);
	else
		xt_line__dec(line, field->value);
}

static void print_hypercall(struct xt_line *line, const struct xt_rec *rec)
{
	const struct xt_hypercall *hc = rec->hypercall;
	bool grant = rec->event->kind == XT_GRANT_MAP || rec->event->kind == XT_GRANT_UNMAP;
	bool entry = rec->event->kind == XT_HYPERCALL || rec->event->kind == XT_SUBCALL ||
		     rec->event->kind == XT_VMMCALL;

	if (!grant && !entry && rec->event->kind != XT_GUEST)
		return;
	if (!hc) {
		xt_line__text(line, " call=?");
		return;
	}
	xt_line__text(line, " call=");
	xt_line__dec(line, hc->id);
	if (grant) {
		xt_line__text(line, " nth=");
		xt_line__dec(line, rec->nth);
	}
	if (grant && hc->count != XT_UNKNOWN) {
		xt_line__text(line, " of=");
		xt_line__dec(line, (u64)hc->count);
	}
	if (entry && hc->of) {
		xt_line__text(line, " continues=");
		xt_line__dec(line, hc->of);
	}
}

static const struct {
	u8 flag;
	const char *name;
} flags[] = {
	{XT_F_NO_TSC, "no-tsc"}, {XT_F_NO_TIME, "no-time"},   {XT_F_LATE, "late"},
	{XT_F_HOLE, "hole"},	 {XT_F_TSC_BACK, "tsc-back"},
};

static void print_vcpu(struct xt_line *line, const struct xt_rec *rec)
{
	if (rec->domid == XT_UNKNOWN) {
		xt_line__text(line, " d?v? ");
		return;
	}
	xt_line__text(line, " d");
	xt_line__dec(line, (u64)rec->domid);
	xt_line__text(line, "v");
	xt_line__dec(line, (u64)rec->vcpu);
	xt_line__text(line, " ");
}

void xt_rec__print(const struct xt_rec *rec, FILE *out)
{
	struct xt_fields fields = {.rec = rec, .spec = rec->event->fields};
	struct xt_line line;
	struct xt_field field;
	u64 word;
	u32 i;

	line.len = 0;
	xt_line__dec(&line, rec->tsc);
	xt_line__text(&line, " p");
	xt_line__dec(&line, rec->pcpu);
	print_vcpu(&line, rec);
	if (rec->event->name)
		xt_line__text(&line, rec->event->name);
	if (rec->event->kind == XT_GUEST)
		xt_line__text(&line, " ");
	if (!rec->event->name || rec->event->kind == XT_GUEST)
		xt_line__hex(&line, rec->id, 8);
	while (next_field(&fields, &field))
		print_field(&line, &fields, &field);
	while (take(&fields, 1, &word)) {
		xt_line__text(&line, " ");
		xt_line__hex(&line, word, 1);
	}
	print_hypercall(&line, rec);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(rec->flags & flags[i].flag))
			continue;
		xt_line__text(&line, " !");
		xt_line__text(&line, flags[i].name);
	}
	xt_line__write(&line, out);
}

/* --- JSON --- */

static void json_number(struct xt_line *line, const char *key, u64 value)
{
	xt_line__text(line, key);
	xt_line__dec(line, value);
}

static void json_maybe(struct xt_line *line, const char *key, s64 value)
{
	if (value != XT_UNKNOWN)
		return json_number(line, key, (u64)value);
	xt_line__text(line, key);
	xt_line__text(line, "null");
}

static void json_name(struct xt_line *line, const char *key, const char *name)
{
	xt_line__text(line, key);
	if (!name) {
		xt_line__text(line, "null");
		return;
	}
	xt_line__text(line, "\"");
	xt_line__text(line, name);
	xt_line__text(line, "\"");
}

static void json_words(struct xt_line *line, struct xt_fields *fields)
{
	const char *comma = "";
	u64 word;

	xt_line__text(line, "[");
	while (take(fields, 1, &word)) {
		json_number(line, comma, word);
		comma = ",";
	}
	xt_line__text(line, "]");
}

static void json_field(struct xt_line *line, struct xt_fields *fields, const struct xt_field *field)
{
	xt_line__text(line, "\"");
	add_chars(line, field->name, field->name_len);
	xt_line__text(line, "\":");
	if (field->type == FIELD_CALL) {
		json_number(line, "{\"op\":", hypercall_nr(field->value));
		json_name(line, ",\"name\":", hypercall__name(hypercall_nr(field->value)));
		xt_line__text(line, ",\"args\":");
		json_words(line, fields);
		xt_line__text(line, "}");
	} else if (field->type == FIELD_STATE) {
		json_name(line, "", runstate__name((u32)field->value));
	} else {
		xt_line__dec(line, field->value);
	}
}

static void json_hypercall(struct xt_line *line, const struct xt_rec *rec)
{
	const struct xt_hypercall *hc = rec->hypercall;

	if (!hc) {
		xt_line__text(line, rec->state == XT_HC_NONE ? "\"none\"" : "null");
		return;
	}
	json_number(line, "{\"call\":", hc->id);
	json_number(line, ",\"tsc\":", hc->tsc);
	json_number(line, ",\"op\":", hc->op);
	json_name(line, ",\"name\":", hypercall__name(hc->op));
	json_maybe(line, ",\"cmd\":", hc->cmd);
	json_name(line,
		  ",\"cmd_name\":", hc->cmd == XT_UNKNOWN ? NULL : gnttab_cmd__name((u32)hc->cmd));
	json_maybe(line, ",\"count\":", hc->count);
	json_maybe(line, ",\"continues\":", hc->of ? (s64)hc->of : XT_UNKNOWN);
	xt_line__text(line, hc->subcall ? ",\"subcall\":true}" : ",\"subcall\":false}");
}

static void json_flags(struct xt_line *line, u8 set)
{
	const char *comma = "";
	u32 i;

	xt_line__text(line, ",\"flags\":[");
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(set & flags[i].flag))
			continue;
		json_name(line, comma, flags[i].name);
		comma = ",";
	}
	xt_line__text(line, "]");
}

void xt_rec__print_json(const struct xt_rec *rec, FILE *out)
{
	struct xt_fields fields = {.rec = rec, .spec = rec->event->fields};
	struct xt_line line;
	const char *comma = "";
	struct xt_field field;

	line.len = 0;
	xt_line__text(&line, "{\"type\":\"record\"");
	json_number(&line, ",\"schema\":", JSON_SCHEMA);
	json_number(&line, ",\"tsc\":", rec->tsc);
	json_number(&line, ",\"pcpu\":", rec->pcpu);
	json_maybe(&line, ",\"domid\":", rec->domid);
	json_maybe(&line, ",\"vcpu\":", rec->vcpu);
	json_number(&line, ",\"id\":", rec->id);
	json_name(&line, ",\"event\":", rec->event->name);
	xt_line__text(&line, ",\"fields\":{");
	for (; next_field(&fields, &field); comma = ",") {
		xt_line__text(&line, comma);
		json_field(&line, &fields, &field);
	}
	xt_line__text(&line, "},\"words\":");
	json_words(&line, &fields);
	if (rec->event->kind == XT_GRANT_MAP || rec->event->kind == XT_GRANT_UNMAP)
		json_maybe(&line, ",\"nth\":", rec->hypercall ? (s64)rec->nth : XT_UNKNOWN);
	xt_line__text(&line, ",\"hypercall\":");
	json_hypercall(&line, rec);
	json_flags(&line, rec->flags);
	xt_line__text(&line, "}");
	xt_line__write(&line, out);
}

/* "domid:h vcpu:h" as ["domid","vcpu"] */
static json_t *field_names(const char *spec)
{
	json_t *names = json_array();
	size_t len;

	for (spec += strspn(spec, " "); *spec;
	     spec += strcspn(spec, " "), spec += strspn(spec, " ")) {
		len = strcspn(spec, " :");
		json_array_append_new(names, json_stringn(spec, len));
	}
	return names;
}

void xt_event__print_all_json(FILE *out)
{
	const struct xt_event *event;
	struct json_line line;
	u32 i;

	for (i = 0; (event = xt_event__at(i)); i++) {
		json_line__begin(&line, out, "record-kind");
		json__set_number(line.object, "id", event->id);
		json__set_string(line.object, "event", event->name);
		json_object_set_new(line.object, "names", field_names(event->fields));
		json_line__end(&line);
	}
}

void xt_event__print_all(FILE *out)
{
	const struct xt_event *event;
	struct xt_line line = {.len = 0};
	u32 i;

	for (i = 0; (event = xt_event__at(i)); i++) {
		xt_line__hex(&line, event->id, 8);
		xt_line__text(&line, " ");
		xt_line__text(&line, event->name);
		if (*event->fields)
			xt_line__text(&line, " ");
		xt_line__text(&line, event->fields);
		xt_line__write(&line, out);
	}
}
