// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"

static bool is_same(const struct finding_key *a, const struct finding_key *b)
{
	return a->granter == b->granter && a->mapper == b->mapper && a->map_kind == b->map_kind &&
	       a->owner == b->owner && a->task == b->task && a->other == b->other;
}

struct finding *findings__find(const struct findings *findings, enum finding_class class,
			       const struct finding_key *key)
{
	u32 i;

	for (i = 0; i < findings->nr; i++) {
		struct finding *finding = findings->item[i];

		if (finding->class == class && is_same(&finding->key, key))
			return finding;
	}
	return NULL;
}

/*
 * Whether the granter in @key, or its mapper other than dom0, is at its limit: a hostile domain may
 * cause any number of findings.
 */
static bool has_many(const struct findings *findings, const struct finding_key *key)
{
	u32 i, by_granter = 0, by_mapper = 0;

	for (i = 0; i < findings->nr; i++) {
		by_granter += findings->item[i]->key.granter == key->granter;
		by_mapper += key->mapper && findings->item[i]->key.mapper == key->mapper;
	}
	return by_granter >= FINDINGS_OF_ONE || by_mapper >= FINDINGS_OF_ONE;
}

struct finding *findings__get(struct findings *findings, enum finding_class class,
			      const struct finding_key *key, bool *fresh)
{
	struct finding *finding = findings__find(findings, class, key);

	*fresh = false;
	if (finding)
		return finding;
	finding = findings->nr < FINDINGS_MAX && !has_many(findings, key)
			  ? calloc(1, sizeof(*finding))
			  : NULL;
	if (!finding) {
		findings->dropped++;
		return NULL;
	}
	finding->class = class;
	finding->key = *key;
	findings->item[findings->nr++] = finding;
	finding->id = findings->nr;
	*fresh = true;
	return finding;
}

void findings__cleanup(struct findings *findings)
{
	u32 i;

	for (i = 0; i < findings->nr; i++)
		free(findings->item[i]);
	findings->nr = 0;
}

bool finding__has_ref(const struct finding *finding, u32 ref)
{
	u32 i;

	for (i = 0; ref != NO_REF && i < finding->nr_ranges; i++)
		if (ref >= finding->ranges[i].first && ref <= finding->ranges[i].last)
			return true;
	return false;
}

void finding__add_ref(struct finding *finding, u32 ref)
{
	u32 i;

	for (i = 0; i < finding->nr_ranges; i++) {
		if (ref >= finding->ranges[i].first && ref <= finding->ranges[i].last)
			return;
		if (ref == finding->ranges[i].last + 1) {
			finding->ranges[i].last = ref;
			return;
		}
		if (ref + 1 == finding->ranges[i].first) {
			finding->ranges[i].first = ref;
			return;
		}
	}
	if (finding->nr_ranges == FINDING_RANGES) {
		finding->more_refs++;
		return;
	}
	finding->ranges[finding->nr_ranges].first = ref;
	finding->ranges[finding->nr_ranges].last = ref;
	finding->nr_ranges++;
}

struct step *finding__step(struct finding *finding, u16 domid, const struct span *at, bool key,
			   const char *fmt, ...)
{
	struct step *step = &finding->steps[finding->nr_steps];
	va_list ap;

	if (finding->nr_steps == FINDING_STEPS)
		return NULL;
	memset(step, 0, sizeof(*step));
	step->ns = span__system(at);
	step->err = span__err(at);
	step->domid = domid;
	step->key = key;
	va_start(ap, fmt);
	vsnprintf(step->text, sizeof(step->text), fmt, ap);
	va_end(ap);
	finding->nr_steps++;
	return step;
}

void step__is(struct step *step, enum step_type type, const struct party *by, u32 number)
{
	if (!step)
		return;
	step->type = type;
	step->number = number;
	if (!by)
		return;
	step->kind = by->kind;
	memcpy(step->comm, by->comm, sizeof(step->comm));
	memcpy(step->thread, by->thread, sizeof(step->thread));
}

const char *step_type__name(enum step_type type)
{
	static const char *const names[] = {"other",	   "grant", "end",  "refused-end",
					    "release",	   "arm",   "map",  "refused-map",
					    "unmap",	   "log",   "seen", "copy",
					    "refused-copy"};

	return names[type];
}

void finding__evidence(struct finding *finding, const char *rule, const char *fmt, ...)
{
	struct evidence *evidence = &finding->evidence[finding->nr_evidence];
	va_list ap;

	if (finding->nr_evidence == FINDING_EVIDENCE)
		return;
	evidence->rule = rule;
	va_start(ap, fmt);
	vsnprintf(evidence->text, sizeof(evidence->text), fmt, ap);
	va_end(ap);
	finding->nr_evidence++;
}

void finding__blind(struct finding *finding, const char *fmt, ...)
{
	char *slot;
	va_list ap;
	u32 i;

	if (finding->nr_blind == FINDING_BLIND)
		return;
	slot = finding->blind[finding->nr_blind];
	va_start(ap, fmt);
	vsnprintf(slot, sizeof(finding->blind[0]), fmt, ap);
	va_end(ap);
	for (i = 0; i < finding->nr_blind; i++)
		if (!strcmp(finding->blind[i], slot))
			return;
	finding->nr_blind++;
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	return strcmp(x->text, y->text);
}

void finding__count(struct finding *finding, enum certainty certainty, u32 ref,
		    const struct span *at, bool fresh)
{
	finding->last = span__system(at);
	if (fresh || certainty > finding->certainty)
		finding->revision++;
	finding->certainty = max(finding->certainty, certainty);
	finding->gone = false;
	finding->count++;
	finding__add_ref(finding, ref);
}

void finding__sort_steps(struct finding *finding)
{
	qsort(finding->steps, finding->nr_steps, sizeof(finding->steps[0]), compare_steps);
}

void finding__outcome(struct finding *finding, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	finding->outcome = outcome;
	va_start(ap, fmt);
	vsnprintf(finding->outcome_text, sizeof(finding->outcome_text), fmt, ap);
	va_end(ap);
	finding->revision++;
}

const char *outcome__name(enum outcome outcome)
{
	static const char *const names[] = {"none",	"revoke-refused", "device-lost",
					    "deferred", "map-refused",	  "unmapped"};

	return names[outcome];
}

const char *party__name(const struct party *party, char *buf, size_t size)
{
	if (!party->known)
		snprintf(buf, size, "an unknown subsystem");
	else if (party->thread[0])
		snprintf(buf, size, "%s in %s (thread of %s, pid %u)", kind__name(party->kind),
			 party->thread, party->comm, party->pid);
	else if (party->comm[0])
		snprintf(buf, size, "%s in %s (pid %u)", kind__name(party->kind), party->comm,
			 party->pid);
	else
		snprintf(buf, size, "%s", kind__name(party->kind));
	return buf;
}
