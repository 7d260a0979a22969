// SPDX-License-Identifier: GPL-2.0
/*
 * near-miss: a process announced a ref, and its generation ended before anybody mapped it: the race
 * without its effect. The end is shown by the granter's capture, or by table reads of the mapper's
 * domain.
 */
#include <string.h>

#include "rules/blind.h"
#include "rules/gen_uses.h"
#include "rules/history.h"
#include "rules/provenance.h"
#include "xen/table.h"

struct miss {
	struct judging judging;
	struct arm *arm;
	const struct call *call;       /* the ioctl behind it */
	const struct gen *over;	       /* the generation that ended, NULL if table reads show it */
	bool late;		       /* it ended before the announcement */
	bool mapped;		       /* another announcement's map had used it by then */
	const struct table_read *read; /* the entry that replaced it */
	const struct gen *first;       /* the first grant on record, which came later */
};

static const struct feed_task *task_of(const struct miss *miss)
{
	return feed__task(miss->judging.mapper->feed, miss->call->task);
}

static struct miss new_miss(struct rules *rules, struct ledger *ledger, struct domain *granter,
			    struct arm *arm)
{
	const struct call *call = call__at(ledger, arm->call);

	return (struct miss){.judging = {.rules = rules,
					 .ledger = ledger,
					 .granter = granter,
					 .mapper = ledger->domains[call->mapper],
					 .ref = arm->ref},
			     .arm = arm,
			     .call = call};
}

static void fill_mapper(const struct miss *miss, struct finding *finding)
{
	struct party *by = &finding->map_by;

	by->known = true;
	by->domid = miss->judging.mapper->domid;
	by->kind = KIND_GNTDEV;
	party__fill_task(by, miss->judging.mapper->feed, miss->call->task);
}

static void report(struct miss *miss, enum kind owner,
		   void (*fill)(struct judging *judging, struct finding *finding),
		   enum certainty (*weigh)(struct judging *judging, struct finding *finding))
{
	struct finding_key key = judging__key(&miss->judging);
	const struct finding *finding;

	key.owner = owner;
	key.task = task_of(miss)->pid;
	finding = judging__report(&miss->judging, CLASS_NEAR_MISS, &key, fill, weigh);
	if (finding)
		miss->arm->finding = (u16)finding->id;
}

/* Whether a map came through @arm. */
static bool was_mapped_by(struct ledger *ledger, const struct ref *state, const struct arm *arm)
{
	const struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (!map->status && map->call == arm->call)
			return true;
	}
	return arm->flags & ARM_MAPPED;
}

/* --- by the granter's capture --- */

/*
 * Whether a map surely came through @arm, or surely used the generation, and @arm surely came
 * before its end. An announcement after the end does not belong to an earlier map.
 */
static bool is_surely_mapped(struct ledger *ledger, const struct miss *miss, struct gen_uses *uses)
{
	const struct domain *granter = miss->judging.granter;
	const struct call *call = miss->call;
	const bool in_time =
		ledger__before(ledger, call->mapper, &call->at, granter->index, miss->judging.at);

	return miss->arm->flags & ARM_MAPPED || call->marked ||
	       (in_time && gen_uses__surely(ledger, domain__ref(granter, miss->judging.ref), uses,
					    call->mapper));
}

/* Whether the process surely withdrew the announcement before @gen ended. */
static bool surely_let_go(const struct ledger *ledger, const struct call *call,
			  const struct domain *granter, const struct gen *gen)
{
	struct span closed = call->at;

	closed.out = max(call->closed, call->closed_out);
	closed.dt_lo = 0;
	closed.dt_hi = 0;
	return ledger__before(ledger, call->mapper, &closed, granter->index, gen__end(ledger, gen));
}

