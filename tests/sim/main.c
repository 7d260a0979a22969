// SPDX-License-Identifier: GPL-2.0
/*
 * Plays schedules and checks the verdicts: every interleaving of the 8- and the 12-step race at
 * small scope, then random ones.
 *
 * 	sim [N]			all interleavings, then N random schedules (200000): always the same
 * 	sim new N		N random schedules, others each time; prints the first seed
 * 	sim soak [SEED]		random schedules until one fails, from SEED on or from a new one
 * 	sim lies SEED		what one guest's lies change of what is found of the other
 * 	sim replay SEED [DIR]	one random schedule, told step by step; its captures as text into
 * 				DIR, from which a case is cut
 */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lies.h"

#define FIRST_SEED  1
#define LIARS	    1000
#define LIVE_EVERY  16 /* interval of schedules that are also judged live */
#define SOAK_EVERY  100000
#define WORKERS_MAX 64

static struct sim sim;

/* --- contents of a schedule --- */

static void set_clocks(struct sim_config *cfg, struct rng *rng, bool honest)
{
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++) {
		cfg->boot[d] = rng__below(rng, 1000000) * 1000ull;
		cfg->drift[d] = (s32)rng__below(rng, 400000) - 200000;
		if (honest)
			continue;
		cfg->no_clock[d] = rng__chance(rng, 5);
		cfg->no_capture[d] = rng__chance(rng, 5);
		cfg->cut[d] = rng__chance(rng, 5);
		cfg->late[d] = rng__chance(rng, 5);
		cfg->damaged[d] = rng__chance(rng, 5);
		cfg->early[d] = rng__chance(rng, 5);
		cfg->late_share[d] = rng__below(rng, 1000);
		cfg->early_share[d] = rng__below(rng, 1000);
	}
}

/* Limits so low that a schedule of some dozens of events reaches them. */
static void set_limits(struct sim_config *cfg, struct rng *rng, bool honest)
{
	cfg->tight = !honest && rng__chance(rng, 10);
	cfg->limits = (struct ledger_limits){.history = 1 + rng__below(rng, 3),
					     .rich_gens = 1 + rng__below(rng, 20),
					     .pending = 4 + rng__below(rng, 40),
					     .postponed = rng__below(rng, 4),
					     .calls = 1 + rng__below(rng, 8),
					     .arms = 1 + rng__below(rng, 4),
					     .maps = 1 + rng__below(rng, 4),
					     .list = 1 + rng__below(rng, 8),
					     .gens = rng__below(rng, 4),
					     .reads = 1,
					     .needed_reads = 1,
					     .lines = rng__below(rng, 4),
					     .guest_domains = SIM_DOMAINS,
					     .guest_chunks = SIM_DOMAINS,
					     .guest_items = 1 + rng__below(rng, 30)};
}

/* A user adds a capture of an earlier boot. */
static void set_boots(struct sim_config *cfg, struct rng *rng, bool honest)
{
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++)
		cfg->other_boot[d] = !honest && rng__chance(rng, 2);
}

