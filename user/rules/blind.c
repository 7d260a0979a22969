// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "capture/fields.h"
#include "rules/blind.h"

bool blind__within(const struct ledger *ledger, struct finding *finding,
		   const struct domain *domain, u32 events, u64 from, u64 to, const char *what)
{
	char names[128];
	const char *probe;
	u64 lost;
	bool blind = false;

	if (!domain->feed) {
		if (finding)
			finding__blind(finding, "no capture of d%u: %s", domain->domid, what);
		return true;
	}
	/* A call is recorded or lost when it returns, some time after its effect. */
	lost = feed__lost_between(domain->feed, events, from,
				  to + min((u64)LEDGER_CALL_NS, UINT64_MAX - to));
	if (lost && finding)
		finding__blind(finding, "d%u lost %" PRIu64 " events at that time (%s): %s",
			       domain->domid, lost, events__names(events, names, sizeof(names)),
			       what);
	probe = feed__blind_probe(domain->feed, events, from, to);
	if (probe && finding)
		finding__blind(finding, "d%u: %s was not probed: %s", domain->domid, probe, what);
	if (from < domain->feed->recording_since) {
		blind = true;
		if (finding)
			finding__blind(finding, "d%u was not recorded yet: %s", domain->domid,
				       what);
	}
	if (!coverage__holds(&domain->input->coverage, from, to)) {
		blind = true;
		if (finding)
			finding__blind(finding, "d%u's capture is incomplete at that time: %s",
				       domain->domid, what);
	}
	return blind || lost || probe || ledger->early;
}

/* The earliest time of the effect, of a call without a recorded entry that of the longest call. */
static u64 earliest(const struct span *from)
{
	if (span__has_in(from))
		return span__in(from);
	return span__dt(from) == SPAN_UNKNOWN && from->out > LEDGER_CALL_NS
		       ? from->out - LEDGER_CALL_NS
		       : 0;
}

bool blind__between(const struct ledger *ledger, struct finding *finding,
		    const struct domain *domain, const struct domain *other,
		    const struct span *mine, u32 events, const struct span *from,
		    const struct span *to, const char *what)
{
	u64 begin = span__translate(from, earliest(from), mine);
	u64 end = span__translate(to, to->out, mine);
	/* Before this domain's clock began: from the start of the capture. */
	bool whole = (s64)begin < 0 || begin > end;
	u64 slack = span__err(from) + span__err(to) + span__err(mine) +
		    ledger__doubt(ledger, domain->index, other->index);

	/* Clocks that cannot be compared leave any time possible. */
	if (slack >= CLOCK_ERR_UNKNOWN)
		return blind__within(ledger, finding, domain, events, 0,
				     domain->input ? domain->input->coverage.mark : 0, what);
	return blind__within(ledger, finding, domain, events,
			     !whole && begin > slack ? begin - slack : 0, end + slack, what);
}

bool blind__until(const struct ledger *ledger, const struct domain *domain,
		  const struct domain *other, u64 from, u32 events, const struct span *to)
{
	const struct span mine = domain__clock(domain);
	u64 slack = span__err(to) + span__err(&mine) +
		    ledger__doubt(ledger, domain->index, other->index);
	u64 mark = domain->input ? domain->input->coverage.mark : 0;

	if (slack < CLOCK_ERR_UNKNOWN)
		mark = span__translate(to, to->out, &mine) + slack;
	return blind__within(ledger, NULL, domain, events, from, mark, "");
}

bool blind__overlapped(struct finding *finding, const struct gen *gen)
{
	if (!(gen->flags & GEN_OVERLAPPED))
		return false;
	if (finding)
		finding__blind(finding,
			       "two calls on the ref were under way at once: which one came first, "
			       "and which generation was ended, is unknown");
	return true;
}

bool blind__unreturned(struct finding *finding, const struct domain *domain, u64 at)
{
	if (domain->feed && coverage__holds(&domain->input->coverage, at, at + LEDGER_CALL_NS))
		return false;
	if (finding)
		finding__blind(finding,
			       "d%u's recording ended shortly after, when a call may have been "
			       "under way",
			       domain->domid);
	return true;
}

static bool is_measured(const struct domain *domain)
{
	return domain->input && !domain->input->clock.derived;
}

bool blind__clocks_hold(struct finding *finding, const struct domain *a, const struct domain *b)
{
	if (a == b || (is_measured(a) && is_measured(b)))
		return true;
	if (finding)
		finding__blind(finding,
			       "the clock of d%u was derived from its grants, not measured",
			       is_measured(a) ? b->domid : a->domid);
	return false;
}
