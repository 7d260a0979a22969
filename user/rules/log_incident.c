// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "rules/log_device.h"
#include "rules/log_incident.h"
#include "rules/rules_internal.h"
#include "util/log.h"

/* maximum distance of lines of a frontend and its grant table about one event, s */
#define NEAR_SECONDS 15
/* Maximum of lines between Xen's message about a refused map and the program's. */
#define REFUSAL_LINES 8
/* maximum of evidence lines for one message */
#define LINES_EACH   3
#define PAGE_NONE_32 UINT32_MAX

u32 log_event__ref(const struct log_event *event)
{
	if (event->match)
		return match__ref(event->match);
	return event->has_ref ? event->ref : NO_REF;
}

static bool has_invalid_ref(const struct log_event *event)
{
	return event->match && match__has_ref(event->match) && match__ref(event->match) == NO_REF;
}

void log_event__device(const struct log_event *event, char *buf, size_t size)
{
	static const enum message_hole holes[] = {HOLE_DISK, HOLE_NET, HOLE_DEVICE};
	size_t i;

	buf[0] = '\0';
	for (i = 0; event->match && i < ARRAY_SIZE(holes); i++) {
		const struct message_value *value = match__value(event->match, holes[i]);

		if (!value)
			continue;
		str_sanitize(buf, size, value->begin, (size_t)(value->end - value->begin));
		return;
	}
}

void log_event__text(const struct log_event *event, char *buf, size_t size)
{
	u32 ref = log_event__ref(event);

	if (event->match)
		match__text(event->match, true, buf, size);
	else if (ref != NO_REF && event->mapper != DOMID_UNKNOWN)
		snprintf(buf, size, "ref %u (0x%x) is in use by d%u", ref, ref, event->mapper);
	else
		snprintf(buf, size, "%s", event->message->meaning);
}

/* --- which incident --- */

struct traits {
	u32 ref;
	char device[32];
	bool has_page, no_page;
};

static struct traits read_traits(const struct log_event *event)
{
	const struct message_value *pfn =
		event->match ? match__value(event->match, HOLE_PFN) : NULL;
	struct traits traits = {.ref = log_event__ref(event)};

	log_event__device(event, traits.device, sizeof(traits.device));
	if (pfn) {
		/* ~0: no page came with the ref. */
		traits.no_page =
			pfn->negative || pfn->number == UINT64_MAX || pfn->number == PAGE_NONE_32;
		traits.has_page = !traits.no_page;
	}
	return traits;
}

static bool has_message(const struct finding *finding, const struct known_message *message)
{
	u32 i;

	for (i = 0; i < finding->nr_messages; i++)
		if (finding->messages[i] == message ||
		    !strcmp(finding->messages[i]->id, message->id))
			return true;
	return false;
}

/*
 * Whether a frontend or its grant table writes the message while it takes a device down. Retries
 * come later.
 */
static bool is_of_frontend(const struct known_message *message)
{
	return message->origin == ORIGIN_LINUX && message->role == ROLE_GRANTER &&
	       message->weight != MESSAGE_CONTEXT && !strstr(message->bugs, "G16") &&
	       strcmp(message->id, "still-pending") && strcmp(message->id, "freeing");
}

/*
 * Whether the line follows at once and may be about the same event. Two refs are two events. A line
 * without a ref may belong to the event of the line before.
 */
static bool is_near(const struct finding *finding, const struct log_event *event,
		    const struct traits *traits)
{
	s64 last = finding->last_seconds, now = event->seconds;

	/* blkfront and netfront lose different devices. */
	if (event->message->weight == MESSAGE_DEVICE_LOST &&
	    finding->message->weight == MESSAGE_DEVICE_LOST &&
	    strcmp(event->message->from, finding->message->from))
		return false;
	if (traits->has_page || (traits->ref != NO_REF && finding->ref != NO_REF))
		return false;
	if (!is_of_frontend(event->message) || !is_of_frontend(finding->message))
		return false;
	if (event->at)
		return span__system(event->at) < finding->last + NEAR_SECONDS * NSEC_PER_SEC;
	return last == INT64_MIN || now == INT64_MIN ||
	       (now >= last - NEAR_SECONDS && now <= last + NEAR_SECONDS);
}

/*
 * The incident of the preceding line of the same kernel: a serial console mixes lines of several.
 */
static struct finding **last_of(struct rules *rules, const struct log_event *event)
{
	return event->stretch ? &event->stretch->last_incident : &rules->last_incident;
}

static bool belongs(const struct finding *finding, const struct finding *last,
		    const struct log_event *event, const struct traits *traits)
{
	if (!finding->message || finding->stretch != event->stretch ||
	    finding->granter != event->granter || finding->mapper != event->mapper ||
	    !log_device__may_be(finding->device, traits->device))
		return false;
	if (finding__has_ref(finding, traits->ref))
		return true;
	/* Refs with a page and refs without one belong to different subsystems. */
	if ((finding->no_page && traits->has_page) || (finding->has_page && traits->no_page))
		return false;
	return has_message(finding, event->message) ||
	       (finding == last && is_near(finding, event, traits));
}

/*
 * Whether the line names the device of the preceding one. Both are then about one event, even if
 * the line names no domain.
 */
static bool is_of_device(const struct finding *finding, const struct log_event *event,
			 const struct traits *traits)
{
	s64 last = finding->last_seconds, now = event->seconds;

	if (!finding->message || finding->stretch != event->stretch || !traits->device[0] ||
	    strcmp(finding->device, traits->device))
		return false;
	if ((event->granter != DOMID_UNKNOWN && event->granter != finding->granter) ||
	    (event->mapper != DOMID_UNKNOWN && event->mapper != finding->mapper))
		return false;
	return last == INT64_MIN || now == INT64_MIN ||
	       (now >= last - NEAR_SECONDS && now <= last + NEAR_SECONDS);
}