void sim_config__random(struct sim_config *cfg, u64 seed)
{
	struct rng rng = {seed * 0x2545f4914f6cdd1dull};
	bool honest = rng__chance(&rng, 60);
	u32 d;

	memset(cfg, 0, sizeof(*cfg));
	cfg->honest = honest;
	cfg->guests = 1 + rng__chance(&rng, 30);
	cfg->mappers = 1 + rng__chance(&rng, 20);
	cfg->refs = 1 + rng__below(&rng, 5);
	cfg->pv[0] = rng__chance(&rng, 50);
	cfg->pv[1] = rng__chance(&rng, 50);
	cfg->moving_frames = rng__chance(&rng, 30);
	cfg->agents = rng__chance(&rng, 90);
	cfg->polite = rng__chance(&rng, 25);
	cfg->killed = !cfg->polite && rng__chance(&rng, 20);
	cfg->disks = rng__chance(&rng, 70);
	cfg->persistent = rng__chance(&rng, 25);
	cfg->user_disk = rng__chance(&rng, 20);
	cfg->nets = rng__chance(&rng, 30);
	cfg->rings = rng__chance(&rng, 30);
	cfg->bad_net = !cfg->polite && rng__chance(&rng, 10);
	cfg->hasty_disk = !cfg->polite && rng__chance(&rng, 20);
	cfg->lets_go = rng__chance(&rng, 30);
	cfg->exports = rng__chance(&rng, 10);
	cfg->doubles = rng__chance(&rng, 5);
	for (d = 0; d <= DEVICE_COPIED; d++)
		cfg->device[d] = rng__chance(&rng, 8);
	cfg->hasty_device = !cfg->polite && rng__chance(&rng, 20);
	cfg->checks_alive = rng__chance(&rng, 30);
	cfg->resets = rng__chance(&rng, 10);
	cfg->steps = 20 + rng__below(&rng, 100);
	cfg->width = honest ? 1000 + rng__below(&rng, 20000) : rng__below(&rng, 3000000);
	cfg->gap = honest ? 400000 : 1000 + rng__below(&rng, 300000);
	cfg->pause = rng__below(&rng, 20000000);
	cfg->jitter = honest ? rng__below(&rng, 1000) : rng__below(&rng, 400000);
	cfg->flush = 2000000 + rng__below(&rng, 30000000);
	cfg->loss = honest || rng__chance(&rng, 50) ? 0 : rng__below(&rng, 200);
	cfg->no_entry = honest || rng__chance(&rng, 70) ? 0 : rng__below(&rng, 100);
	set_clocks(cfg, &rng, honest);
	cfg->device[DEVICE_COPIED_BY_PROCESS] = rng__chance(&rng, 8);
	cfg->second_disk = cfg->disks && rng__chance(&rng, 25);
	cfg->second_persistent = rng__chance(&rng, 40);
	set_limits(cfg, &rng, honest);
	set_boots(cfg, &rng, honest);
	cfg->plugged = rng__chance(&rng, 50);
	cfg->readonly = rng__chance(&rng, 30);
	cfg->strangers = rng__chance(&rng, 3);
	cfg->doubles |= cfg->strangers;
	cfg->odd_rings = rng__chance(&rng, 10);
	if (cfg->tight && rng__chance(&rng, 50))
		cfg->history_bytes = 200 + rng__below(&rng, 3000);
}

/* --- the world of a schedule --- */

static struct actor *add(struct sim *s, const struct role *role, u32 guest, u32 mapper)
{
	struct actor *actor = &s->actor[s->nr_actors++];

	actor->role = role;
	actor->guest = guest;
	actor->mapper = mapper;
	return actor;
}

static void add_pair(struct sim *s, const struct role *front, const struct role *back, u32 guest,
		     u32 mapper)
{
	struct actor *a = add(s, front, guest, mapper), *b = add(s, back, guest, mapper);

	a->peer = (u32)(b - s->actor);
	b->peer = (u32)(a - s->actor);
}

static void init_guest(struct sim *s, u32 g)
{
	struct guest *guest = &s->guest[g];
	u32 i;

	guest->domid = (u16)(5 + g);
	guest->index = g;
	guest->pv = s->cfg.pv[g];
	for (i = 0; i < s->cfg.refs; i++)
		guest->free[guest->nr_free++] = FIRST_REF + i;
	for (i = 0; i < SIM_FRAMES; i++) {
		guest->frames[guest->nr_frames++] = i;
		guest->p2m[i] = 0x1000 * (g + 1) + (i * 7) % SIM_FRAMES;
	}
}

static void add_actors(struct sim *s, u32 g)
{
	const struct sim_config *cfg = &s->cfg;
	u32 m = cfg->mappers > 1 ? rng__below(&s->rng, 2) : 0;
	struct actor *net;
	u32 i;

	add(s, &role_timer, g, 0);
	if (cfg->agents)
		add_pair(s, &role_agent, &role_daemon, g, 0);
	if (cfg->agents && !s->exhaustive && rng__chance(&s->rng, 40))
		add_pair(s, &role_agent, &role_daemon, g, 0);
	if (cfg->exports)
		add_pair(s, &role_agent, &role_exporter, g, 0);
	for (i = 0; i < DEVICE_MAX; i++) {
		if (!cfg->device[i])
			continue;
		add_pair(s, &role_front, &role_back, g, m);
		s->actor[s->nr_actors - 2].device = i;
		s->actor[s->nr_actors - 1].device = i;
	}
	if (cfg->disks)
		add_pair(s, &role_blkfront,
			 cfg->user_disk && !cfg->persistent ? &role_qemu : &role_blkback, g, m);
	if (cfg->second_disk) {
		add_pair(s, &role_blkfront, &role_blkback, g, m);
		s->actor[s->nr_actors - 2].disk = 1;
		s->actor[s->nr_actors - 1].disk = 1;
	}
	if (cfg->nets) {
		add_pair(s, &role_netfront, &role_netback, g, m);
		net = &s->actor[s->nr_actors - 2];
		for (i = 0; i < 2; i++)
			net->pool[net->nr_pool++] = FIRST_REF + SIM_REFS - 1 - i;
	}
	if (cfg->doubles)
		add(s, &role_doubler, g, m);
	if (cfg->rings)
		add_pair(s, &role_ring, &role_ringback, g, m);
	if (cfg->odd_rings) {
		add_pair(s, &role_ring, &role_ringback, g, m);
		s->actor[s->nr_actors - 2].odd = s->actor[s->nr_actors - 1].odd = true;
	}
	if (cfg->moving_frames && !s->exhaustive)
		add(s, &role_mover, g, 0);
	if (cfg->resets)
		add(s, &role_resetter, g, 0);
}

