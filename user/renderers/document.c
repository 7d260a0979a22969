// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "known/messages.h"
#include "model/wall.h"
#include "renderers/advice.h"
#include "renderers/document.h"
#include "renderers/document_internal.h"
#include "util/array.h"
#include "util/memory.h"

void doc__add(struct doc *doc, enum doc_type type, const char *label, const char *fmt, ...)
{
	struct doc_part *part;
	va_list ap;

	part = array__reserve(doc->part, &doc->size, doc->nr + 1, sizeof(*part));
	if (!part)
		memory__end();
	doc->part = part;
	part = &doc->part[doc->nr];
	*part = (struct doc_part){.type = type};
	if (label)
		snprintf(part->label, sizeof(part->label), "%s", label);
	va_start(ap, fmt);
	if (vasprintf(&part->text, fmt, ap) < 0)
		memory__end();
	va_end(ap);
	doc->nr++;
}

static struct doc *doc__new(void)
{
	struct doc *doc = calloc(1, sizeof(*doc));

	if (!doc)
		memory__end();
	return doc;
}

void doc__free(struct doc *doc)
{
	u32 i;

	if (!doc)
		return;
	for (i = 0; i < doc->nr; i++)
		free(doc->part[i].text);
	free(doc->part);
	free(doc);
}

/* Writes a party without values that differ between runs: "gntdev in Xorg". Returns @buf. */
static const char *label(const struct party *party, char *buf, size_t size)
{
	if (!party->known)
		snprintf(buf, size, "an unknown subsystem");
	else if (party->comm[0])
		snprintf(buf, size, "%s in %s", kind__name(party->kind), party->comm);
	else
		snprintf(buf, size, "%s", kind__name(party->kind));
	return buf;
}

void finding__title(const struct finding *finding, char *buf, size_t size)
{
	char mapper[96], owner[96], previous[96];
	bool both = finding->owner.known && finding->previous_owner.known;
	const struct party *one = finding->owner.known ? &finding->owner : &finding->previous_owner;

	if (finding->message) {
		snprintf(buf, size, "grantwatch: %s: %s", class__id(finding->class),
			 finding->message->meaning);
		return;
	}
	snprintf(buf, size, "%sgrantwatch: %s: %s%s%s%s%s",
		 class__severity(finding->class) == SEVERITY_INFO ? "" : "BUG: ",
		 class__id(finding->class),
		 finding->map_by.known ? label(&finding->map_by, mapper, sizeof(mapper)) : "",
		 finding->map_by.known && one->known ? " / " : "",
		 one->known ? label(one, owner, sizeof(owner)) : "", both ? ", before: " : "",
		 both ? label(&finding->previous_owner, previous, sizeof(previous)) : "");
}

/* --- sentences with holes --- */

static void print_hole(FILE *out, const struct report *report, const struct finding *finding,
		       const char *name, size_t len)
{
	const struct summary_stub *stub = summary__stub(report->summary, finding->granter);
	char buf[96];

#define IS(word) (len == sizeof(word) - 1 && !memcmp(name, word, len))
	if (IS("mapper"))
		fputs(label(&finding->map_by, buf, sizeof(buf)), out);
	else if (IS("owner"))
		fputs(label(finding->owner.known ? &finding->owner : &finding->previous_owner, buf,
			    sizeof(buf)),
		      out);
	else if (IS("previous"))
		fputs(label(&finding->previous_owner, buf, sizeof(buf)), out);
	else if (IS("granter"))
		fprintf(out, "d%u", finding->granter);
	else if (IS("restarted") && stub)
		fprintf(out, "d%u with its stub domain d%u", stub->target, finding->granter);
	else if (IS("restarted"))
		fprintf(out, "d%u", finding->granter);
	else if (IS("mapper-domain"))
		fprintf(out, "d%u", finding->mapper);
	else if (IS("ref"))
		fprintf(out, "%u", finding->ref);
	else if (IS("generation") && finding->generation)
		fprintf(out, "generation %u", finding->generation);
	else if (IS("generation"))
		fputs("another generation", out);
	else if (IS("announced") && finding->told_generation)
		fprintf(out, "generation %u", finding->told_generation);
	else if (IS("announced"))
		fputs("an earlier generation", out);
	else if (IS("message") && finding->message)
		fputs(finding->message->meaning, out);
	else if (IS("from") && finding->message)
		fputs(finding->message->from, out);
#undef IS
}

