// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "explain/decode.h"
#include "explain/mail.h"

/*
 * bytes of the longest encoded line (RFC 2045); encoders end a line where the next character does
 * not fit
 */
#define LINE_MAX_BYTES 76u
#define LINE_MIN_BYTES 72u
/* bytes of the shortest boundary that mailers make */
#define BOUNDARY_BYTES 6u

void mail__free(struct mail *mail)
{
	free(mail->line);
}

/* --- headers --- */

static bool begins(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !strncasecmp(line, word, n);
}

/* Whether the line is a header that names an encoding. */
static bool read_header(struct mail *mail, const char *line, size_t len)
{
	static const char name[] = "Content-Transfer-Encoding:";

	if ((*line | 0x20) != 'c' || !begins(line, len, name))
		return false;
	line += sizeof(name) - 1;
	len -= sizeof(name) - 1;
	while (len && *line == ' ') {
		line++;
		len--;
	}
	mail->declared = begins(line, len, "base64")		 ? MAIL_BASE64
			 : begins(line, len, "quoted-printable") ? MAIL_QUOTED
								 : MAIL_PLAIN;
	return true;
}

/* Whether the line is a boundary between parts of a mail, such as "--=-Qk3xB9". */
static bool is_boundary(const char *line, size_t len)
{
	size_t i, alnum = 0;

	if (len < BOUNDARY_BYTES || line[0] != '-' || line[1] != '-')
		return false;
	for (i = 0; i < len; i++) {
		if (line[i] == ' ')
			return false;
		alnum += isalnum((unsigned char)line[i]) != 0;
	}
	return alnum != 0;
}

/* --- incomplete lines --- */

static void hand_on(struct mail *mail, mail_taker take, void *ctx)
{
	size_t len = mail->len;

	mail->len = 0;
	take(ctx, mail->line, len);
}

/* Returns false without memory; the line is taken unchanged then. */
static bool append(struct mail *mail, const char *text, size_t len, mail_taker take, void *ctx)
{
	if (!mail->line)
		mail->line = malloc(MAIL_LINE_BYTES);
	if (!mail->line || len > MAIL_LINE_BYTES)
		return false;
	if (len > MAIL_LINE_BYTES - mail->len)
		hand_on(mail, take, ctx);
	memcpy(mail->line + mail->len, text, len);
	mail->len += len;
	return true;
}

void mail__end(struct mail *mail, mail_taker take, void *ctx)
{
	mail->nr_bits = 0;
	if (mail->len)
		hand_on(mail, take, ctx);
}

/* --- quoted-printable --- */

static bool is_soft(const struct mail *mail, const char *line, size_t len)
{
	if (!len || line[len - 1] != '=')
		return false;
	return mail->encoding == MAIL_QUOTED ||
	       (len >= LINE_MIN_BYTES && len <= LINE_MAX_BYTES && line[len - 2] != '=');
}

static void take_quoted(struct mail *mail, char *line, size_t len, mail_taker take, void *ctx)
{
	const bool soft = is_soft(mail, line, len), sure = mail->encoding == MAIL_QUOTED;

	mail->has_soft |= soft && !sure;
	if (sure || mail->has_soft)
		len = decode__quoted_printable(line, len - soft, sure);
	if (!soft && !mail->len) {
		take(ctx, line, len);
		return;
	}
	if (!append(mail, line, len, take, ctx))
		take(ctx, line, len);
	else if (!soft)
		hand_on(mail, take, ctx);
}

/* --- base64 --- */

static int digit64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_base64(const char *line, size_t len)
{
	size_t i, pad = 0;

	for (i = 0; i < len; i++) {
		pad += line[i] == '=';
		if (line[i] == '=' ? pad > 2 : pad || digit64(line[i]) < 0)
			return false;
	}
	return len <= LINE_MAX_BYTES;
}

static void take_byte(struct mail *mail, char c, mail_taker take, void *ctx)
{
	if (c != '\n') {
		append(mail, &c, 1, take, ctx);
		return;
	}
	if (mail->len && mail->line[mail->len - 1] == '\r')
		mail->len--;
	if (mail->len)
		hand_on(mail, take, ctx);
}

static void take_base64(struct mail *mail, const char *line, size_t len, mail_taker take, void *ctx)
{
	size_t i;

	for (i = 0; i < len && line[i] != '='; i++) {
		mail->bits = mail->bits << 6 | (u32)digit64(line[i]);
		mail->nr_bits += 6;
		if (mail->nr_bits < 8)
			continue;
		mail->nr_bits -= 8;
		take_byte(mail, (char)(mail->bits >> mail->nr_bits & 0xff), take, ctx);
	}
}

/* --- a line --- */

/* An empty line ends a header; a line that is not encoded ends a body. */
static void note_end(struct mail *mail, const char *line, size_t len, mail_taker take, void *ctx)
{
	bool ends;

	if (mail->encoding == MAIL_PLAIN)
		return;
	ends = mail->encoding == MAIL_BASE64 ? !is_base64(line, len)
					     : is_boundary(line, len) || begins(line, len, "From ");
	if (!ends)
		return;
	mail__end(mail, take, ctx);
	mail->encoding = MAIL_PLAIN;
}

void mail__line(struct mail *mail, char *line, size_t len, mail_taker take, void *ctx)
{
	note_end(mail, line, len, take, ctx);
	if (mail->encoding == MAIL_BASE64) {
		take_base64(mail, line, len, take, ctx);
		return;
	}
	if (len && read_header(mail, line, len))
		return;
	take_quoted(mail, line, len, take, ctx);
	if (!len && mail->declared) {
		mail->encoding = mail->declared;
		mail->declared = MAIL_PLAIN;
	}
}
