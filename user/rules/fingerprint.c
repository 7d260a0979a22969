// SPDX-License-Identifier: GPL-2.0
/*
 * A finding's fingerprint: the same for one bug on any machine, day and kernel, different for
 * another bug. It therefore names subsystems and programs. Refs, domids, times, addresses and
 * functions (which a compiler may inline) vary, and the victim of a stale map is chance.
 */
#include <stdio.h>
#include <string.h>

#include "known/messages.h"
#include "known/programs.h"
#include "rules/finding.h"

/*
 * What identifies a bug of each class, in order. With their programs: m mapper, o owner, p previous
 * owner, 2 the two mappers. Others: k killed, c a copy, e kind of evidence, b who ended it, a who
 * ended it again, t what ended the map, l the log's message.
 */
static const char *const fields[CLASS_MAX] = {
	[CLASS_STALE_MAP] = "mpk",	    [CLASS_STALE_MAP_REFUSED] = "cmpk",
	[CLASS_STALE_COPY] = "mpk",	    [CLASS_NEAR_MISS] = "mpk",
	[CLASS_REVOKE_BLOCKED] = "mo",	    [CLASS_FREED_WHILE_MAPPED] = "oe",
	[CLASS_FOREIGN_REF_FREED] = "bo",   [CLASS_DOUBLE_FREE] = "ba",
	[CLASS_DOUBLE_GRANT] = "",	    [CLASS_DOUBLE_MAP] = "2",
	[CLASS_PERSISTENT_MISMATCH] = "mo", [CLASS_LINGERING_MAP] = "omk",
	[CLASS_DEFERRAL] = "omk",	    [CLASS_PARTIAL_MAP_LEAK] = "m",
	[CLASS_MAPPING_LOST] = "mt",	    [CLASS_DEFERRAL_BACKLOG] = "o",
	[CLASS_GRANT_LEAK] = "oe",	    [CLASS_LOG_ONLY] = "l",
	[CLASS_DEVICE_LOST] = "l",
};

struct text {
	char *buf;
	size_t size, n;
};

static void append(struct text *text, const char *sep, const char *what)
{
	if (text->n < text->size)
		text->n += (size_t)snprintf(text->buf + text->n, text->size - text->n, "%s%s", sep,
					    what);
}

static void append_party(struct text *text, const struct party *party)
{
	char comm[24];

	append(text, ":", party->known ? kind__name(party->kind) : "unseen");
	if (party->known && party->comm[0])
		append(text, "/", program__class(party->comm, comm, sizeof(comm)));
}

/* Appends the two mappers in an order that does not depend on which came first. */
static void append_both(struct text *text, const struct finding *finding)
{
	char a[24], b[24];

	program__class(finding->map_by.comm, a, sizeof(a));
	program__class(finding->previous_owner.comm, b, sizeof(b));
	append(text, ":", strcmp(a, b) < 0 ? a : b);
	append(text, "+", strcmp(a, b) < 0 ? b : a);
}

static const char *ended_by(const struct finding *finding)
{
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].type == STEP_END &&
		    finding->steps[i].number == finding->generation)
			return kind__name(finding->steps[i].kind);
	return "unseen";
}

static const char *again_by(const struct finding *finding)
{
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].key)
			return kind__name(finding->steps[i].kind);
	return "unseen";
}

static void append_field(struct text *text, const struct finding *finding, char field)
{
	switch (field) {
	case 'm':
		append_party(text, &finding->map_by);
		break;
	case 'o':
		append_party(text, &finding->owner);
		break;
	case 'p':
		append_party(text, &finding->previous_owner);
		break;
	case 'c':
		append(text, "", finding->copied ? ":copy" : "");
		break;
	case 'k':
		append(text, "", finding->killed ? ":killed" : "");
		break;
	case 'e':
		append(text, ":", finding->nr_evidence ? finding->evidence[0].rule : "");
		break;
	case 'b':
		append(text, ":", ended_by(finding));
		break;
	case 'a':
		append(text, ":", again_by(finding));
		break;
	case '2':
		append_both(text, finding);
		break;
	case 't':
		append(text, ":", teardown__name(finding->teardown));
		break;
	case 'l':
		append(text, ":", finding->message ? finding->message->id : "");
		break;
	}
}

void finding__fingerprint(const struct finding *finding, char *buf, size_t size)
{
	struct text text = {buf, size, 0};
	const char *field;

	append(&text, "gw1:", class__id(finding->class));
	for (field = fields[finding->class]; *field; field++)
		append_field(&text, finding, *field);
}
