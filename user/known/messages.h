/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of kernels, Xen, libraries and daemons about grants: one table for the recorder, which
 * reads /dev/kmsg, for the rules, and for logs. The rows are in messages_ORIGIN.c, a file for each
 * origin.
 *
 * A row's format is the format string of its source with a hole for each number or name:
 *
 *	Xen	"Bad ref %#x for d%d"			"Bad ref <ref:#> for <granter>"
 *	Linux	"deferring g.e. %#x (pfn 0x%lx)"	"deferring g.e. <ref:#> (pfn <pfn:#>)"
 *
 *	<ref> <handle> <pfn> <n>
 *			a number; :x hexadecimal with or without 0x, :# by its prefix (%#x: 0 has
 *			none), otherwise decimal; a minus may stand before
 *	<status>	an error: see enum message_status
 *	<granter> <mapper> <domain>
 *			a domid, "5", "d5" or "Dom5"; <domain> is neither of the two
 *	<disk>		xvda, xvda1, vbd-51712, vbd-5-51712, backend/vbd/5/51712, qdisk-51712, 51712
 *	<net>		eth0, enX0, vif-0, vif5.0
 *	<device>	either of them, virtio0, scsi0
 *	<task>		a program's name; a report shows it only if it is a known one
 *	<verb>		lower case letters and underscores
 *	<version>	6.1.75-1.fc37.qubes.x86_64, 4.19.5
 *	<text>		anything up to 400 bytes, the least that fits; no report shows it
 *
 * Case does not matter. Two spaces in a format stand for one or more in a line. Only text which
 * the format covers reaches a report, and no <text>. Of several rows that fit, the one with the
 * most letters outside holes wins. The longest text between holes must have at least 4 bytes.
 */
#ifndef GRANTWATCH_MESSAGES_H
#define GRANTWATCH_MESSAGES_H

#include "util/types.h"

#define NO_REF UINT32_MAX

/* What a line means, in the order of its weight. */
enum message_weight {
	MESSAGE_CONTEXT, /* says something about the log, e.g. a version, nothing about grants */
	MESSAGE_ROUTINE, /* happens every day */
	MESSAGE_TROUBLE, /* something went wrong */
	MESSAGE_CRASH,	 /* a kernel crashed or a task hangs */
	MESSAGE_DEVICE_LOST, /* a driver gave its device up: an alarm */
};

/* Whose source has the format string. */
enum message_origin {
	ORIGIN_LINUX,
	ORIGIN_XEN,
	ORIGIN_LIBXEN, /* libxengnttab, libxc, xenstored, xl */
	ORIGIN_QEMU,
	ORIGIN_BLKTAP, /* tapdisk, tapback */
	ORIGIN_QUBES,
	ORIGIN_FREEBSD,
	ORIGIN_NETBSD,
	ORIGIN_ILLUMOS,
	ORIGIN_MINIOS, /* mini-os, Unikraft, Zephyr, MirageOS */
	ORIGIN_WINDOWS,
	ORIGIN_MAX,
};

/* Part of a domain in what a line says. */
enum message_role {
	ROLE_NONE,    /* it has no part in it, or the line does not tell */
	ROLE_GRANTER, /* it owns the page and the ref */
	ROLE_MAPPER,  /* it maps, unmaps or copies */
};

/* How <status> is written; the sign does not matter. */
enum message_status {
	STATUS_NONE,
	STATUS_GNTST, /* Xen's GNTST_* */
	STATUS_ERRNO,
};

/* What must stand before in the same stream of a log: one of these. */
enum message_within {
	WITHIN_ANY = 0,
	WITHIN_HUNG_TASK = 1 << 0, /* "INFO: task … blocked for more than …" and its stack */
	WITHIN_CRASH = 1 << 1,	   /* "BUG: unable to handle …" and its stack */
	WITHIN_NOTIFIER_CRASH = 1 << 2, /* a crash in mmu_interval_notifier_remove() */
};
#define MESSAGE_CONTEXTS 3