static char *fill_holes(const struct report *report, const struct finding *finding,
			const char *text)
{
	char *filled = NULL;
	size_t size;
	FILE *out = open_memstream(&filled, &size);

	if (!out)
		memory__end();
	while (*text) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;

		if (end) {
			print_hole(out, report, finding, text + 1, (size_t)(end - text - 1));
			text = end + 1;
		} else {
			fputc(*text++, out);
		}
	}
	fclose(out);
	return filled;
}

static void add_advice(struct doc *doc, const struct report *report, const struct finding *finding,
		       const char *label, const char *text)
{
	char *filled = text ? fill_holes(report, finding, text) : NULL;

	if (filled)
		doc__add(doc, DOC_ITEM, label, "%s", filled);
	free(filled);
}

/* --- the finding --- */

static void add_head(struct doc *doc, const struct finding *finding)
{
	char title[400];

	finding__title(finding, title, sizeof(title));
	doc__add(doc, DOC_TITLE, NULL, "%s", title);
	doc__add(doc, DOC_PARAGRAPH, NULL, "%s, certainty %s, severity %s, finding %u%s",
		 class__title(finding->class), certainty__name(finding->certainty),
		 severity__name(class__severity(finding->class)), finding->id,
		 finding->killed ? ", cause killed (the task was exiting)" : "");
}

static const char *time_text(u64 ns, u64 err, char *buf, size_t size)
{
	if (err >= CLOCK_ERR_UNKNOWN || err == UINT32_MAX)
		snprintf(buf, size, "%.6f s (own clock)", (double)ns / 1e9);
	else
		snprintf(buf, size, "%.6f s ± %.3f ms", (double)ns / 1e9, (double)err / 1e6);
	return buf;
}

static void add_refs(struct doc *doc, const struct finding *finding)
{
	char text[512];
	size_t n = 0;
	u32 i;

	text[0] = '\0';
	for (i = 0; i < finding->nr_ranges && n < sizeof(text); i++) {
		u32 first = finding->ranges[i].first, last = finding->ranges[i].last;

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      first == last ? "%s%u" : "%s%u-%u", i ? ", " : "", first,
				      last);
	}
	if (finding->more_refs && n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, ", and %" PRIu64 " more", finding->more_refs);
	doc__add(doc, DOC_PARAGRAPH, NULL, "found %" PRIu64 " times%s%s", finding->count,
		 finding->nr_ranges ? ", refs: " : "", text);
}

static const char *domain_name(const struct report *report, u16 domid, char *buf, size_t size)
{
	const struct summary_stub *stub = summary__stub(report->summary, domid);

	if (domid == DOMID_UNKNOWN)
		snprintf(buf, size, "an unknown domain");
	else if (!stub)
		snprintf(buf, size, "d%u", domid);
	else
		snprintf(buf, size, "d%u (stub domain of d%u%s%s)", domid, stub->target,
			 stub->name[0] ? " " : "", stub->name);
	return buf;
}

static void add_where(struct doc *doc, const struct report *report, const struct finding *finding)
{
	char granter[112], mapper[112];
	char told[80] = "", generation[32] = "", wall[WALL_TEXT + 16] = "", text[WALL_TEXT], at[64];

	if (finding->message) {
		doc__add_incident_where(doc, finding);
		return;
	}
	if (finding->generation)
		snprintf(generation, sizeof(generation), ", generation %u", finding->generation);
	if (finding->map_by.known && finding->told_generation &&
	    finding->told_generation != finding->generation)
		snprintf(told, sizeof(told), "; %s generation %u",
			 finding->copied ? "the mapper may have meant" : "the mapper announced",
			 finding->told_generation);
	if (finding->wall)
		snprintf(wall, sizeof(wall), " (%s)",
			 wall__text(finding->wall, text, sizeof(text)));
	doc__add(doc, DOC_PARAGRAPH, NULL, "ref %u (0x%x) granted by %s to %s%s%s, at %s%s",
		 finding->ref, finding->ref,
		 domain_name(report, finding->granter, granter, sizeof(granter)),
		 domain_name(report, finding->mapper, mapper, sizeof(mapper)), generation, told,
		 time_text(finding->when, finding->when_err, at, sizeof(at)), wall);
	if (finding->count > 1)
		add_refs(doc, finding);
}

