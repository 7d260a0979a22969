/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A finding, as renderers get it. All of it is text or numbers, without pointers into the ledger,
 * so a finding outlives the refs that it names.
 */
#ifndef GRANTWATCH_FINDING_H
#define GRANTWATCH_FINDING_H

#include "known/messages.h"
#include "model/kinds.h"
#include "model/span.h"
#include "model/teardown.h"
#include "rules/classes.h"

struct log_stretch;

#define FINDING_STEPS	 40
#define FINDING_EVIDENCE 8
#define FINDING_BLIND	 8
#define FINDING_RANGES	 16
#define FINDING_MESSAGES 8
#define FINDING_HOLDERS	 4
#define FINDINGS_MAX	 512 /* a finding's number must fit struct map */
#define FINDINGS_OF_ONE	 128 /* for one granter, and for one mapper other than dom0 */

/* Who acted in one domain: a subsystem, and a task where the subsystem acts for one. */
struct party {
	bool known;
	u16 domid;
	enum kind kind;
	char func[64]; /* the function in the stack that shows the subsystem */
	char comm[16]; /* the process; empty if the call ran in an unrelated task */
	u32 pid, tid;
	char thread[16]; /* the thread's name if it differs from the process's */
	char stack[768]; /* frames, cut */
};

enum step_type {
	STEP_OTHER,
	STEP_GRANT,
	STEP_END, /* access ended, and with it the generation */
	STEP_REFUSED_END,
	STEP_RELEASE, /* released for reuse */
	STEP_ARM,
	STEP_MAP,
	STEP_REFUSED_MAP,
	STEP_UNMAP,
	STEP_LOG,	 /* a line of the kernel's log */
	STEP_TABLE_READ, /* a read of the entry in the granter's table */
	STEP_COPY,
	STEP_REFUSED_COPY,
};

struct step {
	u64 ns;	   /* Xen system time */
	u64 err;   /* ns, the bound of @ns, or CLOCK_ERR_UNKNOWN */
	u16 domid; /* the domain which reported it */
	bool key;  /* the step that makes the history a finding */
	/* The meaning of @text for renderers that draw. */
	enum step_type type;
	enum kind kind; /* the subsystem that acted */
	char comm[16];	/* its process; empty if the call ran in an unrelated task */
	char thread[16];
	u32 number; /* a generation; a handle for maps */
	char text[200];
};

struct evidence {
	/* identity, table, owner, stack, order, trace, refusal, circumstance, log */
	const char *rule;
	char text[320];
};

/* A task which unmapped refs after their refused ends. One line of evidence describes it. */
struct ref_holder {
	char name[96];
	u16 domid;
	u32 evidence;	     /* index of the line */
	u32 ref;	     /* the first one */
	u64 count;	     /* refs */
	u64 soonest, latest; /* ns from a ref's first refused end to its unmap */
};

enum outcome {
	OUTCOME_NONE,	     /* nothing seen yet */
	OUTCOME_REFUSED,     /* a revoke was refused */
	OUTCOME_DEVICE_LOST, /* a kernel's log says that the frontend gave its device up */
	OUTCOME_DEFERRED,    /* the end was queued for a retry */
	OUTCOME_REFUSED_MAP, /* Xen refused the map, so no page was reached */
	OUTCOME_UNMAPPED,    /* the wrong map was unmapped, without further effect on record */
};

/* A part of a domain's log, in ns since 1970 of the domain's own wall clock. */
struct log_window {
	u16 domid;
	u64 since, until;
};

/* Occurrences with equal keys have one cause. A class sets the members that matter to it. */
struct finding_key {
	u16 granter, mapper; /* domids */
	enum kind map_kind, owner;
	u32 task;  /* pid of the mapper */
	u64 other; /* anything else */
};