struct known_message {
	const char *id; /* stable, for fingerprints and scripts */
	const char *format;
	enum message_weight weight;
	enum message_origin origin;
	enum message_role role;	  /* of the domain whose kernel or program prints it; not Xen's */
	enum message_role caller; /* Xen's: of the domain in front of the text, "d0v1" */
	enum message_status status;
	bool refused;	  /* a map or copy: Xen's own line, or a program's error */
	u8 within;	  /* enum message_within */
	bool or_behind;	  /* without that context the row behind this one is meant */
	bool gui;	  /* normal for Qubes' GUI if a page belongs to it */
	bool debug_build; /* Xen's: release builds do not print it */
	/*
	 * Kernels without the fix of this bug print the same and mean the row behind this one.
	 * NULL: all mean this one.
	 */
	const char *since_fix;
	/* Versions of the origin that print it, "4.10"; NULL: open. */
	const char *since, *until;
	const char *from;    /* subsystem or program that prints it */
	const char *bugs;    /* ids of known/bugs.h that it may be of, likeliest first; "": none */
	const char *meaning; /* one sentence, no full stop */
};

/* clang-format off */
#define MESSAGE_HOLES(X)                                                                           \
	X(REF, "ref") X(GRANTER, "granter") X(MAPPER, "mapper") X(DOMAIN, "domain")                \
	X(HANDLE, "handle") X(PFN, "pfn") X(NUMBER, "n") X(STATUS, "status") X(DISK, "disk")       \
	X(NET, "net") X(DEVICE, "device") X(TASK, "task") X(VERB, "verb") X(VERSION, "version")    \
	X(TEXT, "text")

enum message_hole {
#define HOLE_ENUM(symbol, name) HOLE_##symbol,
	MESSAGE_HOLES(HOLE_ENUM)
#undef HOLE_ENUM
	HOLE_MAX,
};
/* clang-format on */

#define MESSAGE_MAX_HOLES 10

/* What stood in a hole. */
struct message_value {
	enum message_hole hole;
	const char *begin, *end; /* in the line */
	u64 number;		 /* UINT64_MAX: too large, or no number */
	bool negative;
};

/* A line that is a known message. Points into the line. */
struct message_match {
	const struct known_message *message;
	const char *begin, *end; /* what the format covers */
	struct message_value value[MESSAGE_MAX_HOLES];
	u32 nr;
	bool begun; /* not matched, but the line may hold a part of a known message */
};

enum message_verdict {
	LINE_OTHER,   /* nothing about grants */
	LINE_UNKNOWN, /* about grants, and not in the table */
	LINE_KNOWN,
};

/* Recognises the @len bytes at @line. Fills in @match for LINE_KNOWN, otherwise only ->begun. */
enum message_verdict message__match(const char *line, size_t len, struct message_match *match);

/*
 * Takes one of a line's messages. @from: the end of the message before it, or the line's start.
 * @to: the start of the next message, or the line's end.
 */
typedef void (*message_taker)(void *ctx, const struct message_match *match, const char *from,
			      const char *to);

/*
 * Calls @take for each message in the @len bytes at @line, in order. Of overlapping messages only
 * the one with the largest weight counts. @begun as in struct message_match.
 */
enum message_verdict message__each(const char *line, size_t len, message_taker take, void *ctx,
				   bool *begun);

/* Returns the known message about grants in @line, after any prefix, or NULL. */
const struct known_message *message__find(const char *line);

/*
 * Returns @message, or the row for its meaning in a kernel of @release and @build (bug__fixed()).
 */
const struct known_message *message__of_kernel(const struct known_message *message,
					       const char *release, const char *build);

/* Returns row @i of the table, NULL after the last; for tests and documentation. */
const struct known_message *message__at(u32 i);

/* Returns the first value of @hole, NULL if the format has none. */
const struct message_value *match__value(const struct message_match *match, enum message_hole hole);

/*
 * Returns the ref, NO_REF if there is none, or if it is no 32-bit number. The frontends' invalid
 * ref 0xffffffff is NO_REF too: see match__has_ref().
 */
u32 match__ref(const struct message_match *match);
bool match__has_ref(const struct message_match *match);

/* Returns the domid in @hole, DOMID_UNKNOWN if there is none. */
u16 match__domain(const struct message_match *match, enum message_hole hole);

/*
 * The domain of the frontend in a backend's name of a device, "vif5.0", "vif-5-0", "vbd-5-51712",
 * "backend/vbd/5/51712"; DOMID_UNKNOWN if there is none.
 */
u16 match__frontend(const struct message_match *match);

/*
 * The text for a report: what the format covers, "…" for each <text>. Programs' names are replaced
 * unless @keep_names.
 */
void match__text(const struct message_match *match, bool keep_names, char *buf, size_t size);

#endif