/* Whether it did, or may have. */
static bool let_go(const struct ledger *ledger, const struct call *call,
		   const struct domain *granter, const struct gen *gen)
{
	struct span closed = call->at;

	if (!call->closed)
		return false;
	closed.out = call->closed;
	closed.dt_lo = 0;
	closed.dt_hi = 0;
	return !ledger__before(ledger, granter->index, gen__end(ledger, gen), call->mapper,
			       &closed);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct miss *miss = container_of(judging, struct miss, judging);
	const struct span *end = judging->at, *told = &miss->call->at;
	const struct gen *over = miss->over;

	finding->generation = over->number;
	finding->told_generation = over->number;
	finding->killed = over->flags & GEN_EXITING;
	fill_mapper(miss, finding);
	party__fill_owner(&finding->previous_owner, judging->ledger, judging->granter, over);
	finding__evidence(
		finding, "order",
		"generation %u ended at %.6f s ± %.3f ms%s; the mapper announced the ref at "
		"%.6f s ± %.3f ms%s",
		over->number, (double)span__system(end) / 1e9, (double)span__err(end) / 1e6,
		miss->mapped ? "" : " without having been mapped", (double)span__system(told) / 1e9,
		(double)span__err(told) / 1e6, miss->late ? ", after the end" : "");
	provenance__explain(finding, judging->mapper, judging->granter);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* Whether the generation surely began before the announcement, and ended in order. */
static bool is_in_order(const struct miss *miss)
{
	const struct ledger *ledger = miss->judging.ledger;
	u32 granter = miss->judging.granter->index;
	const struct call *call = miss->call;

	return !(miss->over->flags & (GEN_ADOPTED | GEN_TAINTED)) &&
	       ledger__before(ledger, granter, &miss->over->grant, call->mapper, &call->at) &&
	       (miss->late ||
		ledger__before(ledger, call->mapper, &call->at, granter, miss->judging.at));
}

/*
 * An unrecorded map could excuse it, or an unrecorded grant if the announcement came after the end.
 */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct miss *miss = container_of(judging, struct miss, judging);
	const struct span *end = judging->at, *told = &miss->call->at;
	const struct span *from = miss->over->flags & GEN_ADOPTED ? end : &miss->over->grant;
	const struct span *to = miss->late ? told : end;
	bool sure = is_in_order(miss);

	if (blind__overlapped(finding, miss->over))
		sure = false;
	if (blind__between(judging->ledger, finding, judging->mapper, judging->granter, told,
			   REC_BIT(REC_MAP) | REC_BIT(REC_DISARM), from, to,
			   "the ref may have been mapped without a record"))
		sure = false;
	if (blind__between(judging->ledger, finding, judging->granter, judging->mapper, end,
			   REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), from, to,
			   "the ref may have been granted again"))
		sure = false;
	if (!blind__clocks_hold(finding, judging->granter, judging->mapper))
		sure = false;
	return sure ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
}

/* The clocks leave open whether @arm is a near miss. */
static void count_close(struct rules *rules, struct arm *arm)
{
	rules->counters.close_ends += !(arm->flags & ARM_CLOSE);
	arm->flags |= ARM_CLOSE;
}

/*
 * @gen ended without a map while it was announced, or shortly before it was. @uses: of @gen, or
 * without a walk yet.
 */
static void judge(struct rules *rules, struct ledger *ledger, struct domain *granter,
		  struct arm *arm, const struct gen *gen, struct gen_uses *uses)
{
	struct miss miss = new_miss(rules, ledger, granter, arm);
	const struct call *call = miss.call;

	if (arm->finding)
		return;
	if (!uses->gen)
		gen_uses__find(ledger, domain__ref(granter, arm->ref), gen, uses);
	miss.over = gen;
	miss.judging.at = gen__end(ledger, gen);
	miss.late =
		ledger__before(ledger, granter->index, miss.judging.at, call->mapper, &call->at);
	miss.judging.newest = miss.late;
	/* The flag covers maps that left the history or may be of another generation. */
	miss.mapped = gen->flags & GEN_MAPPED || uses->may[call->mapper];
	/* If the announcement is late, an earlier map came through another announcement. */
	if (miss.mapped && !miss.late) {
		if (!is_surely_mapped(ledger, &miss, uses))
			count_close(rules, arm);
		return;
	}
	if (!miss.late && let_go(ledger, call, granter, gen)) {
		if (!surely_let_go(ledger, call, granter, gen))
			count_close(rules, arm);
		return;
	}
	report(&miss, gen__owner(granter, arm->ref, gen), fill, weigh);
}

/*
 * Whether @call may have announced @end's generation before its end. An announcement that surely
 * came before the grant is about an older generation. If the clocks leave that open, it is a near
 * miss of this generation or of the older one. near_miss__judge_arm() judges announcements after
 * the end.
 */
