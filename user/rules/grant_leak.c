// SPDX-License-Identifier: GPL-2.0
/* grant-leak: a ref ended and is never going to be freed. */
#include <stdlib.h>
#include <string.h>

#include "rules/blind.h"
#include "rules/history.h"

static struct finding_key key_of(const struct domain *granter, enum kind owner)
{
	return (struct finding_key){.granter = granter->domid, .owner = owner};
}

/* --- reported by the granter's kernel --- */

struct logged {
	struct judging judging;
	const char *text;
};

/* Returns the ref in "leaking g.e. 0x50 (pfn …)", UINT32_MAX for any other line. */
static u32 ref_in_log(const char *text)
{
	static const char lead[] = "leaking g.e. ";
	const char *pos = strstr(text, lead);
	unsigned long ref;
	char *end;

	if (!pos)
		return UINT32_MAX;
	pos += sizeof(lead) - 1;
	ref = strtoul(pos, &end, 0);
	return end == pos || ref >= LEDGER_MAX_REFS ? UINT32_MAX : (u32)ref;
}

static void fill_logged(struct judging *judging, struct finding *finding)
{
	const struct logged *logged = container_of(judging, struct logged, judging);

	finding->told_generation = 0;
	finding__evidence(finding, "refusal", "kernel log of d%u: %s", judging->granter->domid,
			  logged->text);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* The kernel could not even queue the ref. */
void grant_leak__judge_log(struct rules *rules, struct ledger *ledger, struct domain *domain,
			   const struct span *at, const char *text)
{
	u32 ref = ref_in_log(text);
	const struct ref *state = ref != UINT32_MAX ? domain__ref(domain, ref) : NULL;
	const struct gen *gen = state ? gen__at(ledger, state->gen) : NULL;
	struct logged logged = {{.rules = rules,
				 .ledger = ledger,
				 .granter = domain,
				 .ref = ref,
				 .at = at,
				 .gen = gen},
				text};
	struct finding_key key = key_of(domain, gen ? gen__owner(domain, ref, gen) : KIND_UNKNOWN);

	if (ref != UINT32_MAX)
		judging__report(&logged.judging, CLASS_GRANT_LEAK, &key, fill_logged,
				judging__proven);
}

/* --- ended by a caller that must free the ref itself, and did not --- */

struct sweep {
	struct rules *rules;
	struct ledger *ledger;
	struct domain *domain;
};

static void fill(struct judging *judging, struct finding *finding)
{
	finding__evidence(
		finding, "circumstance",
		"access ended at %.6f s; the ref has been neither freed nor granted again "
		"since",
		(double)span__system(judging->at) / 1e9);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

static bool is_leaked(const struct sweep *sweep, const struct gen *gen, const struct ending *end)
{
	struct domain *domain = sweep->domain;
	u64 now = domain->input->coverage.mark;

	return gen__ended_well(gen) && !(gen->flags & (GEN_FREED | GEN_ADOPTED | GEN_RESET)) &&
	       domain__via(domain, end->stack) == VIA_REF &&
	       end->at.out + sweep->ledger->policy->leak_ns <= now &&
	       !blind__within(sweep->ledger, NULL, domain, REC_BIT(REC_FREE) | REC_BIT(REC_RELEASE),
			      span__in(&end->at), now, "");
}

static void sweep_ref(void *ctx, u32 ref, struct ref *state)
{
	struct sweep *sweep = ctx;
	const struct gen *gen = gen__at(sweep->ledger, state->gen);
	const struct ending *end = gen ? ending__at(sweep->ledger, gen->end) : NULL;
	struct judging judging = {.rules = sweep->rules,
				  .ledger = sweep->ledger,
				  .granter = sweep->domain,
				  .ref = ref,
				  .gen = gen};
	struct finding_key key;

	if (!end || ref < RESERVED_REFS || !is_leaked(sweep, gen, end))
		return;
	judging.at = &end->at;
	key = key_of(sweep->domain, gen__owner(sweep->domain, ref, gen));
	judging__report(&judging, CLASS_GRANT_LEAK, &key, fill, judging__likely);
}

void grant_leak__judge_all(struct rules *rules, struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		struct sweep sweep = {rules, ledger, ledger->domains[i]};

		if (sweep.domain->feed)
			domain__each_ref(sweep.domain, sweep_ref, &sweep);
	}
}