void sim__init(struct sim *s, const struct sim_config *cfg, u64 seed)
{
	u32 i, m;

	memset(s, 0, offsetof(struct sim, event));
	s->nr_events = 0;
	s->unclean = false;
	s->cfg = *cfg;
	s->rng.state = seed;
	s->now = 2000 * NSEC_PER_SEC;
	for (m = 0; m < 2; m++) {
		s->mapper[m].domid = m ? 7 : 0;
		for (i = 0; i < 64; i++)
			s->mapper[m].handles[s->mapper[m].nr_handles++] = 63 - i;
	}
	for (i = 0; i < cfg->guests; i++) {
		init_guest(s, i);
		add_actors(s, i);
	}
}

u32 sim__choose(struct sim *s, u32 n)
{
	u32 choice;

	if (!s->exhaustive)
		return rng__below(&s->rng, n);
	choice = s->nr_choices < s->max_choices ? s->choice[s->nr_choices] : 0;
	s->choice[s->nr_choices] = choice;
	s->options[s->nr_choices++] = n;
	return choice;
}

/* One step of an actor that can act. Returns false if none can. */
static bool sim__step(struct sim *s)
{
	u32 i, nr = 0, ready[SIM_ACTORS];
	u64 soonest = UINT64_MAX;

	for (i = 0; i < s->nr_actors; i++) {
		struct actor *actor = &s->actor[i];

		if (!actor->role->ready(s, actor) || actor->stopped)
			continue;
		soonest = min(soonest, actor->wake);
		if (actor->wake <= s->now)
			ready[nr++] = i;
	}
	if (soonest == UINT64_MAX)
		return false;
	if (!nr) {
		s->now = soonest;
		return true;
	}
	i = nr > 1 ? ready[sim__choose(s, nr)] : ready[0];
	s->actor[i].role->step(s, &s->actor[i]);
	return true;
}

void sim__run(struct sim *s)
{
	u32 i;

	for (i = 0; i < 4 * s->cfg.steps && s->nr_events < s->cfg.steps; i++)
		if (!sim__step(s))
			return;
}

/* --- telling --- */

static void tell(const struct sim *s)
{
	static const char *const truths[] = {"",	"ok",	"STALE", "refused",
					     "blocked", "miss", "freed", "lost"};
	u32 i, k;

	for (i = 0; i < s->nr_events; i++) {
		const struct sim_event *e = &s->event[i];

		printf("# %11.6f ms d%u type %u%s", (double)(e->effect - 2000 * NSEC_PER_SEC) / 1e6,
		       record__domid(s, e->domain), e->type,
		       e->lost	   ? " LOST"
		       : e->before ? " BEFORE"
		       : e->after  ? " AFTER"
				   : "");
		for (k = 0; k < e->nr; k++)
			printf(" d%u ref %u gen %u told %u %s%s handle %u frame %llx", e->granter,
			       e->ref[k], e->gen[k], e->told[k], truths[e->truth[k]],
			       e->visible[k]  ? " visible"
			       : e->hidden[k] ? " hidden"
					      : "",
			       e->handle[k], (unsigned long long)e->frame[k]);
		printf(" ok %u file %u stack %u in -%u out +%u mono %llu\n", e->ok, e->file,
		       e->stack, (u32)(e->effect - e->in), (u32)(e->out - e->effect),
		       (unsigned long long)record__mono(s, e->domain, e->out));
	}
}