static bool is_about(const struct ledger *ledger, const struct call *call,
		     const struct gen_event *end)
{
	const struct gen *gen = end->gen;
	bool adopted = gen->flags & GEN_ADOPTED;
	u32 granter = end->granter->index;

	if (ledger->domains[call->mapper]->domid != gen->peer && gen__is_known(gen))
		return false;
	if (adopted ? span__system(&call->at) > span__system(&end->at)
		    : ledger__before(ledger, call->mapper, &call->at, granter, &gen->grant))
		return false;
	return !ledger__before(ledger, granter, &end->at, call->mapper, &call->at);
}

/*
 * Whether nothing had the ref when @call announced it: no end of an older generation is on record
 * until @first was granted, and neither an end nor a grant is missing. What was announced had ended
 * before the recording.
 */
static bool is_of_none(const struct ledger *ledger, const struct call *call,
		       const struct gen_event *end)
{
	const struct gen *first = end->gen;

	return end->ref >= RESERVED_REFS && first->number == 1 && !(first->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, call->mapper, &call->at, end->granter->index,
			      &first->grant) &&
	       !blind__between(ledger, NULL, end->granter, ledger->domains[call->mapper],
			       &first->grant,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			       &call->at, &first->grant, "");
}

static void fill_none(struct judging *judging, struct finding *finding)
{
	const struct miss *miss = container_of(judging, struct miss, judging);
	const struct span *told = &miss->call->at, *granted = &miss->first->grant;

	fill_mapper(miss, finding);
	finding__evidence(finding, "order",
			  "the mapper announced the ref at %.6f s ± %.3f ms, when it was not "
			  "granted; its first grant on record is at %.6f s ± %.3f ms",
			  (double)span__system(told) / 1e9, (double)span__err(told) / 1e6,
			  (double)span__system(granted) / 1e9, (double)span__err(granted) / 1e6);
	finding__blind(finding, "the generation that was announced ended before the recording");
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* Not if a map came through @arm, which has its own verdict. */
static void judge_none(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
		       struct arm *arm)
{
	struct miss miss = new_miss(rules, ledger, end->granter, arm);

	miss.first = end->gen;
	miss.judging.at = &miss.call->at;
	if (!arm->finding && !was_mapped_by(ledger, domain__ref(end->granter, end->ref), arm))
		report(&miss, KIND_UNKNOWN, fill_none, judging__likely);
}

void near_miss__judge_end(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	const struct ref *ref = domain__ref(end->granter, end->ref);
	struct gen_uses uses = {};
	struct arm *arm;
	u32 nr;

	for (nr = ref->arms; nr; nr = arm->next) {
		arm = arm__at(ledger, nr);
		if (is_about(ledger, call__at(ledger, arm->call), end))
			judge(rules, ledger, end->granter, arm, end->gen, &uses);
		else if (is_of_none(ledger, call__at(ledger, arm->call), end))
			judge_none(rules, ledger, end, arm);
	}
	if (uses.gen)
		gen_uses__done(ledger, ref);
}

/*
 * Returns the newest generation, from @gen back, whose grant is not surely after @call. Grants to
 * other domains do not count: Xen refuses their maps.
 */
static const struct gen *newest_before(const struct ledger *ledger, const struct call *call,
				       const struct domain *granter, const struct gen *gen)
{
	const u16 mapper = ledger->domains[call->mapper]->domid;

	while (gen && gen__is_known(gen) &&
	       (gen->peer != mapper ||
		ledger__before(ledger, call->mapper, &call->at, granter->index, &gen->grant)))
		gen = gen__at(ledger, gen->older);
	return gen;
}

/*
 * Whether @call may have come after @gen's end. Its record came later, so near_miss__judge_end()
 * may not have seen it.
 */
static bool is_behind_end(const struct ledger *ledger, const struct call *call,
			  const struct domain *granter, const struct gen *gen)
{
	const struct span *end;

	if (!gen__ended_well(gen))
		return false;
	end = gen__end(ledger, gen);
	return span__has_in(&call->at)
		       ? !ledger__before(ledger, call->mapper, &call->at, granter->index, end)
		       : span__system(end) <= span__system(&call->at);
}

/*
 * Whether, within the clock error bounds, @call came between the end of an older generation and the
 * grant of @gen.
 */
static bool may_be_older(const struct ledger *ledger, const struct call *call,
			 const struct domain *granter, const struct gen *gen)
{
	const struct gen *older = newest_before(ledger, call, granter, gen__at(ledger, gen->older));

	return !(gen->flags & GEN_ADOPTED) && older &&
	       !ledger__before(ledger, granter->index, &gen->grant, call->mapper, &call->at) &&
	       is_behind_end(ledger, call, granter, older);
}

void near_miss__judge_arm(struct rules *rules, struct ledger *ledger, u32 arm_nr)
{
	struct arm *arm = arm__at(ledger, arm_nr);
	const struct call *call = call__at(ledger, arm->call);
	struct domain *granter = ledger->domains[arm->granter];
	const struct ref *ref = domain__ref(granter, arm->ref);
	const struct gen *gen = newest_before(ledger, call, granter, gen__at(ledger, ref->gen));
	struct gen_uses uses = {};

	if (!granter->feed || !gen)
		return;
	if (is_behind_end(ledger, call, granter, gen))
		judge(rules, ledger, granter, arm, gen, &uses);
	else if (may_be_older(ledger, call, granter, gen))
		count_close(rules, arm);
	if (uses.gen)
		gen_uses__done(ledger, ref);
}

/* --- by the granter's table --- */

/*
 * Marks the calls behind the maps of a ref, until gen_uses__done(). Returns the time until which a
 * map by @mapper of unknown announcement may have been made, 0 none.
 */
static u64 mark_maps(struct ledger *ledger, const struct ref *state, u8 mapper)
{
	const struct map *map;
	u64 until = 0;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status)
			continue;
		if (map->call)
			call__at(ledger, map->call)->marked = true;
		if (map->unlinked && map->mapper == mapper)
			until = max(until, map__surely_from(ledger, map));
	}
	return until;
}

