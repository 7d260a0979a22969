// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "explain/entry.h"

/* bytes before the time of a verbose entry */
#define HEADER_BYTES 64

static bool begins(const char *line, size_t len, const char *text)
{
	return len >= strlen(text) && !memcmp(line, text, strlen(text));
}

static void keep(struct log_entry *entry, const struct prefix *prefix)
{
	memcpy(entry->when, prefix->when, sizeof(entry->when));
	entry->seconds = prefix->seconds;
	entry->has_uptime = prefix->has_uptime;
	entry->uptime = prefix->uptime;
}

/* "Mon 2026-03-30 12:53:08.123456 CEST [s=…;i=1;b=…;m=…;t=…;x=…]" */
static void read_header(struct log_entry *entry, const char *line, size_t len)
{
	const char *cursor = memmem(line, len < HEADER_BYTES ? len : HEADER_BYTES, " [s=", 4);
	struct prefix prefix;

	if (!cursor)
		return;
	*entry = (struct log_entry){.boot = prefix__cursor_boot(line, len)};
	prefix__read(&prefix, line, (size_t)(cursor - line), len);
	keep(entry, &prefix);
}

/* "__CURSOR=s=…;i=1;b=…", "\"__REALTIME_TIMESTAMP\" : \"1774875188000000\"," */
static void read_field(struct log_entry *entry, const char *line, size_t len)
{
	struct prefix prefix = {.when = ""};

	if (begins(line, len, "__CURSOR")) {
		*entry = (struct log_entry){.boot = prefix__cursor_boot(line, len)};
	} else if (begins(line, len, "__REALTIME_TIMESTAMP")) {
		prefix__realtime(&prefix, line, len);
		keep(entry, &prefix);
	}
}

/* "time":   742.819824, */
static void read_dmesg(struct log_entry *entry, const char *line, size_t len)
{
	char text[32];
	struct prefix prefix;
	size_t n = strlen("time\":");
	size_t digits = 0;

	while (n < len && line[n] == ' ')
		n++;
	while (n + digits < len && line[n + digits] && strchr("0123456789.", line[n + digits]))
		digits++;
	if (!digits || digits > 20)
		return;
	snprintf(text, sizeof(text), "[%.*s]", (int)digits, line + n);
	prefix__read(&prefix, text, strlen(text), strlen(text));
	keep(entry, &prefix);
}

void log_entry__line(struct log_entry *entry, const char *line, size_t len)
{
	if (!len || *line == '{' || *line == '}') {
		*entry = (struct log_entry){0};
		return;
	}
	if (*line == 'M' || *line == 'T' || *line == 'W' || *line == 'F' || *line == 'S') {
		read_header(entry, line, len);
		return;
	}
	for (; len && (*line == ' ' || *line == '\t'); line++)
		len--;
	if (!len)
		return;
	if (*line == '{' || *line == '}')
		*entry = (struct log_entry){0};
	else if (*line == '_')
		read_field(entry, line, len);
	else if (*line == '"' && begins(line + 1, len - 1, "__"))
		read_field(entry, line + 1, len - 1);
	else if (*line == '"' && begins(line + 1, len - 1, "time\":"))
		read_dmesg(entry, line + 1, len - 1);
}

void log_entry__complete(const struct log_entry *entry, struct prefix *prefix)
{
	if (!prefix->boot)
		prefix->boot = entry->boot;
	if (prefix->when[0] || !entry->when[0])
		return;
	memcpy(prefix->when, entry->when, sizeof(prefix->when));
	prefix->seconds = entry->seconds;
	prefix->has_uptime = entry->has_uptime;
	prefix->uptime = entry->uptime;
}
