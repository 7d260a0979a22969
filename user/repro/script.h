/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A script: steps in the order in which they happen, whichever side they belong to.
 *
 *   script := [ "repeat" COUNT [ "every" SECONDS ] ] step...      one to a line, or separated by
 * ";" step   := actor [ "!" | "?" ] verb [ argument... ]            "!" must fail, "?" may actor :=
 * granter | granter2 | mapper | mapper2
 */
#ifndef GRANTWATCH_REPRO_SCRIPT_H
#define GRANTWATCH_REPRO_SCRIPT_H

#include "repro/actor.h"

enum verb {
	VERB_GRANT,
	VERB_TELL,
	VERB_FREE,
	VERB_EXIT,
	VERB_KILL,
	VERB_ARM,
	VERB_MAP,
	VERB_COPY_FROM,
	VERB_COPY_TO,
	VERB_CHECK,
	VERB_UNMAP,
	VERB_HALVE,
	VERB_PROTECT,
	VERB_MOVE,
	VERB_ZAP,
	VERB_CLEAR_REFS,
	VERB_DISARM,
	VERB_HOLD,
	VERB_WAIT,
	VERB_CUE,
	VERB_AWAIT,
	VERB_READ,
	VERB_LOST,
	VERB_IDLE,
	NR_VERBS,
};

enum expect {
	EXPECT_OK,
	EXPECT_FAIL,
	EXPECT_ANY,
};

#define SCRIPT_STEPS_MAX 64
#define CUE_NAME_MAX	 32

struct script_step {
	enum actor actor;
	enum verb verb;
	enum expect expect;
	bool word; /* "grant 4 writable", "tell more", "arm each", "map retry" */
	u32 count; /* grant, read */
	u64 time;  /* ns, of map retry, copy-from retry, hold, wait, await, lost */
	char name[CUE_NAME_MAX];
};

struct script {
	u32 repeat; /* 1 or more */
	u64 every;  /* ns from the start of one round to the next, 0 none */
	u32 nr;
	struct script_step step[SCRIPT_STEPS_MAX];
};

enum arg {
	ARG_NONE,
	ARG_COUNT,
	ARG_SECONDS,
	ARG_NAME,
	ARG_WORD, /* verb_desc::word, or NULL */
};

#define VERB_ARGS 2

/* A verb, for the parser and for --list. */
struct verb_desc {
	const char *name;
	const char *args;
	const char *help;
	unsigned int sides; /* sides that may use it, a bit for each */
	enum arg arg[VERB_ARGS];
	unsigned int least; /* number of required arguments */
	const char *word;
	u32 count, top; /* of ARG_COUNT: default and maximum */
	u64 time;	/* of ARG_SECONDS: default, ns */
};

extern const struct verb_desc verbs[NR_VERBS];

/* Parses @text; @name is for messages. Returns 0, or -EINVAL after logging which line is wrong. */
int script__parse(struct script *script, const char *name, const char *text);

/* Writes a step as in a script: "mapper !map". */
void step__format(const struct script_step *step, char *buf, size_t size);

/* Returns how long a step may take by its text, without its own work, ns. */
u64 step__budget(const struct script_step *step);

/* Whether the script expects @err from the step. */
bool step__expects(const struct script_step *step, int err);

/* Compared by both sides before they begin. */
u64 script__hash(const struct script *script);

/* Sets the size of every window that the script grants. */
void script__set_pages(struct script *script, u32 pages);

bool script__uses(const struct script *script, enum verb verb);

/* Returns the size of the largest window that the script grants. */
u32 script__window(const struct script *script);

#endif
