// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain/prefix.h"
#include "model/domid.h"

/* bytes; text further away from the message is not its prefix */
#define PREFIX_BYTES 400

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool digits(const char *pos, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!isdigit((unsigned char)pos[i]))
			return false;
	return true;
}

/*
 * Reads the host, the word after a syslog's time. @pos is after the clock; a zone or a fraction may
 * follow.
 */
static void read_host(struct prefix *prefix, const char *pos)
{
	u32 hash = 2166136261u; /* FNV-1a */
	const char *end;

	/* A console's time, perhaps followed by a prompt: "[2026-03-30 12:53:10] work login: ". */
	if (pos[strspn(pos, ".,0123456789")] == ']')
		return;
	pos += strcspn(pos, " ");
	pos += *pos == ' ';
	end = pos + strcspn(pos, " ");
	if (*end != ' ' || end == pos || end[-1] == ':' ||
	    strcspn(pos, "[](){}\"") < (size_t)(end - pos))
		return;
	for (; pos < end; pos++)
		hash = (hash ^ (u8)*pos) * 16777619u;
	prefix->host = hash | 1;
}

/* "12:53:08" */
static bool is_clock(const char *pos)
{
	return digits(pos, 2) && pos[2] == ':' && digits(pos + 3, 2) && pos[5] == ':' &&
	       digits(pos + 6, 2);
}

static s64 seconds_of(int year, int month, int day, const char *clock)
{
	struct tm tm = {.tm_year = year - 1900,
			.tm_mon = month,
			.tm_mday = day,
			.tm_hour = atoi(clock),
			.tm_min = atoi(clock + 3),
			.tm_sec = atoi(clock + 6)};

	return (s64)timegm(&tm);
}

/* "2026-03-30T12:53:08", "2026-03-30 12:53:08", "2026/03/30 12:53:08" */
static bool read_iso(struct prefix *prefix, const char *pos, size_t len)
{
	if (len < 19 || !digits(pos, 4) || (pos[4] != '-' && pos[4] != '/') ||
	    !digits(pos + 5, 2) || pos[7] != pos[4] || !digits(pos + 8, 2) ||
	    (pos[10] != 'T' && pos[10] != ' ') || !is_clock(pos + 11))
		return false;
	snprintf(prefix->when, sizeof(prefix->when), "%.10s %.8s", pos, pos + 11);
	prefix->seconds = seconds_of(atoi(pos), atoi(pos + 5) - 1, atoi(pos + 8), pos + 11);
	read_host(prefix, pos + 19);
	return true;
}

/* Returns a month's name of three letters in @months, NULL if it is none. */
static const char *month_of(const char *name)
{
	const char *month = strstr(months, name);

	return month && (month - months) % 3 == 0 ? month : NULL;
}

/* "[Mar30 12:53] ", the first line of a minute in dmesg -e. */
static void read_minute(struct prefix *prefix, const char *pos, size_t len)
{
	char name[4] = "", clock[] = "00:00:00";
	const char *month;

	if (len < 13 || !digits(pos + 4, 2) || pos[6] != ' ' || !digits(pos + 7, 2) ||
	    pos[9] != ':' || !digits(pos + 10, 2) || pos[12] != ']')
		return;
	memcpy(name, pos + 1, 3);
	month = month_of(name);
	if (!month)
		return;
	memcpy(clock, pos + 7, 5);
	snprintf(prefix->when, sizeof(prefix->when), "%s %.8s", name, pos + 4);
	prefix->seconds = seconds_of(1970, (int)(month - months) / 3, atoi(pos + 4), clock);
}

/* "Mar 30 12:53:08", "Mar  3 12:53:08 2026" */
static bool read_month(struct prefix *prefix, const char *pos, size_t len)
{
	const char *month;
	bool year;
	char name[4] = "";

	if (len < 15 || !isupper((unsigned char)*pos) || pos[3] != ' ' || !is_clock(pos + 7) ||
	    pos[6] != ' ' || !isdigit((unsigned char)pos[5]))
		return false;
	memcpy(name, pos, 3);
	month = month_of(name);
	if (!month)
		return false;
	read_host(prefix, pos + 15);
	year = len >= 20 && pos[15] == ' ' && digits(pos + 16, 4);
	memcpy(prefix->when, pos, year ? 20 : 15);
	prefix->seconds = seconds_of(year ? atoi(pos + 16) : 1970, (int)(month - months) / 3,
				     atoi(pos + 4), pos + 7);
	return true;
}

/* "]", or the time since the line before as dmesg and journalctl write it: " < 0.000006 >]". */
static bool is_closed(const char *pos, size_t len)
{
	size_t i = 0;

	while (i < len && pos[i] && strchr(" <>+.0123456789", pos[i]))
		i++;
	return i < len && pos[i] == ']';
}

