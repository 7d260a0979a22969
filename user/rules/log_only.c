// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of kernel logs: they confirm findings, and where there is none, they are log-only: a
 * message that is known (known/messages.h), with what is known of it. A log has no second side, so
 * nothing is judged by it.
 */
#include <stdio.h>
#include <string.h>

#include "known/messages.h"
#include "rules/rules_internal.h"

static bool has_ref(const struct finding *finding, u32 ref)
{
	u32 i;

	for (i = 0; i < finding->nr_ranges; i++)
		if (ref >= finding->ranges[i].first && ref <= finding->ranges[i].last)
			return true;
	return false;
}

/*
 * The finding that @message about @ref of @domid belongs to: of the same ref, or that lost the
 * device.
 */
static struct finding *explained(struct rules *rules, const struct known_message *message,
				 u16 domid, u32 ref)
{
	u32 i;

	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->gone || finding->class == CLASS_LOG_ONLY ||
		    (domid != DOMID_UNKNOWN && finding->granter != domid))
			continue;
		if (ref != NO_REF ? has_ref(finding, ref)
				  : message->weight == MESSAGE_DEVICE_LOST &&
					    (class__severity(finding->class) == SEVERITY_ALARM ||
					     finding->outcome == OUTCOME_DEVICE_LOST))
			return finding;
	}
	return NULL;
}

static void confirm(struct finding *finding, const struct known_message *message, const char *text)
{
	finding__evidence(finding, "log", "%s: %s", message->from, text);
	if (message->weight == MESSAGE_DEVICE_LOST && strstr(text, "isabled for further use"))
		finding__outcome(finding, OUTCOME_DEVICE_LOST, "%.150s", text);
}

/*
 * A line of a capture may stand before what explains it: whether it counts is known when all is
 * settled.
 */
static void note(struct rules *rules, const struct known_message *message, u16 domid, u32 ref,
		 const struct span *at, const char *text)
{
	struct finding_key key = {.granter = domid, .other = (u64)(uintptr_t)message};
	struct finding *finding;
	bool fresh;

	finding = findings__get(&rules->findings, CLASS_LOG_ONLY, &key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding->granter = domid;
		finding->mapper = DOMID_UNKNOWN;
		finding->message = message;
		finding->gone = at != NULL;
		finding->ref = ref;
		finding->when = at ? span__system(at) : 0;
		finding->when_err = at ? span__err(at) : CLOCK_ERR_UNKNOWN;
		finding__blind(finding, "a log alone: who mapped, and when, is not known");
	}
	if (finding->nr_evidence < 3)
		finding__evidence(finding, "log", "%s", text);
	if (ref != NO_REF && finding->ref == NO_REF)
		finding->ref = ref;
	finding->last = at ? span__system(at) : 0;
	finding->certainty = CERTAINTY_POSSIBLE;
	finding->revision += fresh;
	finding->count++;
	if (ref != NO_REF)
		finding__add_ref(finding, ref);
}

void rules__log_line(struct rules *rules, u16 domid, const struct span *at, const char *line)
{
	const struct known_message *message;
	struct message_match match = {0};
	struct finding *finding;
	char text[200];
	u32 ref;

	if (message__match(line, strlen(line), &match) != LINE_KNOWN)
		return;
	message = match.message;
	/* What happens every day is worth a word only to who hands in an old log. */
	if (message->weight <= (at ? MESSAGE_ROUTINE : MESSAGE_CONTEXT) ||
	    message->within != WITHIN_ANY)
		return;
	ref = match__ref(&match);
	match__text(&match, true, text, sizeof(text));
	finding = explained(rules, message, domid, ref);
	if (!finding)
		note(rules, message, domid, ref, at, text);
	else if (!at)
		confirm(finding, message, text);
}

static bool is_explained(struct rules *rules, const struct finding *finding)
{
	u32 i, ref;

	if (!finding->nr_ranges)
		return explained(rules, finding->message, finding->granter, NO_REF) != NULL;
	if (finding->more_refs)
		return false;
	for (i = 0; i < finding->nr_ranges; i++)
		for (ref = finding->ranges[i].first; ref <= finding->ranges[i].last; ref++)
			if (!explained(rules, finding->message, finding->granter, ref))
				return false;
	return true;
}

void rules__settle_logs(struct rules *rules)
{
	u32 i;

	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->class == CLASS_LOG_ONLY)
			finding->gone = is_explained(rules, finding);
	}
}
