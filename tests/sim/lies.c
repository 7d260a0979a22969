// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/writer.h"
#include "capture/stream.h"
#include "lies.h"
#include "memory.h"
#include "rules/rules.h"

#define HONEST	   0 /* index of d5 */
#define LIAR	   1 /* index of d6 */
#define DOM0	   SIM_GUESTS
#define TRUTH	   (MEMORY_MAX - 1) /* where its true capture is kept */
#define ROUNDS	   4
#define WILD_TIME  (20 * NSEC_PER_SEC)
#define MORE_TIMES 8 /* a record is repeated at most */

static struct sim_config config(u64 seed)
{
	struct sim_config chosen, cfg;

	sim_config__random(&chosen, seed);
	cfg = (struct sim_config){.guests = 2,
				  .mappers = 1,
				  .refs = chosen.refs,
				  .pv = {chosen.pv[0], chosen.pv[1]},
				  .agents = true,
				  .polite = chosen.polite,
				  .killed = chosen.killed,
				  .checks_alive = chosen.checks_alive,
				  .disks = chosen.disks,
				  .nets = chosen.nets,
				  .honest = true,
				  .steps = chosen.steps,
				  .gap = 400000,
				  .width = 20000,
				  .pause = chosen.pause,
				  .jitter = 1000,
				  .flush = chosen.flush};
	memcpy(cfg.boot, chosen.boot, sizeof(cfg.boot));
	memcpy(cfg.drift, chosen.drift, sizeof(cfg.drift));
	return cfg;
}

/* --- lies --- */

struct liar {
	struct rng rng;
	struct capture_writer *writer;
	/* a copy of the record that is being written */
	union {
		struct rec h;
		struct rec_event event;
		struct rec_batch batch;
		u64 word[RECORD_MAX / sizeof(u64)];
	} rec;
};

static u64 any_word(struct liar *liar)
{
	return (u64)rng__next(&liar->rng) << 32 | rng__next(&liar->rng);
}

/* Mostly one of those that there are: what names nobody harms nobody. */
static u16 any_domid(struct liar *liar)
{
	static const u16 known[] = {0, 5, 6, 7, DOMID_UNKNOWN};

	return rng__chance(&liar->rng, 90) ? known[rng__below(&liar->rng, ARRAY_SIZE(known))]
					   : (u16)rng__next(&liar->rng);
}

static u32 any_ref(struct liar *liar)
{
	return rng__chance(&liar->rng, 90) ? FIRST_REF + rng__below(&liar->rng, SIM_REFS)
					   : rng__next(&liar->rng);
}

static bool is_event(const struct rec *rec)
{
	return rec->type >= REC_EVENT_FIRST && rec->type < REC_TYPE_MAX;
}

static void lie_of_a_word(struct liar *liar)
{
	u32 words = liar->rec.h.len / sizeof(u64);

	if (words > 1)
		liar->rec.word[1 + rng__below(&liar->rng, words - 1)] = any_word(liar);
}

static void lie_of_time(struct liar *liar)
{
	struct rec_event *event = &liar->rec.event;

	if (!is_event(&liar->rec.h))
		return;
	event->t_out += any_word(liar) % (2 * WILD_TIME) - WILD_TIME;
	if (rng__chance(&liar->rng, 50))
		event->t_in = event->t_out - any_word(liar) % WILD_TIME;
}

/* Of somebody else's ref, or of another of its own. */
static void lie_of_ref(struct liar *liar)
{
	struct rec_batch *batch = &liar->rec.batch;
	struct rec *rec = &liar->rec.h;

	if (rec->type == REC_GRANT) {
		struct rec_grant *grant = (void *)rec;

		grant->ref = any_ref(liar);
		grant->peer = any_domid(liar);
	} else if (is_event(rec) && rec->type < REC_ARM) {
		((struct rec_ref *)(void *)rec)->ref = any_ref(liar);
	} else if (rec->type == REC_MAP && batch->nr) {
		struct op_map *op = (void *)(batch + 1);

		op->granter = any_domid(liar);
		op->ref = any_ref(liar);
		op->status =
			(s16)(rng__chance(&liar->rng, 70) ? 0 : -(s16)rng__below(&liar->rng, 12));
		op->frame = 0x1000 * (1 + rng__below(&liar->rng, 2)) + rng__below(&liar->rng, 20);
	} else if (rec->type == REC_ARM && batch->nr) {
		struct op_arm *op = (void *)(batch + 1);

		op->granter = any_domid(liar);
		op->ref = any_ref(liar);
	}
}

