// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repro/script.h"
#include "repro/window.h"
#include "util/log.h"

#define WORDS_MAX    6
#define LINE_MAX_LEN 200
#define SECONDS_MAX  86400
#define REPEAT_MAX   1000000

#define GRANTER (1U << SIDE_GRANTER)
#define MAPPER	(1U << SIDE_MAPPER)
#define BOTH	(GRANTER | MAPPER)

/* clang-format off */
const struct verb_desc verbs[NR_VERBS] = {
	[VERB_GRANT] = {"grant", "PAGES [writable]", "allocate a window on gntalloc and fill its pages",
		GRANTER, {ARG_COUNT, ARG_WORD}, .least = 1, .word = "writable", .top = WINDOW_MAX},
	[VERB_TELL] = {"tell", "[more]", "send the last window's refs to the mapper, in place of or behind those before",
		GRANTER, {ARG_WORD}, .word = "more"},
	[VERB_FREE] = {"free", "", "munmap the window, which ends its grants", GRANTER},
	[VERB_ARM] = {"arm", "[each]", "tell gntdev of the window, or of each ref singly; maps nothing yet",
		MAPPER, {ARG_WORD}, .word = "each"},
	[VERB_MAP] = {"map", "[retry [SECONDS]]", "mmap what is armed; or ref by ref, round after round, until one is mapped",
		MAPPER, {ARG_WORD, ARG_SECONDS}, .word = "retry", .time = 60 * NSEC_PER_SEC},
	[VERB_COPY_FROM] = {"copy-from", "[retry [SECONDS]]", "copy the window's pages; or round after round, until Xen copies one",
		MAPPER, {ARG_WORD, ARG_SECONDS}, .word = "retry", .time = 60 * NSEC_PER_SEC},
	[VERB_COPY_TO] = {"copy-to", "[retry [SECONDS]]", "the same, but write zeros to the pages",
		MAPPER, {ARG_WORD, ARG_SECONDS}, .word = "retry", .time = 60 * NSEC_PER_SEC},
	[VERB_CHECK] = {"check", "", "compare the mapped or copied pages with what the granter wrote", MAPPER},
	[VERB_HOLD] = {"hold", "SECONDS", "keep what is mapped; fails when nothing is",
		MAPPER, {ARG_SECONDS}, .least = 1},
	[VERB_UNMAP] = {"unmap", "", "munmap", MAPPER},
	[VERB_HALVE] = {"halve", "", "munmap the second half of each map", MAPPER},
	[VERB_PROTECT] = {"protect", "", "mprotect what is mapped, and back: in a PV domain it is lost", MAPPER},
	[VERB_MOVE] = {"move", "", "mremap it to other addresses: the same", MAPPER},
	[VERB_ZAP] = {"zap", "", "madvise MADV_DONTNEED: the same", MAPPER},
	[VERB_CLEAR_REFS] = {"clear-refs", "", "write to /proc/self/clear_refs: the same", MAPPER},
	[VERB_DISARM] = {"disarm", "", "take back from gntdev what is armed", MAPPER},
	[VERB_EXIT] = {"exit", "", "the process exits without cleaning up", BOTH},
	[VERB_KILL] = {"kill", "", "the process is killed", BOTH},
	[VERB_READ] = {"read", "[LOOPS]", "keep --disk busy with O_DIRECT reads, in 4 loops",
		GRANTER, {ARG_COUNT}, .count = 4, .top = 64},
	[VERB_LOST] = {"lost", "[SECONDS]", "wait until that disk is lost; fails when it still works after 20 s",
		GRANTER, {ARG_SECONDS}, .time = 20 * NSEC_PER_SEC},
	[VERB_IDLE] = {"idle", "", "end the reads", GRANTER},
	[VERB_WAIT] = {"wait", "SECONDS", "do nothing", BOTH, {ARG_SECONDS}, .least = 1},
	[VERB_CUE] = {"cue", "NAME", "tell the world outside that the script is here",
		BOTH, {ARG_NAME}, .least = 1},
	[VERB_AWAIT] = {"await", "NAME [SECONDS]", "wait for the world outside, 120 s at most",
		BOTH, {ARG_NAME, ARG_SECONDS}, .least = 1, .time = 120 * NSEC_PER_SEC},
};
/* clang-format on */

/* ---- reading ---- */

struct line {
	const char *file;
	unsigned int nr;
	unsigned int words;
	char *word[WORDS_MAX];
};

static int complain(const struct line *line, const char *what, const char *word)
{
	char shown[64];

	str_sanitize(shown, sizeof(shown), word, strlen(word));
	pr_err("%s:%u: %s '%s'", line->file, line->nr, what, shown);
	return -EINVAL;
}