/* "[ 12.345678]", perhaps with a caller's id: the kernel's own time. */
static void read_uptime(struct prefix *prefix, const char *pos, size_t len)
{
	size_t i = 1, begin, fraction;
	u64 unit = 100000, micro = 0, whole;

	while (i < len && pos[i] == ' ')
		i++;
	begin = i;
	while (i < len && isdigit((unsigned char)pos[i]))
		i++;
	if (i == begin || i - begin > 10 || i >= len || pos[i] != '.')
		return;
	whole = strtoull(pos + begin, NULL, 10);
	for (fraction = ++i; i < len && isdigit((unsigned char)pos[i]); i++, unit /= 10)
		micro += (u64)(pos[i] - '0') * unit;
	if (i == fraction || i >= len || (pos[i] != '@' && !is_closed(pos + i, len - i)))
		return;
	prefix->has_uptime = true;
	prefix->uptime = whole * 1000000 + micro;
	if (!prefix->when[0] || prefix->when[0] == '[') {
		snprintf(prefix->when, sizeof(prefix->when), "[%llu.%06llu]",
			 (unsigned long long)whole, (unsigned long long)micro);
		prefix->seconds = (s64)whole;
	}
}

static void set_wall(struct prefix *prefix, u64 unix_seconds)
{
	time_t seconds = (time_t)unix_seconds;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	prefix->seconds = seconds;
	strftime(prefix->when, sizeof(prefix->when), "%Y-%m-%d %H:%M:%S", &tm);
}

/* "\"__REALTIME_TIMESTAMP\":\"1774875188000000\"", "__REALTIME_TIMESTAMP=1774875188000000" */
void prefix__realtime(struct prefix *prefix, const char *line, size_t len)
{
	static const char key[] = "__REALTIME_TIMESTAMP";
	const char *pos = memmem(line, len, key, sizeof(key) - 1);
	char number[17] = "";

	if (!pos)
		return;
	pos += sizeof(key) - 1;
	while (pos < line + len && strchr(" :=\"", *pos) && *pos)
		pos++;
	if (pos + 16 > line + len || !digits(pos, 16))
		return;
	memcpy(number, pos, 16);
	set_wall(prefix, strtoull(number, NULL, 10) / 1000000);
}

/* A time in a JSON field, as by docker, Elastic and Loki. */
static void read_json_time(struct prefix *prefix, const char *line, size_t len)
{
	static const char *const keys[] = {"\"time\"", "\"@timestamp\"", "\"timestamp\"", "\"ts\""};
	char text[32] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys) && !prefix->when[0]; i++) {
		const char *pos = memmem(line, len, keys[i], strlen(keys[i]));

		if (!pos)
			continue;
		pos += strlen(keys[i]);
		while (pos < line + len && *pos && strchr(" :\"", *pos))
			pos++;
		memcpy(text, pos, min((size_t)(line + len - pos), (size_t)20));
		read_iso(prefix, text, strlen(text));
	}
}

static u64 boot_of(const char *id)
{
	char text[17] = "";

	memcpy(text, id, 16);
	return strtoull(text, NULL, 16);
}

u64 prefix__cursor_boot(const char *line, size_t len)
{
	const char *pos = memmem(line, len, ";b=", 3);

	return pos && pos + 3 + 16 <= line + len ? boot_of(pos + 3) : 0;
}

/* "\"_BOOT_ID\":\"0123456789abcdef…\"" */
static void read_boot(struct prefix *prefix, const char *line, size_t len)
{
	static const char key[] = "_BOOT_ID\"";
	const char *pos = memmem(line, len, key, sizeof(key) - 1);

	if (!pos)
		return;
	pos += sizeof(key) - 1;
	while (pos < line + len && (*pos == ' ' || *pos == ':' || *pos == '"'))
		pos++;
	if (pos + 16 > line + len)
		return;
	prefix->boot = boot_of(pos);
}

/* journalctl -o short-unix: "1774875188.123456 host kernel: " */
static void read_unix(struct prefix *prefix, const char *pos, size_t len)
{
	if (len < 18 || !digits(pos, 10) || pos[10] != '.' || !digits(pos + 11, 6) ||
	    pos[17] != ' ')
		return;
	set_wall(prefix, strtoull(pos, NULL, 10));
	read_host(prefix, pos + 17);
}

/* /dev/kmsg: "6,1234,742819824,-;" */
static void read_kmsg(struct prefix *prefix, const char *pos, size_t len)
{
	u64 priority, sequence, micro;
	char flag, text[48];
	int n = 0;

	if (len < 8 ||
	    sscanf(pos, "%3" SCNu64 ",%18" SCNu64 ",%18" SCNu64 ",%c%n", &priority, &sequence,
		   &micro, &flag, &n) != 4 ||
	    (flag != '-' && flag != 'c'))
		return;
	snprintf(text, sizeof(text), "[%" PRIu64 ".%06" PRIu64 "]", micro / 1000000,
		 micro % 1000000);
	read_uptime(prefix, text, strlen(text));
}