void rules__begin_log(struct rules *rules)
{
	rules->refusal = NULL;
}

/* What a program says close behind Xen's own line: it knows neither ref nor domain. */
static struct finding *refused_before(const struct rules *rules, const struct log_event *event,
				      const struct traits *traits)
{
	struct finding *finding = rules->refusal;
	s64 last, now = event->seconds;

	if (!finding || event->live || !event->message->refused ||
	    event->message->origin == ORIGIN_XEN || traits->ref != NO_REF || traits->device[0] ||
	    event->line > rules->refusal_line + REFUSAL_LINES ||
	    (event->mapper != DOMID_UNKNOWN && event->mapper != finding->mapper))
		return NULL;
	last = finding->last_seconds;
	return last == INT64_MIN || now == INT64_MIN ||
			       (now >= last - NEAR_SECONDS && now <= last + NEAR_SECONDS)
		       ? finding
		       : NULL;
}

static void note_refusal(struct rules *rules, const struct log_event *event,
			 struct finding *finding)
{
	if (!event->message->refused || event->live || !event->line ||
	    (event->message->origin != ORIGIN_XEN && finding != rules->refusal))
		return;
	rules->refusal = finding;
	rules->refusal_line = event->line;
}

static struct finding *find(struct rules *rules, const struct log_event *event,
			    const struct traits *traits)
{
	struct finding *last = *last_of(rules, event);
	u32 i;

	if (last && !event->at && is_of_device(last, event, traits))
		return last;
	if (last && belongs(last, last, event, traits))
		return last;
	for (i = 0; i < rules->findings.nr; i++)
		if (belongs(rules->findings.item[i], last, event, traits))
			return rules->findings.item[i];
	return NULL;
}

/* --- a new one, and what a line adds --- */

static struct finding *begin(struct rules *rules, const struct log_event *event)
{
	struct finding_key key = {.granter = event->granter,
				  .mapper = event->mapper,
				  .other = rules->findings.nr + 1};
	struct finding *finding;
	bool fresh;

	finding = findings__get(&rules->findings, CLASS_LOG_ONLY, &key, &fresh);
	if (!finding)
		return NULL;
	rules->nr_incidents++;
	finding->granter = event->granter;
	finding->mapper = event->mapper;
	finding->stretch = event->stretch;
	finding->message = event->message;
	finding->ref = NO_REF;
	finding->certainty = CERTAINTY_POSSIBLE;
	/* Records of a capture are shown at the end, if no finding explains them. */
	finding->gone = event->at != NULL;
	finding->when = event->at ? span__system(event->at) : 0;
	finding->when_err = event->at ? span__err(event->at) : CLOCK_ERR_UNKNOWN;
	finding->last_seconds = INT64_MIN;
	finding->live = event->live;
	memcpy(finding->when_text, event->when, sizeof(finding->when_text));
	finding->revision++;
	if (event->mapper == DOMID_UNKNOWN)
		finding__blind(finding, "log only: the mapper and the time of the map are unknown");
	else
		finding__blind(finding, "log only: the steps of the other domain are unknown");
	return finding;
}

static u32 lines_of(const struct finding *finding, const struct known_message *message)
{
	u32 i;

	for (i = 0; i < finding->nr_messages; i++)
		if (finding->messages[i] == message)
			return finding->nr_lines[i];
	return 0;
}

static void note_message(struct finding *finding, const struct known_message *message)
{
	u32 i;

	for (i = 0; i < finding->nr_messages; i++)
		if (finding->messages[i] == message) {
			finding->nr_lines[i]++;
			return;
		}
	if (finding->nr_messages == FINDING_MESSAGES)
		return;
	finding->nr_lines[i] = 1;
	finding->messages[finding->nr_messages++] = message;
	if (message->weight > finding->message->weight)
		finding->message = message;
}

static void add_line(struct finding *finding, const struct log_event *event)
{
	char text[200];

	if (!event->match && !event->has_ref)
		return;
	if (lines_of(finding, event->message) < LINES_EACH) {
		log_event__text(event, text, sizeof(text));
		finding__evidence(finding, "log", "%s", text);
	}
	note_message(finding, event->message);
}

static void note_status(struct finding *finding, const struct log_event *event)
{
	const struct message_value *value =
		event->match ? match__value(event->match, HOLE_STATUS) : NULL;

	if (!value || !event->message->status || finding->status_kind || value->number > UINT16_MAX)
		return;
	finding->status_kind = event->message->status;
	finding->status = (u32)value->number;
}

struct finding *log_incident__add(struct rules *rules, const struct log_event *event)
{
	struct traits traits = read_traits(event);
	struct finding *finding = refused_before(rules, event, &traits);

	if (!finding)
		finding = find(rules, event, &traits);
	if (!finding)
		finding = begin(rules, event);
	if (!finding)
		return NULL;
	add_line(finding, event);
	if (traits.ref != NO_REF && finding->ref == NO_REF)
		finding->ref = traits.ref;
	if (traits.ref != NO_REF)
		finding__add_ref(finding, traits.ref);
	if (!finding->device[0])
		memcpy(finding->device, traits.device, sizeof(finding->device));
	finding->no_page |= traits.no_page;
	finding->has_page |= traits.has_page;
	finding->invalid_ref |= has_invalid_ref(event);
	note_status(finding, event);
	finding->count += event->repeats;
	finding->last = event->at ? span__system(event->at) : 0;
	if (event->when[0]) {
		memcpy(finding->last_text, event->when, sizeof(finding->last_text));
		finding->last_seconds = event->seconds;
	}
	*last_of(rules, event) = finding;
	note_refusal(rules, event, finding);
	return finding;
}