static void add_frames(struct doc *doc, const char *frames)
{
	while (*frames) {
		size_t len;

		frames += strspn(frames, "; ");
		len = strcspn(frames, ";");
		if (len)
			doc__add(doc, DOC_LINE, NULL, "%.*s", (int)len, frames);
		frames += len;
	}
}

static void add_party(struct doc *doc, const char *what, const struct party *party, u32 generation)
{
	char name[96], number[32] = "";

	if (!party->known)
		return;
	if (generation)
		snprintf(number, sizeof(number), ", generation %u", generation);
	doc__add(doc, DOC_LONG, NULL, "%s: %s in d%u%s", what,
		 party__name(party, name, sizeof(name)), party->domid, number);
	if (party->stack[0])
		add_frames(doc, party->stack);
	else
		doc__add(doc, DOC_LINE, NULL, "(no stack was recorded)");
}

static void add_steps(struct doc *doc, const struct finding *finding)
{
	u32 i;

	if (!finding->nr_steps)
		return;
	doc__add(doc, DOC_LONG, NULL, "history of ref %u (Xen system time)", finding->ref);
	for (i = 0; i < finding->nr_steps; i++) {
		const struct step *step = &finding->steps[i];
		char err[32] = "";

		if (step->err < CLOCK_ERR_UNKNOWN)
			snprintf(err, sizeof(err), " ± %7.3f ms", (double)step->err / 1e6);
		doc__add(doc, DOC_LINE, NULL, "%c %14.6f s%s  d%-3u %s", step->key ? '>' : ' ',
			 (double)step->ns / 1e9, err, step->domid, step->text);
		doc->part[doc->nr - 1].key = step->key;
	}
}

static void add_evidence(struct doc *doc, const struct finding *finding)
{
	u32 i;

	doc__add(doc, DOC_SECTION, NULL, "evidence");
	for (i = 0; i < finding->nr_evidence; i++)
		doc__add(doc, DOC_ITEM, finding->evidence[i].rule, "%s", finding->evidence[i].text);
	if (finding->outcome != OUTCOME_NONE)
		doc__add(doc, DOC_ITEM, "outcome", "%s: %s", outcome__name(finding->outcome),
			 finding->outcome_text);
	if (!finding->nr_blind)
		doc__add(doc, DOC_ITEM, "blind spots", "none which could change this verdict");
	for (i = 0; i < finding->nr_blind; i++)
		doc__add(doc, DOC_ITEM, "blind spot", "%s", finding->blind[i]);
}

/* A command for each domain that fits 76 columns, for a time of one second more on both sides. */
static void add_logs(struct doc *doc, const struct finding *finding)
{
	char since[WALL_TEXT], until[WALL_TEXT];
	u32 i;

	if (finding->nr_logs)
		doc__add(doc, DOC_SECTION, NULL, "logs of this time");
	for (i = 0; i < finding->nr_logs; i++) {
		const struct log_window *window = &finding->logs[i];

		wall__text(window->since - min(window->since - 1, NSEC_PER_SEC), since,
			   sizeof(since));
		wall__text(min(window->until + 2 * NSEC_PER_SEC, WALL_MAX), until, sizeof(until));
		doc__add(doc, DOC_LINE, NULL,
			 "journalctl -S '%.10s %.8s UTC' -U '%.10s %.8s UTC' # d%u", since,
			 since + 11, until, until + 11, window->domid);
	}
}

static void add_fingerprint(struct doc *doc, const struct finding *finding)
{
	doc__add(doc, DOC_SECTION, NULL, "fingerprint");
	doc__add(doc, DOC_LINE, NULL, "%s", finding->fingerprint);
}

/* Adds an incident of a log: what happened, how bad it is, what is known, what to collect. */
static void add_incident(struct doc *doc, const struct report *report,
			 const struct finding *finding)
{
	add_head(doc, finding);
	add_where(doc, report, finding);
	doc__add_incident(doc, finding);
	add_evidence(doc, finding);
	doc__add_known(doc, report, finding, finding->message->bugs);
	doc__add_incident_next(doc, finding);
	doc__add_system(doc, report, finding);
}

