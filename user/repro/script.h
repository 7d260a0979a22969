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
	u64 time;  /* nanoseconds: map retry, copy-from retry, hold, wait, await, lost */
	char name[CUE_NAME_MAX];
};

struct script {
	u32 repeat; /* 1 or more */
	u64 every;  /* nanoseconds from one round's start to the next one's; 0: at once */
	u32 nr;
	struct script_step step[SCRIPT_STEPS_MAX];
};

enum arg {
	ARG_NONE,
	ARG_COUNT,
	ARG_SECONDS,
	ARG_NAME,
	ARG_WORD, /* verb_desc::word or nothing */
};

#define VERB_ARGS 2

/* What a verb is, for the parser and for --list. */
struct verb_desc {
	const char *name;
	const char *args;
	const char *help;
	unsigned int sides; /* whose verb it is: a bit for each side */
	enum arg arg[VERB_ARGS];
	unsigned int least; /* arguments that must be given */
	const char *word;
	u32 count, top; /* of ARG_COUNT: what it is when left out, and at most */
	u64 time;	/* of ARG_SECONDS: when left out */
};

extern const struct verb_desc verbs[NR_VERBS];

/*
 * Parse @text, of which @name is told in messages. 0, or -EINVAL after a message about the line
 * that is wrong.
 */
int script__parse(struct script *script, const char *name, const char *text);

/* A step as it is written in a script: "mapper !map". */
void step__format(const struct script_step *step, char *buf, size_t size);

/* How long a step may take by its own words, without the work that it does. */
u64 step__budget(const struct script_step *step);

/* Whether @err is what the step's author expects. */
bool step__expects(const struct script_step *step, int err);

/* What both sides compare before they begin. */
u64 script__hash(const struct script *script);

/* Set the size of every window that the script grants. */
void script__set_pages(struct script *script, u32 pages);

bool script__uses(const struct script *script, enum verb verb);

/* The largest window that the script grants. */
u32 script__window(const struct script *script);

#endif
