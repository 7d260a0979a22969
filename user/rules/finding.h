/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A finding: what renderers get. Everything in it is text or numbers already; nothing points back
 * into the ledger, so a finding outlives the refs that it speaks of.
 */
#ifndef GRANTWATCH_FINDING_H
#define GRANTWATCH_FINDING_H

#include "known/messages.h"
#include "model/kinds.h"
#include "model/span.h"
#include "rules/classes.h"

struct log_stretch;

#define FINDING_STEPS	 40
#define FINDING_EVIDENCE 8
#define FINDING_BLIND	 8
#define FINDING_RANGES	 16
#define FINDING_MESSAGES 8
#define FINDINGS_MAX	 512 /* a number must fit struct map */
#define FINDINGS_OF_ONE	 128 /* of one granter, or of one mapper that is not dom0 */

/* Somebody on one side: a subsystem, and where it makes sense the task. */
struct party {
	bool known;
	u16 domid;
	enum kind kind;
	char func[64]; /* function that tells the subsystem */
	char comm[16]; /* of the process; empty where the task is a bystander */
	u32 pid, tid;
	char thread[16]; /* a thread's own name, where that is another one */
	char stack[768]; /* frames, cut */
};

enum step_type {
	STEP_OTHER,
	STEP_GRANT,
	STEP_END, /* access ended, the generation is over */
	STEP_REFUSED_END,
	STEP_RELEASE, /* released for reuse */
	STEP_ARM,
	STEP_MAP,
	STEP_REFUSED_MAP,
	STEP_UNMAP,
	STEP_LOG,	 /* a line of the kernel's log */
	STEP_TABLE_READ, /* the entry as it was read in the granter's table */
	STEP_COPY,
	STEP_REFUSED_COPY,
};

struct step {
	u64 ns;	   /* Xen system time */
	u64 err;   /* ± ns, CLOCK_ERR_UNKNOWN */
	u16 domid; /* the domain which reported it */
	bool key;  /* the step that makes it a finding */
	/* The same as the text for who draws it. */
	enum step_type type;
	enum kind kind; /* who did it … */
	char comm[16];	/* … in which process, empty where that is a bystander */
	char thread[16];
	u32 number; /* of the generation; the handle for maps */
	char text[200];
};

struct evidence {
	const char *rule; /* identity, table, owner, order, trace, refusal, circumstance, log */
	char text[320];
};

enum outcome {
	OUTCOME_NONE,	     /* nothing seen yet */
	OUTCOME_REFUSED,     /* a revoke was refused */
	OUTCOME_DEVICE_LOST, /* the frontend's kernel log says that it gave up */
	OUTCOME_DEFERRED,    /* the end is queued and retried */
	OUTCOME_REFUSED_MAP, /* Xen refused the map: no page was reached */
	OUTCOME_UNMAPPED,    /* the wrong map is gone again, nothing else was seen */
};

/* A part of a domain's log, by its own wall clock: ns since 1970. */
struct log_window {
	u16 domid;
	u64 since, until;
};

