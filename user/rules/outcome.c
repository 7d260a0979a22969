// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "rules/log_device.h"
#include "rules/log_incident.h"
#include "rules/outcome.h"

/* maximum time from a refused end to the frontend's message about it */
#define LOG_WINDOW (5 * NSEC_PER_SEC)
/*
 * maximum time from a stale map to the device's loss: the frontend gives up when its I/O on the
 * page ends
 */
#define LOSS_WINDOW (600 * NSEC_PER_SEC)

void outcome__refused(struct finding *finding, const struct gen_event *end, const struct party *by)
{
	char name[96];

	/* One refusal is enough: a retry every second would displace the other steps. */
	if (finding->revoke_refused)
		return;
	finding->revoke_refused = true;
	party__name(by, name, sizeof(name));
	step__is(finding__step(finding, end->granter->domid, &end->at, true,
			       "%s cannot end access to ref %u: refused, still mapped", name,
			       end->ref),
		 STEP_REFUSED_END, by, 0);
	finding__sort_steps(finding);
	if (finding->outcome != OUTCOME_DEVICE_LOST)
		finding__outcome(finding, OUTCOME_REFUSED, "%s in d%u could not revoke ref %u",
				 name, end->granter->domid, end->ref);
}

bool outcome__is_earlier(const struct finding *finding, u64 ns, u64 err)
{
	return err != CLOCK_ERR_UNKNOWN && ns + err < finding->not_before;
}

bool outcome__fits_time(const struct finding *finding, u64 ns)
{
	u64 last = max(finding->last, finding->when);
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		last = max(last, finding->steps[i].ns);
	return ns + LOG_WINDOW >= finding->when && ns <= last + LOSS_WINDOW;
}

bool outcome__fits_device(const struct finding *finding, const char *device)
{
	const struct party *owner = &finding->owner;

	if (log_device__is_other_disk(device, finding->disk))
		return false;
	if (!owner->known || !device[0])
		return true;
	if (owner->kind == KIND_BLKFRONT)
		return log_device__is_disk(device);
	if (owner->kind == KIND_NETFRONT)
		return !log_device__is_disk(device);
	return true;
}

bool outcome__fits_refs(const struct finding *finding, const struct finding *incident)
{
	u32 i, j;

	if (!incident->nr_ranges || incident->more_refs || finding->more_refs)
		return true;
	for (i = 0; i < incident->nr_ranges; i++)
		for (j = 0; j < finding->nr_ranges; j++)
			if (incident->ranges[i].first <= finding->ranges[j].last &&
			    incident->ranges[i].last >= finding->ranges[j].first)
				return true;
	return false;
}

/* Whether the end of @finding's only ref is on record, and succeeded: no device is lost by it. */
static bool is_released(const struct ledger *ledger, const struct finding *finding)
{
	const struct domain *granter = ledger__known(ledger, finding->granter);
	const struct gen *gen;

	if (finding->class != CLASS_STALE_MAP || finding->revoke_refused || finding->count > 1 ||
	    !granter || !domain__ref(granter, finding->ref))
		return false;
	for (gen = gen__at(ledger, domain__ref(granter, finding->ref)->gen); gen;
	     gen = gen__at(ledger, gen->older))
		if (gen->number == finding->generation)
			return gen__ended_well(gen) && !gen->refusals;
	return false;
}

void outcome__note_ends(struct rules *rules, const struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < rules->findings.nr; i++)
		rules->findings.item[i]->released = is_released(ledger, rules->findings.item[i]);
}

bool outcome__may_lose(const struct finding *finding)
{
	return finding->class == CLASS_STALE_MAP || finding->class == CLASS_REVOKE_BLOCKED ||
	       finding->revoke_refused;
}

bool outcome__is_loss(const struct known_message *message)
{
	return message->weight == MESSAGE_DEVICE_LOST &&
	       strcasestr(message->format, "disabled for further use");
}

/*
 * Whether the kernel log's line, which is of @incident, may be about the domains and device of
 * @finding.
 */
static bool concerns(const struct ledger *ledger, const struct finding *finding,
		     const struct domain *domain, const struct span *at,
		     const struct finding *incident, u32 ref, const char *device)
{
	u64 ns = span__system(at);

	if (finding->granter != domain->domid || finding->message || !outcome__may_lose(finding))
		return false;
	if (ref != NO_REF && !finding->more_refs && !finding__has_ref(finding, ref))
		return false;
	return !outcome__is_earlier(finding, ns, span__err(at)) &&
	       outcome__fits_time(finding, ns) && outcome__fits_device(finding, device) &&
	       outcome__fits_refs(finding, incident) && !is_released(ledger, finding);
}

void outcome__log(struct rules *rules, const struct ledger *ledger, const struct domain *domain,
		  const struct span *at, const struct finding *incident, const char *text)
{
	struct message_match match = {0};
	struct log_event event = {.match = &match};
	char clean[128], device[32];
	bool lost;
	u32 i;

	if (!incident || message__match(text, strlen(text), &match) != LINE_KNOWN ||
	    match.message->weight != MESSAGE_DEVICE_LOST)
		return;
	lost = outcome__is_loss(match.message);
	log_event__device(&event, device, sizeof(device));
	match__text(&match, true, clean, sizeof(clean));
	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->outcome == OUTCOME_DEVICE_LOST ||
		    !concerns(ledger, finding, domain, at, incident, match__ref(&match), device))
			continue;
		step__is(finding__step(finding, domain->domid, at, lost, "kernel log: %s", clean),
			 STEP_LOG, NULL, 0);
		finding__sort_steps(finding);
		if (lost)
			finding__outcome(finding, OUTCOME_DEVICE_LOST, "%s", clean);
	}
}
