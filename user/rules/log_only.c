// SPDX-License-Identifier: GPL-2.0
/*
 * log-only: known messages (known/messages.h) that no finding explains, with what is known about
 * them. A log shows one side only, so no verdict rests on it. A line that a finding explains
 * becomes its evidence. It changes the outcome only if domain, device and time fit.
 */
#include <stdio.h>
#include <string.h>

#include "rules/log_device.h"
#include "rules/log_incident.h"
#include "rules/outcome.h"
#include "rules/rules_internal.h"

/* What a line must have in common with the finding that explains it. */
struct claim {
	const struct known_message *message;
	u16 granter;
	u32 ref;
	const char *device;
	bool has_time; /* on the finding's clock */
	bool live;
	u64 first, last, err;
	const struct finding *incident; /* a lost device in a capture's own log, or NULL */
};

static bool explains(const struct finding *finding, const struct claim *claim)
{
	if (finding->gone || finding->message)
		return false;
	if (claim->has_time && !(outcome__fits_time(finding, claim->first) &&
				 outcome__fits_time(finding, claim->last)))
		return false;
	if (claim->incident && (outcome__is_earlier(finding, claim->last, claim->err) ||
				!outcome__fits_refs(finding, claim->incident) || finding->released))
		return false;
	if (claim->ref != NO_REF)
		return finding__has_ref(finding, claim->ref) &&
		       (claim->granter == DOMID_UNKNOWN || finding->granter == claim->granter);
	/* Without a ref, the domain, the device and the time must fit. */
	return claim->message->weight == MESSAGE_DEVICE_LOST &&
	       claim->granter == finding->granter && (claim->has_time || claim->live) &&
	       outcome__fits_device(finding, claim->device) &&
	       (outcome__may_lose(finding) || finding->outcome == OUTCOME_DEVICE_LOST);
}

static struct finding *explained(struct rules *rules, const struct claim *claim)
{
	u32 i;

	for (i = 0; i < rules->findings.nr; i++)
		if (explains(rules->findings.item[i], claim))
			return rules->findings.item[i];
	return NULL;
}

static void confirm(struct finding *finding, const struct log_event *event, const char *text)
{
	finding__evidence(finding, "log", "%s: %s", event->message->from, text);
	if (event->live && event->granter == finding->granter && outcome__is_loss(event->message))
		finding__outcome(finding, OUTCOME_DEVICE_LOST, "%.150s", text);
}

/*
 * A log's line comes after all that may explain it. A record of a capture may come before, so it is
 * judged when all is settled.
 */
struct finding *rules__log_event(struct rules *rules, const struct log_event *event)
{
	struct finding *finding = NULL;
	char text[200], device[32];
	struct claim claim = {.message = event->message,
			      .granter = event->granter,
			      .ref = log_event__ref(event),
			      .live = event->live};

	/* Routine messages are reported for stored logs only. */
	if (event->message->weight <=
	    (event->at || event->live ? MESSAGE_ROUTINE : MESSAGE_CONTEXT))
		return NULL;
	if (!event->at && rules->findings.nr > rules->nr_incidents) {
		log_event__device(event, device, sizeof(device));
		claim.device = device;
		finding = explained(rules, &claim);
	}
	if (finding) {
		log_event__text(event, text, sizeof(text));
		confirm(finding, event, text);
		return NULL;
	}
	finding = log_incident__add(rules, event);
	if (!finding || event->message->weight != MESSAGE_DEVICE_LOST)
		return finding;
	log_event__text(event, text, sizeof(text));
	device_lost__judge(finding, event, text);
	return finding;
}

struct finding *rules__log_line(struct rules *rules, u16 domid, const struct span *at,
				const char *line)
{
	struct message_match match = {0};
	struct log_event event = {.match = &match,
				  .granter = DOMID_UNKNOWN,
				  .mapper = DOMID_UNKNOWN,
				  .repeats = 1,
				  .seconds = INT64_MIN,
				  .at = at};

	if (message__match(line, strlen(line), &match) != LINE_KNOWN ||
	    match.message->within != WITHIN_ANY)
		return NULL;
	event.message = match.message;
	/* A kernel's own log: its domain is the message's side. */
	if (match.message->role == ROLE_MAPPER) {
		event.mapper = domid;
		event.granter = match__frontend(&match);
	} else {
		event.granter = domid;
	}
	return rules__log_event(rules, &event);
}

static bool is_explained(struct rules *rules, const struct finding *finding)
{
	bool lost = finding->class == CLASS_DEVICE_LOST && !finding->stretch;
	struct claim claim = {.message = finding->message,
			      .granter = finding->granter,
			      .ref = NO_REF,
			      .device = finding->device,
			      .has_time = !finding->stretch,
			      .live = finding->live,
			      .first = finding->when,
			      .last = finding->last,
			      .err = finding->when_err,
			      .incident = lost ? finding : NULL};
	u32 i;

	if (!finding->nr_ranges || finding->class == CLASS_DEVICE_LOST)
		return explained(rules, &claim) != NULL;
	if (finding->more_refs)
		return false;
	for (i = 0; i < finding->nr_ranges; i++)
		for (claim.ref = finding->ranges[i].first; claim.ref <= finding->ranges[i].last;
		     claim.ref++)
			if (!explained(rules, &claim))
				return false;
	return true;
}

void rules__settle_logs(struct rules *rules)
{
	u32 i;

	rules->counters.log_troubles = 0;
	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (!finding->message)
			continue;
		finding->gone = is_explained(rules, finding);
		if (!finding->gone && finding->class == CLASS_LOG_ONLY &&
		    finding->message->weight >= MESSAGE_TROUBLE)
			rules->counters.log_troubles += finding->count;
	}
}

/* --- other results of logs --- */

struct log_stretch *rules__new_stretch(struct rules *rules, u16 domid, u32 boot, bool xen_log)
{
	struct log_stretch *stretch = &rules->stretch[rules->nr_stretches];
	const bool full = rules->nr_stretches == LOG_STRETCHES - 1;

	*stretch = (struct log_stretch){.domid = full ? DOMID_UNKNOWN : domid,
					.boot = boot,
					.xen_log = xen_log,
					.shared = full};
	rules->nr_stretches += !full;
	return stretch;
}

const struct log_stretch *rules__stretch(const struct rules *rules, u32 i)
{
	return i < rules->nr_stretches ? &rules->stretch[i] : NULL;
}

void rules__unknown_line(struct rules *rules, const char *text)
{
	struct rules_counters *counters = &rules->counters;
	u32 i;

	counters->unknown_lines++;
	if (!text[0])
		return;
	for (i = 0; i < counters->nr_samples; i++)
		if (!strcmp(counters->sample[i], text))
			return;
	if (counters->nr_samples < LOG_SAMPLES)
		snprintf(counters->sample[counters->nr_samples++], LOG_SAMPLE, "%s", text);
}

void rules__quoted_line(struct rules *rules)
{
	rules->counters.quoted_lines++;
}

void rules__lost_lines(struct rules *rules, u64 nr)
{
	u64 *lost = &rules->counters.lost_lines;

	/* Saturates: anybody can write such a line. */
	*lost = nr < 1000000000 && *lost < 1000000000 ? *lost + nr : 1000000000;
}
