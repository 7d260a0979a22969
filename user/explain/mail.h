/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of mails as they were written: bodies in base64 or quoted-printable, as the header of the
 * mail or of its part says, and soft line breaks of quoted-printable where the header is gone.
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
	enum mail_encoding declared; /* by the header that is being read */
	bool has_soft;		     /* there was a soft line break without a header */
	char *line;		     /* begun; MAIL_LINE_BYTES, NULL: none yet */
	size_t len;
	u32 bits, nr_bits; /* of base64, not a byte yet */
};

/* A longer line is taken in pieces. */
#define MAIL_LINE_BYTES 65536u

typedef void (*mail_taker)(void *ctx, char *line, size_t len);

void mail__free(struct mail *mail);

/* Calls @take for each line that ends with the @len bytes at @line, which may be changed. */
void mail__line(struct mail *mail, char *line, size_t len, mail_taker take, void *ctx);

/* At the end: the line that has begun. */
void mail__end(struct mail *mail, mail_taker take, void *ctx);

#endif
