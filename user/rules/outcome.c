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

	if (!owner->known || !device[0])
		return true;
	if (owner->kind == KIND_BLKFRONT)
		return log_device__is_disk(device);
	if (owner->kind == KIND_NETFRONT)
		return !log_device__is_disk(device);
	return true;
}

bool outcome__is_loss(const struct known_message *message)
{
	return message->weight == MESSAGE_DEVICE_LOST &&
	       strcasestr(message->format, "disabled for further use");
}

/* Whether the line was read before the first occurrence: a recorder never reads one too early. */
static bool precedes(const struct span *at, const struct finding *finding)
{
	u64 err = span__err(at);

	return err != CLOCK_ERR_UNKNOWN && span__system(at) + err < finding->not_before;
}

/* Whether the kernel log's line may be about the domains and device of @finding. */
static bool concerns(const struct finding *finding, const struct domain *domain,
		     const struct span *at, const struct message_match *match, const char *device)
{
	u64 ns = span__system(at);
	u32 ref = match__ref(match);

	if (finding->granter != domain->domid || finding->message ||
	    (finding->class != CLASS_STALE_MAP && finding->class != CLASS_REVOKE_BLOCKED &&
	     !finding->revoke_refused))
		return false;
	if (precedes(at, finding) || !outcome__fits_time(finding, ns) ||
	    !outcome__fits_device(finding, device))
		return false;
	return ref == NO_REF || ref == finding->ref || finding->outcome != OUTCOME_NONE;
}

void outcome__log(struct rules *rules, const struct domain *domain, const struct span *at,
		  const char *text)
{
	struct message_match match = {0};
	struct log_event event = {.match = &match};
	char clean[128], device[32];
	bool lost;
	u32 i;

	if (message__match(text, strlen(text), &match) != LINE_KNOWN ||
	    match.message->weight != MESSAGE_DEVICE_LOST)
		return;
	lost = outcome__is_loss(match.message);
	log_event__device(&event, device, sizeof(device));
	match__text(&match, true, clean, sizeof(clean));
	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->outcome == OUTCOME_DEVICE_LOST ||
		    !concerns(finding, domain, at, &match, device))
			continue;
		step__is(finding__step(finding, domain->domid, at, lost, "kernel log: %s", clean),
			 STEP_LOG, NULL, 0);
		finding__sort_steps(finding);
		if (lost)
			finding__outcome(finding, OUTCOME_DEVICE_LOST, "%s", clean);
	}
}
