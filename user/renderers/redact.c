// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "known/messages.h"
#include "known/programs.h"
#include "renderers/redact.h"
#include "util/log.h"

/* Replaces @name by @other where it is a whole word in @text and @follow comes after it. */
static void replace(char *text, size_t size, const char *name, const char *other,
		    const char *follow)
{
	size_t len = strlen(name), other_len = strlen(other);
	char *pos = text;

	while (len && (pos = strstr(pos, name))) {
		size_t rest = strlen(pos + len), room = size - (size_t)(pos - text);

		if (strncmp(pos + len, follow, strlen(follow)) ||
		    (pos > text &&
		     strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    pos[-1]))) {
			pos += len;
			continue;
		}
		if (other_len + 1 > room) {
			*pos = '\0';
			return;
		}
		if (other_len + rest + 1 > room)
			rest = room - other_len - 1;
		memmove(pos + other_len, pos + len, rest);
		pos[other_len + rest] = '\0';
		memcpy(pos, other, other_len);
		pos += other_len;
	}
}

/* Calls @fn for each text of @finding that may have a name. */
static void each_text(struct finding *finding, const char *name, const char *other,
		      const char *follow)
{
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		replace(finding->steps[i].text, sizeof(finding->steps[i].text), name, other,
			follow);
	for (i = 0; i < finding->nr_evidence; i++)
		replace(finding->evidence[i].text, sizeof(finding->evidence[i].text), name, other,
			follow);
	for (i = 0; i < finding->nr_blind; i++)
		replace(finding->blind[i], sizeof(finding->blind[i]), name, other, follow);
	replace(finding->outcome_text, sizeof(finding->outcome_text), name, other, follow);
}

static void hide_comm(struct finding *finding, char *comm, size_t size)
{
	char name[24], pseudonym[24];

	if (!comm[0] || program__is_known(comm))
		return;
	snprintf(name, sizeof(name), "%s", comm);
	program__public(name, pseudonym, sizeof(pseudonym));
	/*
	 * Texts have "comm (pid 12)" or "thread (thread of comm, pid 12)". So a program named
	 * "maps" does not change other text.
	 */
	each_text(finding, name, pseudonym, " (pid ");
	each_text(finding, name, pseudonym, ", pid ");
	each_text(finding, name, pseudonym, " (thread of ");
	str_sanitize(comm, size, pseudonym, sizeof(pseudonym));
}

/* After these words a known message has a process name. */
static void hide_processes(char *text, size_t size)
{
	static const char *const leads[] = {"process ", "Comm: ", "task ", "Name: "};
	char word[24], pseudonym[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(leads); i++) {
		char *pos = strstr(text, leads[i]);

		if (!pos)
			continue;
		pos += strlen(leads[i]);
		snprintf(word, sizeof(word), "%.*s",
			 (int)min(strcspn(pos, " :,"), sizeof(word) - 1), pos);
		if (program__is_known(word))
			continue;
		program__public(word, pseudonym, sizeof(pseudonym));
		replace(text, size, word, pseudonym, "");
	}
}

struct known_part {
	char text[1024];
	size_t len;
};

static void keep_message(void *ctx, const struct message_match *match, const char *from,
			 const char *to)
{
	/* Without the prefix some of Xen's messages are not recognised (message__match()). */
	const char *lead = match->message->debug_build ? "(XEN) " : "";
	struct known_part *part = ctx;
	char text[512];

	match__text(match, false, text, sizeof(text));
	if (part->len + strlen(text) + 16 > sizeof(part->text))
		return;
	part->len += (size_t)sprintf(part->text + part->len, "%s%s%s", part->len ? " ... " : "",
				     lead, text);
}

void redact__log_line(char *text, size_t size)
{
	struct known_part part = {.text = "...", .len = 0};
	bool begun;

	message__each(text, strlen(text), keep_message, &part, &begun);
	snprintf(text, size, "%s", part.text);
}

void redact__finding(struct finding *finding, const struct summary *summary)
{
	struct party *parties[] = {&finding->map_by, &finding->owner, &finding->previous_owner,
				   &finding->unmapped_by};
	char qube[16];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(parties); i++) {
		hide_comm(finding, parties[i]->comm, sizeof(parties[i]->comm));
		hide_comm(finding, parties[i]->thread, sizeof(parties[i]->thread));
	}
	for (i = 0; i < finding->nr_steps; i++) {
		hide_comm(finding, finding->steps[i].comm, sizeof(finding->steps[i].comm));
		hide_comm(finding, finding->steps[i].thread, sizeof(finding->steps[i].thread));
	}
	for (i = 0; i < finding->nr_evidence; i++)
		if (!strcmp(finding->evidence[i].rule, "log"))
			hide_processes(finding->evidence[i].text,
				       sizeof(finding->evidence[i].text));
	for (i = 0; i < summary->nr_sides; i++) {
		snprintf(qube, sizeof(qube), "d%u", summary->side[i].domid);
		each_text(finding, summary->side[i].name, qube, "");
	}
}

void redact__summary(struct summary *summary)
{
	u32 i, j;

	for (i = 0; i < summary->nr_sides; i++) {
		char qube[16];

		snprintf(qube, sizeof(qube), "d%u", summary->side[i].domid);
		for (j = 0; j < summary->nr_blind; j++)
			replace(summary->blind[j], sizeof(summary->blind[j]), summary->side[i].name,
				qube, "");
	}
	for (i = 0; i < summary->nr_sides; i++)
		summary->side[i].name[0] = '\0';
	for (i = 0; i < summary->nr_stubs; i++)
		summary->stub[i].name[0] = '\0';
}