/* Writes the captures of the last schedule, as text for a case. */
static bool dump_captures(const char *dir)
{
	char path[300];
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++) {
		FILE *out;

		if (!check__has_capture(&sim, d))
			continue;
		snprintf(path, sizeof(path), "%s/d%u.txt", dir, record__domid(&sim, d));
		out = fopen(path, "w");
		if (!out) {
			perror(path);
			return false;
		}
		check__print_capture(out, d);
		fclose(out);
	}
	return true;
}

static const char *play(u64 seed, bool live, bool verbose)
{
	struct sim_config cfg;
	const char *wrong;

	sim_config__random(&cfg, seed);
	sim__init(&sim, &cfg, seed * 31);
	sim__run(&sim);
	wrong = check__run(&sim, live, verbose);
	if (verbose)
		tell(&sim);
	return wrong;
}

static const char *play_lies(u64 seed, bool live, bool verbose)
{
	return lies__play(&sim, seed, verbose);
}

/* --- modes --- */

/* Plays the schedule of @seed. Returns NULL, or what is wrong with the verdict. */
typedef const char *player(u64 seed, bool live, bool verbose);

/* A guest and dom0 with precise clocks and without losses. */
static struct sim_config small_scope(u32 refs)
{
	return (struct sim_config){.guests = 1,
				   .mappers = 1,
				   .refs = refs,
				   .disks = true,
				   .honest = true,
				   .steps = 40,
				   .gap = 400000,
				   .width = 20000,
				   .jitter = 500,
				   .flush = 5000000,
				   .pv = {true, true}};
}

static struct sim_config race(u32 refs, bool killed)
{
	struct sim_config cfg = small_scope(refs);

	cfg.agents = true;
	cfg.killed = cfg.checks_alive = killed;
	return cfg;
}

static struct sim_config double_free(u32 refs)
{
	struct sim_config cfg = small_scope(refs);

	cfg.doubles = true;
	return cfg;
}

static struct sim_config late_copy(u32 refs)
{
	struct sim_config cfg = small_scope(refs);

	cfg.device[DEVICE_COPIED] = cfg.hasty_device = true;
	return cfg;
}

/* Plays every order of the actors' steps. Returns whether all verdicts were right. */
static bool exhaust(const char *name, u32 number, struct sim_config cfg)
{
	static u32 choice[200], options[200];
	const char *wrong = NULL;
	u32 runs = 0;

	memset(choice, 0, sizeof(choice));
	for (;;) {
		sim.exhaustive = true;
		sim__init(&sim, &cfg, 7);
		sim.exhaustive = true;
		sim.choice = choice;
		sim.options = options;
		sim.max_choices = 200;
		sim.nr_choices = 0;
		sim__run(&sim);
		runs++;
		wrong = check__run(&sim, runs % 64 == 0, false);
		if (wrong)
			break;
		/* Advances the choices like an odometer: later ones start again. */
		while (sim.nr_choices &&
		       choice[sim.nr_choices - 1] + 1 == options[sim.nr_choices - 1])
			sim.nr_choices--;
		if (!sim.nr_choices)
			break;
		choice[sim.nr_choices - 1]++;
		memset(&choice[sim.nr_choices], 0,
		       sizeof(choice) - sim.nr_choices * sizeof(*choice));
	}
	sim.exhaustive = false;
	if (wrong) {
		printf("# %s\n", wrong);
		tell(&sim);
	}
	printf("%sok %u - sim: every interleaving of %s, %u refs (%u schedules)\n",
	       wrong ? "not " : "", number, name, cfg.refs, runs);
	return wrong == NULL;
}

/* Worker i plays every nr'th seed, so the set of seeds does not depend on the number of workers. */
static u32 nr_workers(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 1 ? 1 : cpus > WORKERS_MAX ? WORKERS_MAX : (u32)cpus;
}

static void say_wrong(player *play_one, u64 seed, const char *what)
{
	printf("# seed %" PRIu64 ": %s\n#   build/tests/sim/test_sim %s %" PRIu64 "\n", seed, what,
	       play_one == play ? "replay" : "lies", seed);
}

/*
 * Plays the seeds @from + @i for every @step'th @i below @nr (0: without end) until @most were
 * wrong. Returns the number of wrong ones.
 */
static u64 *playing; /* current seed by worker, in shared memory, for workers that crash */