static void count_unknown(struct rules *rules, struct arm *arm)
{
	rules->counters.unlinked += !(arm->flags & ARM_UNKNOWN);
	arm->flags |= ARM_UNKNOWN;
}

static bool is_offered(const struct table_read *read, const struct domain *mapper)
{
	return (read->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT && read->peer == mapper->domid;
}

static void fill_table(struct judging *judging, struct finding *finding)
{
	const struct miss *miss = container_of(judging, struct miss, judging);

	fill_mapper(miss, finding);
	finding__evidence(
		finding, "table",
		"the mapper announced the ref at %.6f s; at %.6f s the entry in d%u's table "
		"was %s; no map was recorded",
		(double)span__system(&miss->call->at) / 1e9,
		(double)span__system(judging->at) / 1e9, judging->granter->domid,
		is_offered(miss->read, judging->mapper) ? "another grant"
							: "no longer granted to the mapper");
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/*
 * Whether @read is surely of a later grant than the one that was announced, and the process has not
 * mapped the announced one.
 */
static bool is_over(const struct ledger *ledger, const struct miss *miss)
{
	const struct table_read *read = miss->read, *before = table_read__at(ledger, read->older);
	const struct call *call = miss->call;

	if (miss->arm->finding || call->mapper != read->reader ||
	    span__in(&read->first) < call->at.out ||
	    (call->closed && call->closed <= read->first.out) || call->marked ||
	    miss->arm->flags & ARM_MAPPED)
		return false;
	/*
	 * Either the older entry was still there after the announcement, or the ref is not offered
	 * to the mapper any more.
	 */
	return !is_offered(read, miss->judging.mapper) || (before && before->last >= call->at.out);
}

void near_miss__judge_table(struct rules *rules, struct ledger *ledger, struct domain *granter,
			    const struct ref *state, const struct table_read *read)
{
	u64 unlinked_until = state->arms ? mark_maps(ledger, state, read->reader) : 0;
	u32 nr;

	for (nr = state->arms; nr; nr = arm__at(ledger, nr)->next) {
		struct miss miss = new_miss(rules, ledger, granter, arm__at(ledger, nr));

		miss.read = read;
		miss.judging.without_order = CERTAINTY_PROVEN + 1;
		miss.judging.at = &read->first;
		/* The evidence is the absence of a map, so no map may be unrecorded. */
		if (!is_over(ledger, &miss) ||
		    blind__within(ledger, NULL, miss.judging.mapper,
				  REC_BIT(REC_MAP) | REC_BIT(REC_ARM) | REC_BIT(REC_DISARM) |
					  REC_BIT(REC_ENTRY),
				  miss.call->at.out, read->first.out, ""))
			continue;
		/* A map of unknown announcement may have come through this one. */
		if (unlinked_until >= miss.call->at.out)
			count_unknown(rules, miss.arm);
		else
			report(&miss, KIND_UNKNOWN, fill_table, judging__proven);
	}
	gen_uses__done(ledger, state);
}
