/* SPDX-License-Identifier: GPL-2.0 */
/* A known message in a log, as the rules get it. */
#ifndef GRANTWATCH_LOG_EVENT_H
#define GRANTWATCH_LOG_EVENT_H

#include "known/messages.h"
#include "model/span.h"

/* Maximum of stretches in all logs. Further ones share the last, whose versions are unknown. */
#define LOG_STRETCHES 128
/* Bytes of an unknown line's sample, redacted and terminated. */
#define LOG_SAMPLE  96
#define LOG_SAMPLES 3

/* One boot of one kernel, or of Xen, in a log. Unknown texts are empty. */
struct log_stretch {
	u16 domid;    /* the domain whose kernel and programs wrote it, or DOMID_UNKNOWN */
	u32 boot;     /* from 0, in this log */
	bool xen_log; /* Xen's own lines */
	bool shared;  /* stands for several stretches above the limit: versions stay empty */
	char kernel[64];
	char kernel_build[96];
	char xen[32];
	/* the last incident with a line of this stretch, NULL none */
	struct finding *last_incident;
};

struct log_event {
	const struct known_message *message;
	const struct message_match *match; /* valid during the call, NULL without parsed values */
	/* NULL for a record of a capture, whose domain it is about */
	struct log_stretch *stretch;
	u16 granter, mapper; /* DOMID_UNKNOWN if the line has none */
	bool has_ref;	     /* @ref is valid; used without @match */
	u32 ref;
	u64 line;	       /* its number in the log, 0 unknown */
	u32 repeats;	       /* number of lines that this one stands for */
	char when[40];	       /* time as printed in the log, "" unknown */
	s64 seconds;	       /* @when in seconds, comparable within one log; INT64_MIN unknown */
	bool live;	       /* written during the watch */
	const struct span *at; /* the time of a record of a capture, NULL otherwise */
};

#endif