static int parse_count(const struct line *line, const char *word, u32 top, u32 *count)
{
	unsigned long value;
	char *end = NULL;

	value = isdigit((unsigned char)*word) ? strtoul(word, &end, 10) : 0;
	if (!value || *end || value > top) {
		char what[64];

		snprintf(what, sizeof(what), "expected a number from 1 to %u, not", top);
		return complain(line, what, word);
	}
	*count = (u32)value;
	return 0;
}

/* Parses decimal numbers only: strtod() depends on the locale and accepts infinities. */
static int parse_seconds(const struct line *line, const char *word, u64 *ns)
{
	u64 whole = 0, unit = NSEC_PER_SEC, part = 0;
	const char *p = word;

	for (; isdigit((unsigned char)*p) && whole <= SECONDS_MAX; p++)
		whole = whole * 10 + (u64)(*p - '0');
	if (p != word && *p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			unit /= 10;
			part += (u64)(*p - '0') * unit;
		}
	if (p == word || *p || whole > SECONDS_MAX)
		return complain(line, "expected seconds (0 to 86400, as in 0.25), not", word);
	*ns = whole * NSEC_PER_SEC + part;
	return 0;
}

static int parse_name(const struct line *line, const char *word, char *name)
{
	size_t len =
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	if (!len || word[len] || len >= CUE_NAME_MAX)
		return complain(line, "expected a name of up to 31 letters, digits, - and _, not",
				word);
	memcpy(name, word, len + 1);
	return 0;
}

static int parse_arg(const struct line *line, enum arg arg, const char *word,
		     struct script_step *step)
{
	const struct verb_desc *verb = &verbs[step->verb];
	char what[64];

	switch (arg) {
	case ARG_COUNT:
		return parse_count(line, word, verb->top, &step->count);
	case ARG_SECONDS:
		return parse_seconds(line, word, &step->time);
	case ARG_NAME:
		return parse_name(line, word, step->name);
	case ARG_WORD:
		step->word = !strcmp(word, verb->word);
		if (step->word)
			return 0;
		snprintf(what, sizeof(what), "expected '%s', not", verb->word);
		return complain(line, what, word);
	default:
		return complain(line, "nothing is expected at", word);
	}
}

/* Parses the arguments from word @at on. */
static int parse_args(const struct line *line, unsigned int at, struct script_step *step)
{
	const struct verb_desc *verb = &verbs[step->verb];
	unsigned int i;

	if (line->words - at < verb->least) {
		pr_err("%s:%u: %s takes %s", line->file, line->nr, verb->name, verb->args);
		return -EINVAL;
	}
	step->count = verb->count;
	for (i = 0; at + i < line->words; i++)
		if (parse_arg(line, i < VERB_ARGS ? verb->arg[i] : ARG_NONE, line->word[at + i],
			      step))
			return -EINVAL;
	/* The seconds of a word have a default only with that word. */
	for (; i < VERB_ARGS; i++)
		if (verb->arg[i] == ARG_SECONDS && (!verb->word || step->word))
			step->time = verb->time;
	return 0;
}

static int parse_actor(const struct line *line, enum actor *actor)
{
	unsigned int i;

	for (i = 0; i < NR_ACTORS; i++)
		if (!strcmp(line->word[0], actor_names[i])) {
			*actor = (enum actor)i;
			return 0;
		}
	return complain(line, "expected granter, granter2, mapper or mapper2, not", line->word[0]);
}

static int parse_verb(const struct line *line, const char *word, struct script_step *step)
{
	unsigned int i;

	for (i = 0; i < NR_VERBS; i++) {
		if (strcmp(word, verbs[i].name) != 0)
			continue;
		if (!(verbs[i].sides & 1U << actor__side(step->actor)))
			return complain(line, "this is the other side's verb:", word);
		step->verb = (enum verb)i;
		return 0;
	}
	return complain(line, "unknown verb", word);
}

static int parse_step(struct line *line, struct script *script)
{
	struct script_step *step = &script->step[script->nr];
	unsigned int at = 1;
	char *word;

	memset(step, 0, sizeof(*step));
	if (parse_actor(line, &step->actor))
		return -EINVAL;
	if (line->words == 1)
		return complain(line, "expected a verb after", line->word[0]);
	word = line->word[at];
	if (*word == '!' || *word == '?') {
		step->expect = *word == '!' ? EXPECT_FAIL : EXPECT_ANY;
		word++;
		/* "! map" is as good as "!map". */
		if (!*word && at + 1 < line->words)
			word = line->word[++at];
	}
	if (parse_verb(line, word, step) || parse_args(line, at + 1, step))
		return -EINVAL;
	script->nr++;
	return 0;
}

static int parse_repeat(struct line *line, struct script *script)
{
	if (script->nr)
		return complain(line, "only the first line can be", "repeat");
	if (line->words < 2 || line->words == 3 || line->words > 4)
		return complain(line, "expected COUNT [every SECONDS] after", "repeat");
	if (parse_count(line, line->word[1], REPEAT_MAX, &script->repeat))
		return -EINVAL;
	if (line->words == 2)
		return 0;
	if (strcmp(line->word[2], "every") != 0)
		return complain(line, "expected 'every', not", line->word[2]);
	return parse_seconds(line, line->word[3], &script->every);
}

