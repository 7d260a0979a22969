// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "merge/merge.h"
#include "summary/sentences.h"
#include "summary/summary_internal.h"

void summary__blind(struct summary *summary, const char *fmt, ...)
{
	char text[sizeof(summary->blind[0])];
	va_list ap;
	u32 i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < summary->nr_blind; i++)
		if (!strcmp(summary->blind[i], text))
			return;
	if (summary->nr_blind == SUMMARY_BLIND)
		summary->more_blind++;
	else
		memcpy(summary->blind[summary->nr_blind++], text, sizeof(text));
}

const struct summary_side *summary__side(const struct summary *summary, u16 domid)
{
	u32 i;

	for (i = 0; i < summary->nr_sides; i++)
		if (summary->side[i].domid == domid)
			return &summary->side[i];
	return NULL;
}

static void say_input(struct summary *summary, u32 nr_captures, u32 nr_logs, u32 strange_logs)
{
	INPUT_SENTENCES(SAY)
}

static bool is_recorded(const struct summary *summary, u16 domid)
{
	u32 i;

	for (i = 0; i < summary->nr_sides; i++)
		if (summary->side[i].domid == domid && strcmp(summary->side[i].role, "log"))
			return true;
	return false;
}

static bool is_said(const struct summary *summary, const struct summary_side *side)
{
	u32 i;

	for (i = 0; i < summary->nr_sides; i++)
		if (!memcmp(&summary->side[i], side, sizeof(*side)))
			return true;
	return false;
}

/* The capture's facts about the domain are more reliable than its log's. */
static void add_logs(struct summary *summary, const struct rules *rules)
{
	const struct log_stretch *stretch;
	u32 i;

	for (i = 0; (stretch = rules__stretch(rules, i)); i++) {
		struct summary_side side = {
			.domid = stretch->domid, .role = "log", .clock_err = CLOCK_ERR_UNKNOWN};

		snprintf(side.kernel, sizeof(side.kernel), "%s", stretch->kernel);
		snprintf(side.kernel_build, sizeof(side.kernel_build), "%s", stretch->kernel_build);
		snprintf(side.xen, sizeof(side.xen), "%s", stretch->xen);
		if ((stretch->domid == DOMID_UNKNOWN || !is_recorded(summary, stretch->domid)) &&
		    summary->nr_sides < SUMMARY_SIDES && !is_said(summary, &side))
			summary->side[summary->nr_sides++] = side;
	}
}

/* Whether the capture names its probes, and none is for @events. */
static bool lacks_probe(const struct feed *feed, u32 events)
{
	u32 i;

	for (i = 0; feed && i < feed->nr_probes; i++)
		if (feed->probes[i].events & events)
			return false;
	return feed && feed->nr_probes;
}

/* Whether the capture lacks successful copies although no loss or missing probe shows it. */
static bool lacks_copies(const struct feed *feed)
{
	const char *copies = feed ? feed__fact(feed, "copies") : NULL;

	return lacks_probe(feed, REC_BIT(REC_COPY)) || (copies && !strcmp(copies, "refused"));
}

/* Whether gntdev may have an MMU notifier, which unmaps without the process: in PV domains only. */
static bool may_notify(const struct feed *feed)
{
	const char *type = feed ? feed__fact(feed, "guest_type") : NULL;

	return !type || !strcmp(type, "PV");
}

const struct summary_stub *summary__stub(const struct summary *summary, u16 domid)
{
	u32 i;

	for (i = 0; i < summary->nr_stubs; i++)
		if (summary->stub[i].domid == domid)
			return &summary->stub[i];
	return NULL;
}

static void add_stubs(struct summary *summary, const struct merge *merge,
		      const struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains && summary->nr_stubs < SUMMARY_STUBS; i++) {
		u16 domid = ledger->domains[i]->domid, target = merge__target(merge, domid);
		struct summary_stub *stub = &summary->stub[summary->nr_stubs];

		if (target == DOMID_UNKNOWN)
			continue;
		summary->nr_stubs++;
		stub->domid = domid;
		stub->target = target;
		snprintf(stub->name, sizeof(stub->name), "%s", merge__name_of(merge, target));
	}
}

static void say_domains(struct summary *summary, const struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		const struct domain *domain = ledger->domains[i];
		const struct summary_stub *found = summary__stub(summary, domain->domid);
		bool recorded = domain->feed;
		bool no_copies = lacks_copies(domain->feed);
		bool notifier = may_notify(domain->feed);
		char stub[32] = "";

		if (found)
			snprintf(stub, sizeof(stub), ", the stub domain of d%u", found->target);
		DOMAIN_SENTENCES(SAY)
	}
}

static void say_run(struct summary *summary, const struct ledger *ledger,
		    const struct rules_counters *rules, const struct findings *findings)
{
#define EACH_PAIR(...)                                             \
	for (i = 0; i < rules->nr_pairs; i++) {                    \
		const struct unknown_pair *pair = &rules->pair[i]; \
                                                                   \
		SAY(__VA_ARGS__)                                   \
	}
#define EACH_LIMIT(...)                               \
	for (limit = 0; limit < NR_LIMITS; limit++) { \
		SAY(__VA_ARGS__)                      \
	}
	enum ledger_limit limit;
	char text[64];
	u32 i;

	RUN_SENTENCES(SAY, EACH_PAIR, EACH_LIMIT)
#undef EACH_LIMIT
#undef EACH_PAIR
}

/* Returns whether one of the findings is a race. */
static bool count_findings(struct summary *summary, const struct findings *findings)
{
	bool race = false;
	u32 i;

	for (i = 0; i < findings->nr; i++) {
		const struct finding *finding = findings->item[i];

		if (finding->gone)
			continue;
		summary->by_class[finding->class]++;
		race |= class__severity(finding->class) != SEVERITY_INFO;
	}
	summary->dropped = findings->dropped;
	return race;
}

void summary__collect(struct summary *summary, const struct summary_input *input)
{
	const struct findings *findings = rules__findings(input->rules);

	memset(summary, 0, offsetof(struct summary, side));
	summary__add_captures(summary, input->merge);
	summary__add_pairs(summary, input->merge);
	say_input(summary, input->merge->nr, input->nr_logs, input->strange_logs);
	add_logs(summary, input->rules);
	add_stubs(summary, input->merge, input->ledger);
	say_domains(summary, input->ledger);
	summary__add_trace(summary, input->merge);
	say_run(summary, input->ledger, rules__counters(input->rules), findings);
	summary__add_limits(summary, input->ledger);
	if (count_findings(summary, findings))
		summary->exit_status = 2;
	else
		summary->exit_status = summary->nr_blind ? 3 : 0;
}