static void lie_of_type(struct liar *liar)
{
	liar->rec.h.type = (u8)rng__below(&liar->rng, REC_TYPE_MAX + 2);
	liar->rec.h.flags = (u8)rng__next(&liar->rng);
}

static void lie_of_oneself(struct liar *liar)
{
	static const char *const lies[][2] = {
		{"domid", "5"},		{"domid", "0"},
		{"role", "dom0"},	{"guest_type", "PV"},
		{"guest_type", "PVH"},	{"boot_time", "12"},
		{"xen_build", "never"}, {"vbd.51712.persistent", "yes"},
		{"uuid", "0"},		{"clocksource", "hpet"}};
	u32 i = rng__below(&liar->rng, ARRAY_SIZE(lies));

	capture_writer__fact(liar->writer, any_word(liar) % WILD_TIME, lies[i][0], lies[i][1]);
}

static void lie_of_losses(struct liar *liar)
{
	struct rec_loss loss = {.h.type = REC_LOSS,
				.since = any_word(liar) >> rng__below(&liar->rng, 40),
				.until = any_word(liar) >> rng__below(&liar->rng, 40),
				.count = any_word(liar) >> rng__below(&liar->rng, 64),
				.kind = rng__below(&liar->rng, 8),
				.events = rng__next(&liar->rng)};

	capture_writer__add(liar->writer, &loss, sizeof(loss), NULL, 0);
}

static void lie_of_the_clock(struct liar *liar)
{
	struct rec_clock clock = {.h.type = REC_CLOCK,
				  .mono = any_word(liar) >> rng__below(&liar->rng, 40),
				  .tsc0 = any_word(liar) >> rng__below(&liar->rng, 40),
				  .tsc1 = any_word(liar) >> rng__below(&liar->rng, 40),
				  .tsc_timestamp = any_word(liar) >> rng__below(&liar->rng, 64),
				  .system_time = any_word(liar) >> rng__below(&liar->rng, 64),
				  .mul = rng__next(&liar->rng),
				  .shift = (s32)rng__below(&liar->rng, 80) - 40};

	capture_writer__add(liar->writer, &clock, sizeof(clock), NULL, 0);
}

static void write_record(struct liar *liar)
{
	capture_writer__add(liar->writer, &liar->rec, liar->rec.h.len, NULL, 0);
}

static void repeat(struct liar *liar)
{
	u32 times = rng__below(&liar->rng, MORE_TIMES);

	while (times--)
		write_record(liar);
}

static void tell_record(struct liar *liar, u32 percent)
{
	/* Of refs more often than of anything else. */
	static void (*const lies[])(struct liar *) = {
		lie_of_ref,  lie_of_ref,     lie_of_ref,    lie_of_a_word,    lie_of_time,
		lie_of_type, lie_of_oneself, lie_of_losses, lie_of_the_clock, repeat};

	if (rng__chance(&liar->rng, percent))
		lies[rng__below(&liar->rng, ARRAY_SIZE(lies))](liar);
	/* Or it says nothing of what it did. */
	if (!rng__chance(&liar->rng, percent / 4))
		write_record(liar);
}

static u64 tell_mark(struct liar *liar, u64 mark)
{
	return rng__chance(&liar->rng, 3) ? any_word(liar) >> rng__below(&liar->rng, 40) : mark;
}