/* "(d5) " or "(XEN) " */
static void read_stream(struct prefix *prefix, const char *pos, size_t len)
{
	char *end;
	unsigned long domid;

	if (len >= 5 && !memcmp(pos, "(XEN)", 5)) {
		if (prefix->stream == STREAM_FILE)
			prefix->stream = STREAM_XEN;
		return;
	}
	if (len < 4 || pos[1] != 'd' || !isdigit((unsigned char)pos[2]))
		return;
	domid = strtoul(pos + 2, &end, 10);
	if (end >= pos + len || *end != ')' || domid >= DOMID_FIRST_RESERVED)
		return;
	prefix->stream = STREAM_GUEST;
	prefix->domid = (u16)domid;
}

/* "xenconsoled: NAME (3): ": a guest's console which the daemon writes to a syslog. */
static void read_console(struct prefix *prefix, const char *line, size_t len)
{
	static const char daemon[] = "xenconsoled";
	const char *pos = memmem(line, len, daemon, sizeof(daemon) - 1);
	unsigned long domid;
	char *end;

	pos = pos ? memchr(pos, '(', (size_t)(line + len - pos)) : NULL;
	if (!pos || !isdigit((unsigned char)pos[1]))
		return;
	domid = strtoul(pos + 1, &end, 10);
	if (end + 1 >= line + len || end[0] != ')' || end[1] != ':' ||
	    domid >= DOMID_FIRST_RESERVED)
		return;
	prefix->stream = STREAM_GUEST;
	prefix->domid = (u16)domid;
}

static void read_repeats(struct prefix *prefix, const char *line, size_t len)
{
	static const char words[] = "message repeated ";
	const char *pos = memmem(line, len, words, sizeof(words) - 1);
	unsigned long repeats = pos ? strtoul(pos + sizeof(words) - 1, NULL, 10) : 0;

	if (repeats && repeats < 1000000)
		prefix->repeats = (u32)repeats;
}

/* "…grant_table.c:1078:d0v1 ", "…grant_table.c:567:d0 ", "d2v0 " */
static void read_caller(struct prefix *prefix, const char *line, size_t len)
{
	const char *end = line + len, *pos;
	char *rest;
	unsigned long domid;

	while (end > line && end[-1] == ' ')
		end--;
	pos = end;
	while (pos > line && isalnum((unsigned char)pos[-1]))
		pos--;
	if (end - pos < 2 || *pos != 'd' || !isdigit((unsigned char)pos[1]))
		return;
	domid = strtoul(pos + 1, &rest, 10);
	if (rest < end && *rest == 'v')
		strtoul(rest + 1, &rest, 10);
	if (rest == end && domid < DOMID_FIRST_RESERVED)
		prefix->caller = (u16)domid;
}

void prefix__read(struct prefix *prefix, const char *line, size_t len, size_t whole)
{
	char copy[PREFIX_BYTES + 1];
	size_t i;

	*prefix = (struct prefix){.domid = DOMID_UNKNOWN,
				  .caller = DOMID_UNKNOWN,
				  .repeats = 1,
				  .seconds = INT64_MIN};
	read_repeats(prefix, line, len);
	if (len && *line == '{') {
		prefix__realtime(prefix, line, whole);
		read_boot(prefix, line, whole);
		read_json_time(prefix, line, whole);
	}
	/* Terminated, so that numbers end. The last bytes are next to the message. */
	i = len > PREFIX_BYTES ? len - PREFIX_BYTES : 0;
	len -= i;
	memcpy(copy, line + i, len);
	copy[len] = '\0';
	if (isdigit((unsigned char)copy[0])) {
		read_unix(prefix, copy, len);
		read_kmsg(prefix, copy, len);
	}
	for (i = 0; i < len; i++) {
		if (copy[i] == '[' && isupper((unsigned char)copy[i + 1]))
			read_minute(prefix, copy + i, len - i);
		else if (copy[i] == '[')
			read_uptime(prefix, copy + i, len - i);
		else if (copy[i] == '(')
			read_stream(prefix, copy + i, len - i);
		else if (!prefix->when[0] && !read_iso(prefix, copy + i, len - i))
			read_month(prefix, copy + i, len - i);
	}
	read_console(prefix, copy, len);
	read_caller(prefix, copy, len);
}

void prefix__complete(struct prefix *prefix, const struct prefix *other)
{
	const bool own_wall = prefix->when[0] && prefix->when[0] != '[';
	const bool other_wall = other->when[0] && other->when[0] != '[';

	if (!prefix->when[0] || (!own_wall && other_wall)) {
		memcpy(prefix->when, other->when, sizeof(prefix->when));
		prefix->seconds = other->seconds;
	}
	if (!prefix->has_uptime) {
		prefix->has_uptime = other->has_uptime;
		prefix->uptime = other->uptime;
	}
	if (!prefix->host)
		prefix->host = other->host;
	if (!prefix->boot)
		prefix->boot = other->boot;
	if (prefix->stream == STREAM_FILE) {
		prefix->stream = other->stream;
		prefix->domid = other->domid;
	}
}