struct finding {
	enum finding_class class;
	enum certainty certainty;
	/*
	 * By certainty: ns by which the clocks may differ beyond their bounds while an occurrence
	 * keeps this certainty. 0: no occurrence has it. SPAN_ONE_CLOCK: one occurrence compares no
	 * two clocks.
	 */
	u64 margin[CERTAINTY_PROVEN + 1];
	u32 id;			  /* from 1, in the order of detection */
	u32 revision;		  /* counts the changes that a reader should see */
	u32 told;		  /* @revision that the live renderer printed last */
	u32 shown;		  /* the same, of what it printed in full */
	bool gone;		  /* withdrawn, or replaced by another finding */
	bool copied;		  /* about a copy instead of a map */
	bool by_another;	  /* another subsystem than the owner freed the ref */
	enum teardown teardown;	  /* what ended a lost map */
	struct party unmapped_by; /* task whose call ended it: the mapper's own or another */
	struct finding_key key;
	u64 count;    /* occurrences */
	u64 resolved; /* occurrences that are over; deferral only */
	u64 longest;  /* the longest of them, ns */
	u16 granter, mapper;
	u32 ref;	     /* of the first occurrence */
	u32 generation;	     /* mapped or ended generation, 0 unknown */
	u32 told_generation; /* announced generation, 0 unknown */
	u64 when;	     /* Xen system time of the first occurrence, ns */
	u64 when_err;
	u64 not_before;	     /* the earliest time of the first occurrence, 0 unknown */
	u64 last;	     /* Xen system time of the last occurrence, ns */
	u64 when_mono;	     /* of the map, ns of the mapper's CLOCK_MONOTONIC, 0 no map */
	bool revoke_refused; /* @steps has a refused end */
	bool released;	     /* see outcome__note_ends() */
	bool killed;	     /* the previous owner's task was exiting */
	struct {
		u32 first, last;
	} ranges[FINDING_RANGES]; /* refs of all occurrences */
	u32 nr_ranges;
	u64 more_refs; /* number of refs that did not fit into @ranges */
	struct party map_by, owner, previous_owner;
	u32 disk; /* number of the virtual disk that blkback mapped for, 0 unknown */
	struct step steps[FINDING_STEPS];
	u32 nr_steps;
	struct evidence evidence[FINDING_EVIDENCE];
	u32 nr_evidence;
	struct ref_holder holders[FINDING_HOLDERS]; /* deferral only */
	u32 nr_holders;
	char blind[FINDING_BLIND][160];
	u32 nr_blind;
	enum outcome outcome;
	char outcome_text[200];
	/*
	 * For an incident of a log: the message with the largest weight, NULL for other findings,
	 * and all different messages.
	 */
	const struct known_message *message;
	const struct known_message *messages[FINDING_MESSAGES];
	u32 nr_lines[FINDING_MESSAGES]; /* of each */
	u32 nr_messages;
	/* its stretch of the log, NULL for records of a capture */
	const struct log_stretch *stretch;
	char device[32];		   /* the name in the log, "" unknown */
	char when_text[40], last_text[40]; /* times as printed in the log */
	s64 last_seconds;		   /* @last_text in seconds, INT64_MIN unknown */
	bool live;			   /* the lines were written during a watch */
	bool has_page, no_page; /* the kernel had, or had not, a page to free with the ref */
	enum message_status status_kind; /* absolute value of the status that a line has */
	u32 status;			 /* without its sign */
	bool invalid_ref;		 /* a line has the ref 0xffffffff, which no grant has */
	/* Set when a report is made: */
	char fingerprint[96];	   /* by finding__fingerprint() */
	u64 wall;		   /* wall-clock time of @when, ns since 1970, 0 unknown */
	struct log_window logs[2]; /* by domain, from its first to its last step */
	u32 nr_logs;
};

struct findings {
	struct finding *item[FINDINGS_MAX];
	u32 nr;
	u64 dropped; /* causes beyond FINDINGS_MAX */
};

/*
 * Returns the finding of @class with @key, a new one if needed; NULL at a limit or without memory.
 * *@fresh tells whether it is new and has to be filled in.
 */
struct finding *findings__get(struct findings *findings, enum finding_class class,
			      const struct finding_key *key, bool *fresh);
/* Returns the finding of @class with @key, or NULL. */
struct finding *findings__find(const struct findings *findings, enum finding_class class,
			       const struct finding_key *key);
void findings__cleanup(struct findings *findings);

/* Counts an occurrence of @certainty at @at in @finding. */
void finding__count(struct finding *finding, enum certainty certainty, u32 ref,
		    const struct span *at, bool fresh);

/* Adds @ref to the finding's refs. */
void finding__add_ref(struct finding *finding, u32 ref);

/* Whether an occurrence has @ref; NO_REF has none. */
bool finding__has_ref(const struct finding *finding, u32 ref);

/*
 * Appends a step and returns it; NULL if the list is full. finding__sort_steps() sorts the steps.
 */
struct step *finding__step(struct finding *finding, u16 domid, const struct span *at, bool key,
			   const char *fmt, ...) __printf(5, 6);

/* Sets what @step (NULL: does nothing) was: its type, who acted (@by, NULL unknown) and @number. */
void step__is(struct step *step, enum step_type type, const struct party *by, u32 number);

const char *step_type__name(enum step_type type);
void finding__evidence(struct finding *finding, const char *rule, const char *fmt, ...)
	__printf(3, 4);
void finding__blind(struct finding *finding, const char *fmt, ...) __printf(2, 3);
void finding__sort_steps(struct finding *finding);
void finding__outcome(struct finding *finding, enum outcome outcome, const char *fmt, ...)
	__printf(3, 4);

/*
 * Writes the fingerprint: the same for the same bug on any machine and day, different for another
 * bug.
 */
void finding__fingerprint(const struct finding *finding, char *buf, size_t size);

const char *outcome__name(enum outcome outcome);

/* Writes "gntdev in Xorg (2201)" or "blkback" to @buf and returns it. */
const char *party__name(const struct party *party, char *buf, size_t size);

#endif