/* What makes two occurrences the same cause; each class sets what matters to it. */
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
	 * By certainty: by how many ns the two clocks may be off more than their bounds before no
	 * occurrence is that sure; 0 none was, SPAN_ONE_CLOCK if one needs no comparison of them.
	 */
	u64 margin[CERTAINTY_PROVEN + 1];
	u32 id;		 /* from 1 in the order of detection */
	u32 revision;	 /* counts changes that a reader should hear of */
	u32 told;	 /* revision last handed to the live renderer */
	bool gone;	 /* superseded by another finding */
	bool copied;	 /* a copy was too late, not a map */
	bool by_another; /* another subsystem than the owner released the ref */
	struct finding_key key;
	u64 count;    /* occurrences */
	u64 resolved; /* of them, over by now; deferral only */
	u64 longest;  /* of those, in ns */
	u16 granter, mapper;
	u32 ref;	     /* of the first occurrence */
	u32 generation;	     /* the mapped or ended one, 0 unknown */
	u32 told_generation; /* the announced one, 0 unknown */
	u64 when;	     /* Xen system time of the first occurrence */
	u64 when_err;
	u64 last;	     /* Xen system time of the last occurrence */
	u64 when_mono;	     /* of the map, ns of the mapper's CLOCK_MONOTONIC; 0: no map */
	bool revoke_refused; /* a refused end is among the steps */
	bool killed;	     /* the previous owner's task was exiting: cause `killed' */
	struct {
		u32 first, last;
	} ranges[FINDING_RANGES]; /* refs of all occurrences */
	u32 nr_ranges;
	u64 more_refs; /* not in ranges, which are full */
	struct party map_by, owner, previous_owner;
	struct step steps[FINDING_STEPS];
	u32 nr_steps;
	struct evidence evidence[FINDING_EVIDENCE];
	u32 nr_evidence;
	char blind[FINDING_BLIND][160];
	u32 nr_blind;
	enum outcome outcome;
	char outcome_text[200];
	/* Of an incident in a log: its weightiest message, NULL otherwise; all different ones. */
	const struct known_message *message;
	const struct known_message *messages[FINDING_MESSAGES];
	u32 nr_lines[FINDING_MESSAGES]; /* of each */
	u32 nr_messages;
	const struct log_stretch *stretch; /* that it is in; NULL: the records of a capture */
	char device[32];		   /* as the log names it, "" unknown */
	char when_text[40], last_text[40]; /* times as the log has them */
	s64 last_seconds;		   /* of the latter, INT64_MIN unknown */
	bool live;			   /* the lines were written during a watch */
	bool has_page, no_page; /* the kernel had a page to free with the ref, had none */
	enum message_status
		status_kind; /* of the status that a line names, STATUS_NONE: none does */
	u32 status;	     /* without its sign */
	bool invalid_ref;    /* a ref that cannot be one, 0xffffffff */
	/* When a report is made: */
	char fingerprint[96];	   /* by finding__fingerprint() */
	u64 wall;		   /* wall-clock time of @when, ns since 1970; 0 unknown */
	struct log_window logs[2]; /* of the domains that are part of it, from first to last step */
	u32 nr_logs;
};

struct findings {
	struct finding *item[FINDINGS_MAX];
	u32 nr;
	u64 dropped; /* causes beyond FINDINGS_MAX */
};

/*
 * The finding of @class with @key, or a new one; NULL when there are too many. *@fresh tells which.
 * The caller fills a fresh one in.
 */
struct finding *findings__get(struct findings *findings, enum finding_class class,
			      const struct finding_key *key, bool *fresh);
/* The same, or NULL if there is none. */
struct finding *findings__find(const struct findings *findings, enum finding_class class,
			       const struct finding_key *key);
void findings__cleanup(struct findings *findings);

/* Count an occurrence of @certainty in @finding, at @at. */
void finding__count(struct finding *finding, enum certainty certainty, u32 ref,
		    const struct span *at, bool fresh);

/* Add @ref to the refs of the finding's occurrences. */
void finding__add_ref(struct finding *finding, u32 ref);

/* Append; a full list keeps what it has (NULL). Steps are sorted by finding__sort_steps(). */
struct step *finding__step(struct finding *finding, u16 domid, const struct span *at, bool key,
			   const char *fmt, ...) __printf(5, 6);

/* Say in more than words what @step (NULL: nothing) was: @by's, NULL nobody's, about @number. */
void step__is(struct step *step, enum step_type type, const struct party *by, u32 number);

const char *step_type__name(enum step_type type);
void finding__evidence(struct finding *finding, const char *rule, const char *fmt, ...)
	__printf(3, 4);
void finding__blind(struct finding *finding, const char *fmt, ...) __printf(2, 3);
void finding__sort_steps(struct finding *finding);
void finding__outcome(struct finding *finding, enum outcome outcome, const char *fmt, ...)
	__printf(3, 4);

/* The same for the same bug on another machine and another day, different for another bug. */
void finding__fingerprint(const struct finding *finding, char *buf, size_t size);

const char *outcome__name(enum outcome outcome);

/* "gntdev in Xorg (2201)" or "blkback"; for text. */
const char *party__name(const struct party *party, char *buf, size_t size);

#endif
