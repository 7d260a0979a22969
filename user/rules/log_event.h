/* SPDX-License-Identifier: GPL-2.0 */
/* What a line of a log says, as rules get it. */
#ifndef GRANTWATCH_LOG_EVENT_H
#define GRANTWATCH_LOG_EVENT_H

#include "known/messages.h"
#include "model/span.h"

/* Stretches of all logs together; more share the last, which knows no version. */
#define LOG_STRETCHES 128
/* Of a line that is not known, redacted; with its end. */
#define LOG_SAMPLE  96
#define LOG_SAMPLES 3

/* One boot of one kernel, or of Xen, in a log. Texts are empty where the log does not tell. */
struct log_stretch {
	u16 domid;    /* whose kernel and programs wrote it, DOMID_UNKNOWN */
	u32 boot;     /* from 0, in this log */
	bool xen_log; /* Xen's own lines */
	bool shared;  /* of several, there were too many: versions stay empty */
	char kernel[64];
	char kernel_build[96];
	char xen[32];
	struct finding *last_incident; /* that a line of it belonged to, NULL: none */
};

struct log_event {
	const struct known_message *message;
	const struct message_match *match; /* valid during the call; NULL: the line has no words */
	struct log_stretch *stretch;	   /* NULL: a record of a capture, whose domain has one */
	u16 granter, mapper;		   /* DOMID_UNKNOWN: the line does not tell */
	bool has_ref;			   /* without @match */
	u32 ref;
	u32 repeats;	       /* times that the line stands for */
	char when[40];	       /* as the log has it, "" unknown */
	s64 seconds;	       /* of @when, for differences within one log; INT64_MIN unknown */
	bool live;	       /* the line was written now */
	const struct span *at; /* of a record of a capture, NULL otherwise */
};

#endif