static int parse_line(struct line *line, char *text, struct script *script)
{
	char *save = NULL, *word;

	line->words = 0;
	for (word = strtok_r(text, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save)) {
		if (line->words == WORDS_MAX)
			return complain(line, "nothing is expected at", word);
		line->word[line->words++] = word;
	}
	if (!line->words)
		return 0;
	if (!strcmp(line->word[0], "repeat"))
		return parse_repeat(line, script);
	if (script->nr == SCRIPT_STEPS_MAX) {
		pr_err("%s:%u: a script has %u steps at most", line->file, line->nr,
		       SCRIPT_STEPS_MAX);
		return -EINVAL;
	}
	return parse_step(line, script);
}

int script__parse(struct script *script, const char *name, const char *text)
{
	struct line line = {.file = name, .nr = 1};
	char copy[LINE_MAX_LEN];

	memset(script, 0, sizeof(*script));
	script->repeat = 1;
	while (*text) {
		size_t len = strcspn(text, ";\n#");

		if (len >= sizeof(copy)) {
			pr_err("%s:%u: this step is too long", name, line.nr);
			return -EINVAL;
		}
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (parse_line(&line, copy, script))
			return -EINVAL;
		text += len;
		if (*text == '#')
			text += strcspn(text, "\n");
		if (*text == '\n')
			line.nr++;
		if (*text)
			text++;
	}
	if (script->nr)
		return 0;
	pr_err("%s: no steps in it", name);
	return -EINVAL;
}

/* ---- writing ---- */

static int format_seconds(char *buf, size_t size, u64 ns)
{
	int len = snprintf(buf, size, " %" PRIu64 ".%09" PRIu64, ns / NSEC_PER_SEC,
			   ns % NSEC_PER_SEC);

	while (buf[len - 1] == '0')
		buf[--len] = '\0';
	if (buf[len - 1] == '.')
		buf[--len] = '\0';
	return len;
}

static size_t format_arg(const struct script_step *step, enum arg arg, char *buf, size_t size)
{
	switch (arg) {
	case ARG_COUNT:
		return (size_t)snprintf(buf, size, " %u", step->count);
	case ARG_SECONDS:
		if (verbs[step->verb].word && !step->word)
			return 0;
		return (size_t)format_seconds(buf, size, step->time);
	case ARG_NAME:
		return (size_t)snprintf(buf, size, " %s", step->name);
	case ARG_WORD:
		return step->word ? (size_t)snprintf(buf, size, " %s", verbs[step->verb].word) : 0;
	default:
		return 0;
	}
}

void step__format(const struct script_step *step, char *buf, size_t size)
{
	static const char prefix[][2] = {[EXPECT_OK] = "", [EXPECT_FAIL] = "!", [EXPECT_ANY] = "?"};
	const struct verb_desc *verb = &verbs[step->verb];
	char args[80] = "";
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < VERB_ARGS; i++)
		used += format_arg(step, verb->arg[i], args + used, sizeof(args) - used);
	snprintf(buf, size, "%s %s%s%s", actor_names[step->actor], prefix[step->expect], verb->name,
		 args);
}

u64 step__budget(const struct script_step *step)
{
	return step->time;
}

bool step__expects(const struct script_step *step, int err)
{
	return step->expect == EXPECT_ANY || (step->expect == EXPECT_FAIL) == !!err;
}

static u64 hash_text(u64 hash, const char *text)
{
	/* FNV-1a, line ends included: it finds mistakes, not attacks. */
	do {
		hash = (hash ^ (u8)(*text ? *text : '\n')) * 0x100000001b3ULL;
	} while (*text++);
	return hash;
}

u64 script__hash(const struct script *script)
{
	u64 hash = 0xcbf29ce484222325ULL;
	char text[LINE_MAX_LEN];
	u32 i;

	snprintf(text, sizeof(text), "repeat %u", script->repeat);
	hash = hash_text(hash, text);
	for (i = 0; i < script->nr; i++) {
		step__format(&script->step[i], text, sizeof(text));
		hash = hash_text(hash, text);
	}
	return hash;
}

/* ---- asking ---- */

void script__set_pages(struct script *script, u32 pages)
{
	u32 i;

	for (i = 0; i < script->nr; i++)
		if (script->step[i].verb == VERB_GRANT)
			script->step[i].count = pages;
}

bool script__uses(const struct script *script, enum verb verb)
{
	u32 i;

	for (i = 0; i < script->nr; i++)
		if (script->step[i].verb == verb)
			return true;
	return false;
}

u32 script__window(const struct script *script)
{
	u32 i, top = 0;

	for (i = 0; i < script->nr; i++)
		if (script->step[i].verb == VERB_GRANT)
			top = max(top, script->step[i].count);
	return top;
}