/* In place of d6's capture. The true one is kept at TRUTH. */
static void tell_lies(const struct sim *sim, u32 round)
{
	struct liar liar = {.rng.state = sim->rng.state + round};
	u32 percent = 1 + rng__below(&liar.rng, 60);
	enum stream_status status;
	struct capture_stream stream;
	const struct rec *rec;

	memory__rewind(TRUTH, SIZE_MAX, false);
	memory__clear(LIAR);
	if (capture_stream__init(&stream, memory__fd(TRUTH)))
		abort();
	liar.writer = capture_writer__new(memory__fd(LIAR));
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		if (status == STREAM_BAD)
			abort();
		if (status == STREAM_MARK) {
			capture_writer__flush(liar.writer,
					      tell_mark(&liar, stream.block.watermark));
			continue;
		}
		memcpy(&liar.rec, rec, rec->len);
		tell_record(&liar, percent);
	}
	capture_writer__free(liar.writer);
	capture_stream__cleanup(&stream);
}

/* --- what is found of the others --- */

static int by_cause(const void *a, const void *b)
{
	const struct finding *const *x = a, *const *y = b;

	if ((*x)->class != (*y)->class)
		return (*x)->class < (*y)->class ? -1 : 1;
	return (*x)->when < (*y)->when ? -1 : (*x)->when > (*y)->when;
}

/*
 * The verdict. How much of the history was known when it was judged depends on how far all captures
 * had been read, and with it whether another mapper of the page (identity) was.
 */
static void print_verdict(FILE *out, const struct finding *finding)
{
	u32 i;

	fprintf(out, "%s %s ref %u generation %u told %u count %llu at %llu outcome %s\n",
		class__id(finding->class), certainty__name(finding->certainty), finding->ref,
		finding->generation, finding->told_generation, (unsigned long long)finding->count,
		(unsigned long long)finding->when, finding->outcome_text);
	for (i = 0; i < finding->nr_evidence; i++)
		if (strcmp(finding->evidence[i].rule, "identity"))
			fprintf(out, "  %s: %s\n", finding->evidence[i].rule,
				finding->evidence[i].text);
}

/* The verdicts about d5 and dom0. The caller frees the text. */
static char *judge(const struct sim *sim, bool live)
{
	struct pipeline *pipeline = check__pipeline(sim, live);
	struct findings *findings = rules__findings(pipeline->rules);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	qsort(findings->item, findings->nr, sizeof(findings->item[0]), by_cause);
	for (i = 0; i < findings->nr; i++)
		if (!findings->item[i]->gone &&
		    findings->item[i]->granter == record__domid(sim, HONEST) &&
		    findings->item[i]->mapper == record__domid(sim, DOM0))
			print_verdict(out, findings->item[i]);
	fclose(out);
	pipeline__free(pipeline);
	return text;
}

static bool differs(const struct sim *sim, const char *want, bool live, bool verbose)
{
	char *got = judge(sim, live);
	bool differ = strcmp(want, got);

	if (differ && verbose)
		printf("# without d6:\n%s# with it:\n%s", want, got);
	free(got);
	return differ;
}

const char *lies__play(struct sim *sim, u64 seed, bool verbose)
{
	const struct sim_config cfg = config(seed);
	const char *wrong = NULL;
	char *want;
	u32 round;

	sim__init(sim, &cfg, seed * 31);
	sim__run(sim);

	record__write(sim, HONEST);
	record__write(sim, DOM0);
	record__write(sim, LIAR);
	memory__copy(TRUTH, LIAR);
	sim->cfg.no_capture[LIAR] = true;
	want = judge(sim, false);
	sim->cfg.no_capture[LIAR] = false;
	if (differs(sim, want, false, verbose))
		wrong = "d6's capture changes what is found of d5";
	for (round = 0; round < ROUNDS && !wrong; round++) {
		tell_lies(sim, round);
		if (differs(sim, want, round & 1, verbose))
			wrong = "d6's lies change what is found of d5";
	}
	free(want);
	return wrong;
}
