/* SPDX-License-Identifier: GPL-2.0 */
/* The results of doctor: a list of answers, with reason and remedy if something is missing. */
#ifndef GRANTWATCH_DOCTOR_EXAM_H
#define GRANTWATCH_DOCTOR_EXAM_H

#include <stdio.h>

#include "record/tier.h"
#include "xen/xenstore.h"

#define EXAM_ANSWERS 256

enum role { ROLE_NOT_XEN, ROLE_DOM0, ROLE_DRIVER_DOMAIN, ROLE_GUEST };

enum answer_state {
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_NOTE, /* a fact, neither good nor bad */
};

/* What a "no" means for recording. */
enum weight {
	WEIGHT_NONE,  /* something optional is missing */
	WEIGHT_BLIND, /* recording works with blind spots */
	WEIGHT_STOP,  /* nothing can be recorded */
};

struct answer {
	const char *check;
	char subject[64]; /* which one, if a check has several answers; "" */
	enum answer_state state;
	enum weight weight;
	char text[256];
	char why[256];	/* of a "no", always … */
	char mend[256]; /* what to do; both may be a command */
};

struct exam {
	const char *root;	   /* "", or a directory that stands for /, for tests */
	struct xenstore *xenstore; /* NULL: none */
	enum tier wanted;	   /* by the user */
	enum role role;
	enum tier tier;	   /* that record would use */
	bool try_it;	   /* attach the probes briefly instead of only looking */
	const char *check; /* name of the running check */
	struct answer answer[EXAM_ANSWERS];
	u32 nr;
};

void exam__run(struct exam *exam);

/* Returns 0 if nothing is missing, EXIT_BLIND or EXIT_UNSUPPORTED. */
int exam__status(const struct exam *exam);

const char *role__name(enum role role);

/* Prints the results as text, or as NDJSON. */
void exam__print(const struct exam *exam, FILE *out);
void exam__print_json(const struct exam *exam, FILE *out);

/* --- for checks --- */

void exam__yes(struct exam *exam, const char *subject, const char *fmt, ...) __printf(3, 4);
void exam__note(struct exam *exam, const char *subject, const char *fmt, ...) __printf(3, 4);

/* A "no" must have a reason and a remedy. */
void exam__no(struct exam *exam, const char *subject, enum weight weight, const char *why,
	      const char *mend, const char *fmt, ...) __printf(6, 7);

/* Writes a path below the exam's root. Returns @buf. */
const char *exam__path(const struct exam *exam, const char *path, char *buf, size_t size);
bool exam__exists(const struct exam *exam, const char *path);
bool exam__read_line(const struct exam *exam, const char *path, char *buf, size_t size);

static inline bool exam__on_xen(const struct exam *exam)
{
	return exam->role != ROLE_NOT_XEN;
}

/* Whether everything that the recorder needs was found. */
bool exam__may_record(const struct exam *exam);

/* --- the checks, by file --- */

void exam_check__role(struct exam *exam); /* exam_domain.c */
void exam_check__xenstore(struct exam *exam);
void exam_check__xen(struct exam *exam);
void exam_check__persistent(struct exam *exam);
void exam_check__privileges(struct exam *exam); /* exam_kernel.c */
void exam_check__lockdown(struct exam *exam);
void exam_check__bpf(struct exam *exam);
void exam_check__btf(struct exam *exam);
void exam_check__addresses(struct exam *exam);
void exam_check__tier(struct exam *exam);
void exam_check__modules(struct exam *exam);
void exam_check__kernel_log(struct exam *exam);
void exam_check__clocksource(struct exam *exam);
void exam_check__probes(struct exam *exam); /* exam_probes.c */
void exam_check__trace(struct exam *exam);  /* exam_grants.c */
void exam_check__grant_table(struct exam *exam);
void exam_check__limits(struct exam *exam);

#endif
