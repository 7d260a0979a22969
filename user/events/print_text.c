// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "events/print.h"
#include "model/wall.h"
#include "util/escape.h"

#define NSEC_PER_DAY (86400 * NSEC_PER_SEC)

/* Columns have no blanks, so that scripts can split lines; "-" is none. */
static void print_head(FILE *out, bool wall)
{
	fprintf(out, "#%11s %7s %s%-4s %-10s %-7s %3s %-18s %-4s %-22s %-7s %7s  %s\n",
		"xen-time-s", "err-ms", wall ? "utc          " : "", "in", "what", "ref", "gen",
		"owner", "peer", "by", "result", "took-us", "details");
}

/* "gntdev/gui-daemon(278)", @size bytes at most. */
static const char *actor(const struct event_actor *actor, bool pid, char *buf, size_t size)
{
	char *pos;

	if (actor->kind == KIND_UNKNOWN && !actor->tid)
		return "-";
	if (actor->tid && !pid)
		snprintf(buf, size, "%s/%s", kind__name(actor->kind), actor->shown);
	else if (actor->tid)
		snprintf(buf, size, "%s/%s(%u)", kind__name(actor->kind), actor->shown, actor->pid);
	else
		snprintf(buf, size, "%s", kind__name(actor->kind));
	for (pos = buf; *pos; pos++)
		if (*pos <= ' ' || *pos > '~')
			*pos = '_';
	return buf;
}

static void print_wall(FILE *out, const struct event *event)
{
	char text[WALL_TEXT];

	/* "2026-03-30T12:53:08.123+00:00" */
	if (event->wall)
		fprintf(out, "%.12s ", wall__text(event->wall, text, sizeof(text)) + 11);
	else
		fputs("-            ", out);
}

static void print_domain(FILE *out, u32 domid)
{
	char text[12];

	snprintf(text, sizeof(text), domid == EVENT_NO_DOM ? "-" : "d%u", domid);
	fprintf(out, "%-4s", text);
}

static void print_ref(FILE *out, const struct event *event)
{
	char text[24] = "-", generation[12] = "-";

	if (event->ref != EVENT_NO_REF)
		snprintf(text, sizeof(text), "%u:%u", event->granter, event->ref);
	if (event->generation)
		snprintf(generation, sizeof(generation), "%u", event->generation);
	fprintf(out, " %-7s %3s", text, generation);
}

static void print_took(FILE *out, const struct event *event)
{
	if (event->took == EVENT_UNSEEN || event->type == REC_LOG)
		fprintf(out, " %7s", "-");
	else
		fprintf(out, " %7.1f", (double)event->took / 1e3);
}

static void print_pair(FILE *out, const struct event *event, const char *sep)
{
	static const char *const words[] = {
		[PAIR_NONE] = "",	  [PAIR_GRANTED] = "granted",
		[PAIR_ENDED] = "ended",	  [PAIR_ANNOUNCED] = "announced",
		[PAIR_MAPPED] = "mapped",
	};
	bool before = event->pair_ns <= event->ns;
	u64 apart = before ? event->ns - event->pair_ns : event->pair_ns - event->ns;

	fprintf(out, "%s%s %.3f ms %s", sep, words[event->pair], (double)apart / 1e6,
		before ? "before" : "later");
}

/* Returns the separator before the next detail. */
static const char *next(u32 *nr)
{
	return (*nr)++ ? ", " : "  ";
}

static void print_details(FILE *out, const struct event *event)
{
	u32 nr = 0;

	if (event->pair)
		print_pair(out, event, next(&nr));
	if (event->target != EVENT_NO_DOM)
		fprintf(out, "%sd%u is the stub domain of d%u", next(&nr), event->granter,
			event->target);
	if (event->nr > 1)
		fprintf(out, "%s%u of %u", next(&nr), event->op + 1, event->nr);
	if (event->frame)
		fprintf(out, "%sframe 0x%" PRIx64, next(&nr), event->frame);
	if (event->ok && (event->type == REC_MAP || event->type == REC_UNMAP))
		fprintf(out, "%shandle %u", next(&nr), event->handle);
	if (event->status)
		fprintf(out, "%sstatus %d", next(&nr), event->status);
	if (event->trace)
		fprintf(out, "%sin Xen's trace", next(&nr));
	if (event->text[0]) {
		fputs(next(&nr), out);
		print_escaped(out, ESCAPE_PLAIN, event->text);
	}
	fputc('\n', out);
}

void event__print_text(FILE *out, struct event_lines *lines, const struct event *event)
{
	char owner[64], by[64], err[16] = "?";
	const char *result = event__result(event);
	u64 day = event->wall / NSEC_PER_DAY;

	if (!lines->begun) {
		lines->has_wall = event->wall;
		print_head(out, lines->has_wall);
	}
	lines->begun = true;
	if (event->wall && day != lines->day) {
		char text[WALL_TEXT];

		fprintf(out, "# %.10s (UTC)\n", wall__text(event->wall, text, sizeof(text)));
		lines->day = day;
	}
	if (event->err < CLOCK_ERR_UNKNOWN)
		snprintf(err, sizeof(err), "%.3f", (double)event->err / 1e6);
	fprintf(out, "%12.6f %7s ", (double)event->ns / 1e9, err);
	if (lines->has_wall)
		print_wall(out, event);
	print_domain(out, event->domid);
	fprintf(out, " %-10s", event__word(event));
	print_ref(out, event);
	fprintf(out, " %-18s",
		event->generation ? actor(&event->owner, false, owner, sizeof(owner)) : "-");
	fputc(' ', out);
	print_domain(out, event->peer);
	fprintf(out, " %-22s %-7s", actor(&event->by, true, by, sizeof(by)),
		*result ? result : "-");
	print_took(out, event);
	print_details(out, event);
}