/* The heading of what happened, by certainty. */
static const char *const happened[] = {
	[CERTAINTY_POSSIBLE] = "what may have happened",
	[CERTAINTY_LIKELY] = "what probably happened",
	[CERTAINTY_PROVEN] = "what happened",
};

/* Explains which of the two domains of an HVM domain is meant. */
static void add_stub(struct doc *doc, const struct report *report, u16 domid)
{
	const struct summary_stub *stub = summary__stub(report->summary, domid);

	if (stub)
		doc__add(doc, DOC_ITEM, "stub domain",
			 "d%u emulates the devices of d%u%s%s. Its refs are its own: d%u neither "
			 "grants nor frees them. d%u starts and ends with d%u",
			 domid, stub->target, stub->name[0] ? " " : "", stub->name, stub->target,
			 domid, stub->target);
}

static void add_race(struct doc *doc, const struct report *report, const struct finding *finding)
{
	const struct advice *advice = advice__of(finding);

	add_head(doc, finding);
	add_where(doc, report, finding);
	doc__add(doc, DOC_SECTION, NULL, "in short");
	add_advice(doc, report, finding, happened[finding->certainty], advice->happened);
	add_advice(doc, report, finding, "at fault", advice->fault);
	add_advice(doc, report, finding, "to do", advice->remedy);
	add_stub(doc, report, finding->granter);
	if (finding->mapper != finding->granter)
		add_stub(doc, report, finding->mapper);
	if (finding->nr_steps)
		doc__add(doc, DOC_PICTURE, NULL, "timeline of ref %u", finding->ref);
	add_party(doc, finding->copied ? "copy by" : "map by", &finding->map_by, 0);
	add_party(doc, "unmapped by", &finding->unmapped_by, 0);
	add_party(doc, "owner", &finding->owner, finding->generation);
	add_party(doc, "previous owner", &finding->previous_owner, finding->told_generation);
	add_steps(doc, finding);
	add_evidence(doc, finding);
	doc__add_system(doc, report, finding);
	doc__add_known(doc, report, finding, advice->bugs);
}

struct doc *doc__finding(const struct report *report, const struct finding *finding)
{
	struct doc *doc = doc__new();

	if (finding->message)
		add_incident(doc, report, finding);
	else
		add_race(doc, report, finding);
	add_logs(doc, finding);
	add_fingerprint(doc, finding);
	return doc;
}

/* --- the run --- */

static void add_counts(struct doc *doc, const struct summary *summary)
{
	char classes[512] = "";
	size_t n = 0;
	u64 total = 0;
	u32 i;

	for (i = 0; i < CLASS_MAX; i++) {
		total += summary->by_class[i];
		if (summary->by_class[i] && n < sizeof(classes))
			n += (size_t)snprintf(classes + n, sizeof(classes) - n, ", %s %" PRIu64,
					      class__id(i), summary->by_class[i]);
	}
	doc__add(doc, DOC_PARAGRAPH, NULL,
		 "%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " finding%s%s", summary->events,
		 summary->lost, total, total == 1 ? "" : "s", classes);
}

struct doc *doc__summary(const struct report *report)
{
	const struct summary *summary = report->summary;
	struct doc *doc = doc__new();
	u32 i;

	doc__add(doc, DOC_SECTION, NULL, "summary");
	add_counts(doc, summary);
	for (i = 0; i < summary->nr_sides; i++)
		doc__add_side(doc, &summary->side[i]);
	doc__add_xen(doc, summary);
	doc__add_wall(doc, summary);
	doc__add_compared(doc, summary);
	doc__add_trace(doc, &summary->trace);
	for (i = 0; i < summary->nr_blind; i++)
		doc__add(doc, DOC_ITEM, "blind", "%s", summary->blind[i]);
	if (summary->more_blind)
		doc__add(doc, DOC_ITEM, "blind", "%" PRIu64 " more blind spots",
			 summary->more_blind);
	for (i = 0; i < summary->nr_limits; i++)
		doc__add(doc, DOC_ITEM, "not visible", "%s", summary->limits[i]);
	return doc;
}
