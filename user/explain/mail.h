/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decodes lines of mails: bodies in base64 or quoted-printable by the header of the mail or of its
 * part, and soft line breaks of quoted-printable without a header.
 */
#ifndef GRANTWATCH_EXPLAIN_MAIL_H
#define GRANTWATCH_EXPLAIN_MAIL_H

#include "util/types.h"

enum mail_encoding {
	MAIL_PLAIN,
	MAIL_QUOTED, /* quoted-printable */
	MAIL_BASE64,
};

struct mail {
	enum mail_encoding encoding; /* of the lines that come */
	enum mail_encoding declared; /* from the header that is being read */
	bool has_soft;		     /* a soft line break was found without a header */
	/* incomplete line of up to MAIL_LINE_BYTES, NULL before first use */
	char *line;
	size_t len;
	u32 bits, nr_bits; /* bits of base64 that are no complete byte */
};

/* Longer lines are taken in pieces. */
#define MAIL_LINE_BYTES 65536u

typedef void (*mail_taker)(void *ctx, char *line, size_t len);

void mail__free(struct mail *mail);

/* Calls @take for each line that the @len bytes at @line complete. May change them. */
void mail__line(struct mail *mail, char *line, size_t len, mail_taker take, void *ctx);

/* At the end: takes the incomplete line. */
void mail__end(struct mail *mail, mail_taker take, void *ctx);

#endif