static u32 work(player *play_one, u64 from, u64 first, u64 step, u64 nr, u32 most)
{
	u32 bad = 0;
	u64 i;

	for (i = first; (!nr || i < nr) && bad < most; i += step) {
		const char *wrong;

		playing[first] = from + i;
		wrong = play_one(from + i, i % LIVE_EVERY == 0, false);

		if (wrong) {
			say_wrong(play_one, from + i, wrong);
			bad++;
		}
		if (!nr && i % SOAK_EVERY == SOAK_EVERY - 1)
			printf("%" PRIu64 " schedules\n", i + 1);
		if (wrong || !nr)
			fflush(stdout);
	}
	return bad;
}

/*
 * Waits for all workers; with @any, the first that finds an error ends the others. Returns whether
 * nothing was wrong.
 */
static bool gather(player *play_one, const pid_t *pid, u32 nr, bool any)
{
	bool ok = true;
	u32 left, i;
	int status;

	for (left = nr; left; left--) {
		pid_t done = wait(&status);

		if (done < 0)
			return false;
		for (i = 0; i < nr && pid[i] != done; i++)
			;
		if (WIFSIGNALED(status) && i < nr && WTERMSIG(status) != SIGTERM)
			say_wrong(play_one, playing[i], strsignal(WTERMSIG(status)));
		ok &= WIFEXITED(status) && !WEXITSTATUS(status);
		for (i = 0; i < nr && any && !ok && left == nr; i++)
			kill(pid[i], SIGTERM);
	}
	return ok;
}

/* Plays on all cores, in processes with memory of their own. */
static bool in_parallel(player *play_one, u64 from, u64 nr, u32 most)
{
	u32 workers = nr_workers(), i;
	pid_t pid[WORKERS_MAX];

	playing = mmap(NULL, WORKERS_MAX * sizeof(*playing), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (playing == MAP_FAILED) {
		perror("mmap");
		return false;
	}
	fflush(stdout);
	for (i = 0; i < workers; i++) {
		pid[i] = fork();
		if (pid[i] < 0) {
			perror("fork");
			return false;
		}
		if (!pid[i])
			exit(work(play_one, from, i, workers, nr, most) != 0);
	}
	return gather(play_one, pid, workers, !nr);
}

static bool random_runs(u32 number, u64 from, u32 nr)
{
	bool ok = !nr || in_parallel(play, from, nr, 3);

	printf("%sok %u - sim: %u random schedules from seed %" PRIu64 "\n", ok ? "" : "not ",
	       number, nr, from);
	return ok;
}

static bool lying_runs(u32 number)
{
	bool ok = in_parallel(play_lies, FIRST_SEED, LIARS, 3);

	printf("%sok %u - sim: %u guests that lie change nothing that is found of others\n",
	       ok ? "" : "not ", number, LIARS);
	return ok;
}

int main(int argc, char **argv)
{
	u32 nr = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 200000;
	u64 fresh = (u64)time(NULL) << 20;
	bool ok = true;

	/* Memory that one schedule frees serves the next, without system calls. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);

	if (argc > 1 && !strcmp(argv[1], "soak")) {
		if (argc > 2)
			fresh = strtoull(argv[2], NULL, 10);
		printf("from seed %" PRIu64 "\n", fresh);
		return !in_parallel(play, fresh, 0, 1);
	}
	if (argc > 2 && !strcmp(argv[1], "new")) {
		printf("1..1\n");
		return !random_runs(1, fresh, (u32)strtoul(argv[2], NULL, 10));
	}
	if (argc > 2 && !strcmp(argv[1], "replay")) {
		const char *wrong = play(strtoull(argv[2], NULL, 10), true, true);

		printf("%s\n", wrong ? wrong : "fine");
		return (argc > 3 && !dump_captures(argv[3])) || wrong;
	}
	if (argc > 2 && !strcmp(argv[1], "lies")) {
		const char *wrong = play_lies(strtoull(argv[2], NULL, 10), true, true);

		printf("%s\n", wrong ? wrong : "fine");
		return wrong != NULL;
	}
	printf("1..10\n");
	ok &= exhaust("the 8-step race", 1, race(1, false));
	ok &= exhaust("the 8-step race", 2, race(2, false));
	ok &= exhaust("the 12-step race", 3, race(1, true));
	ok &= exhaust("the 12-step race", 4, race(2, true));
	ok &= exhaust("a double free beside a disk", 5, double_free(1));
	ok &= exhaust("a double free beside a disk", 6, double_free(2));
	ok &= exhaust("a late copy beside a disk", 7, late_copy(1));
	ok &= exhaust("a late copy beside a disk", 8, late_copy(2));
	ok &= random_runs(9, FIRST_SEED, nr);
	ok &= lying_runs(10);
	return !ok;
}
