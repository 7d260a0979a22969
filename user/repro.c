// SPDX-License-Identifier: GPL-2.0
/*
 * grantwatch repro: share, map and free pages in a scripted order, for two domains or within one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "repro/crew.h"
#include "repro/scenarios.h"
#include "util/log.h"
#include "util/output.h"
#include "util/monotonic.h"
#include "util/xen_abi.h"

#define SCRIPT_SIZE   65536
#define NO_PEER	      UINT32_MAX
#define LIMIT_DEFAULT 120

/* The sides that run here: enum side, or both. */
enum role { ROLE_GRANTER = SIDE_GRANTER, ROLE_MAPPER = SIDE_MAPPER, ROLE_BOTH };

static const char *const role_names[] = {
	[ROLE_GRANTER] = "granter",
	[ROLE_MAPPER] = "mapper",
	[ROLE_BOTH] = "both",
	NULL,
};

struct repro_config {
	bool list, json;
	const char *script_file, *steps;
	const char *channel, *cues;
	enum role role;
	struct output_config output;
	const char *name[NR_SIDES];
	const char *disk;
	u32 peer, pages, repeat, every, limit;
};

static const struct opt repro_opts[] = {
	{.name = "list",
	 .letter = 'l',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct repro_config, list),
	 .help = "show the scenarios and their steps"},
	{.name = "script",
	 .letter = 's',
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, script_file),
	 .metavar = "FILE",
	 .help = "play the script in FILE; - is standard input"},
	{.name = "steps",
	 .letter = 'e',
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, steps),
	 .metavar = "STEPS",
	 .help = "play these steps, separated by ';'"},
	{.name = "role",
	 .letter = 'r',
	 .type = OPT_ENUM,
	 .names = role_names,
	 .offset = offsetof(struct repro_config, role),
	 .metavar = "ROLE",
	 .help = "granter, mapper, or both (default): which side is here"},
	{.name = "peer",
	 .letter = 'p',
	 .type = OPT_U32,
	 .offset = offsetof(struct repro_config, peer),
	 .metavar = "DOMID",
	 .help = "the other side's domain; with both roles, this one",
	 .max = DOMID_FIRST_RESERVED - 1},
	{.name = "channel",
	 .letter = 'c',
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, channel),
	 .metavar = "WHERE",
	 .help = "stdio or xenstore:PATH: how the two sides reach each other"},
	{.name = "cues",
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, cues),
	 .metavar = "WHERE",
	 .help = "stdin (default), dir:DIR or xenstore:PATH: where cues come from"},
	{.name = "disk",
	 .letter = 'd',
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, disk),
	 .metavar = "DEVICE",
	 .help = "what the step 'read' reads; a race makes the domain LOSE it until it restarts"},
	{.name = "pages",
	 .letter = 'n',
	 .type = OPT_U32,
	 .offset = offsetof(struct repro_config, pages),
	 .metavar = "PAGES",
	 .help = "size of every window, instead of the script's",
	 .min = 1,
	 .max = WINDOW_MAX},
	{.name = "repeat",
	 .type = OPT_U32,
	 .offset = offsetof(struct repro_config, repeat),
	 .metavar = "COUNT",
	 .help = "play the script so many times",
	 .min = 1,
	 .max = 1000000},
	{.name = "every",
	 .type = OPT_U32,
	 .offset = offsetof(struct repro_config, every),
	 .metavar = "MS",
	 .help = "begin a round every so many milliseconds",
	 .min = 1,
	 .max = 86400000},
	{.name = "limit",
	 .type = OPT_TIME,
	 .offset = offsetof(struct repro_config, limit),
	 .metavar = "TIME",
	 .help = "how long a step may take beyond its own words (default 120)",
	 .min = 1,
	 .max = 86400},
	{.name = "granter-name",
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, name[SIDE_GRANTER]),
	 .metavar = "COMM",
	 .help = "name of the granter's processes (default gw-granter)"},
	{.name = "mapper-name",
	 .type = OPT_STRING,
	 .offset = offsetof(struct repro_config, name[SIDE_MAPPER]),
	 .metavar = "COMM",
	 .help = "name of the mapper's processes (default gw-mapper)"},
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct repro_config, json),
	 .help = "one JSON object a line"},
	OUTPUT_OPT(
		struct repro_config, output,
		"write the report to FILE, which must be new; default is standard output, with --channel stdio standard error"),
	OUTPUT_FORCE_OPT(struct repro_config, output),
};

/* ---- the script ---- */

static int read_script(const char *name, char *text, size_t size)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	size_t len;
	int err = 0;

	if (!file) {
		pr_err("%s: %s", name, strerror(errno));
		return -errno;
	}
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	if (ferror(file) || strlen(text) != len || !feof(file)) {
		pr_err("%s: cannot be read, is no text, or has more than %zu bytes", name,
		       size - 1);
		err = -EINVAL;
	}
	if (file != stdin)
		fclose(file);
	return err;
}

static int load_script(struct repro_config *cfg, const char *scenario_name, struct script *script)
{
	const struct scenario *scenario;
	static char text[SCRIPT_SIZE];

	if (!!scenario_name + !!cfg->script_file + !!cfg->steps != 1) {
		pr_err("repro takes a scenario, --script or --steps; 'grantwatch repro --list' "
		       "shows the "
		       "scenarios");
		return -EINVAL;
	}
	if (cfg->steps)
		return script__parse(script, "--steps", cfg->steps);
	if (cfg->script_file)
		return read_script(cfg->script_file, text, sizeof(text))
			       ? -EINVAL
			       : script__parse(script, cfg->script_file, text);
	scenario = scenario__find(scenario_name);
	if (scenario)
		return script__parse(script, scenario->name, scenario->script);
	pr_err("no scenario '%s'; 'grantwatch repro --list' shows them", scenario_name);
	return -EINVAL;
}

static void adjust_script(const struct repro_config *cfg, struct script *script)
{
	if (cfg->pages)
		script__set_pages(script, cfg->pages);
	if (cfg->repeat)
		script->repeat = cfg->repeat;
	if (cfg->every)
		script->every = cfg->every * NSEC_PER_MSEC;
}

/* ---- set-up ---- */

struct setup {
	bool here[NR_SIDES];
	bool stdio; /* standard input and output belong to the channel */
	struct crew crew;
	struct player player;
	struct repro_report report;
	struct script script;
};

static int set_role(struct setup *setup, const struct repro_config *cfg)
{
	unsigned int i;
	bool both = cfg->role == ROLE_BOTH;

	for (i = 0; i < NR_SIDES; i++)
		setup->here[i] = both || cfg->role == (enum role)i;
	if (both && cfg->channel)
		pr_err("both roles are in this process: leave out --channel, or give a --role");
	else if (!both && !cfg->channel)
		pr_err("--role %s needs a --channel to the other side", role_names[cfg->role]);
	else if (!both && cfg->peer == NO_PEER)
		pr_err("--role %s needs the other side's domain: --peer DOMID",
		       role_names[cfg->role]);
	else
		return 0;
	return -EINVAL;
}

static int check_devices(const struct setup *setup)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < NR_SIDES && !err; i++)
		if (setup->here[i])
			err = device__check((enum side)i);
	return err;
}

static int set_peer(struct setup *setup, const struct repro_config *cfg)
{
	int domid = cfg->peer == NO_PEER ? device__own_domid() : (int)cfg->peer;

	if (domid < 0) {
		pr_err("xenstore has no domid for this domain: give --peer");
		return domid;
	}
	setup->crew.peer[SIDE_GRANTER] = setup->crew.peer[SIDE_MAPPER] = (u32)domid;
	return 0;
}

static int open_channel(struct setup *setup, const struct repro_config *cfg)
{
	enum side side = setup->here[SIDE_GRANTER] ? SIDE_GRANTER : SIDE_MAPPER;

	if (!cfg->channel)
		return 0;
	if (!strcmp(cfg->channel, "stdio")) {
		setup->stdio = true;
		setup->player.channel = channel__open_fds(side, STDIN_FILENO, STDOUT_FILENO);
	} else if (!strncmp(cfg->channel, "xenstore:", 9)) {
		setup->player.channel = channel__open_xenstore(side, cfg->channel + 9);
	} else {
		pr_err("--channel is stdio or xenstore:PATH, not '%s'", cfg->channel);
	}
	return setup->player.channel ? 0 : -EIO;
}

static int open_cues(struct setup *setup, const struct repro_config *cfg)
{
	if (!script__uses(&setup->script, VERB_CUE) && !script__uses(&setup->script, VERB_AWAIT))
		return 0;
	if (setup->stdio && !strcmp(cfg->cues, "stdin")) {
		pr_err("standard input belongs to the channel: give --cues dir:DIR or "
		       "xenstore:PATH");
		return -EINVAL;
	}
	setup->crew.cues = cues__open(cfg->cues);
	return setup->crew.cues ? 0 : -EIO;
}

static int open_disk(struct setup *setup, const struct repro_config *cfg)
{
	if (!script__uses(&setup->script, VERB_READ) || !setup->here[SIDE_GRANTER])
		return 0;
	if (!cfg->disk) {
		pr_err("this script keeps a disk of the granter's domain busy: name one with --disk. A race disables the disk until the domain restarts; its data stay");
		return -EINVAL;
	}
	setup->crew.disk = disk__open(cfg->disk);
	return setup->crew.disk ? 0 : -EIO;
}

static int open_output(struct setup *setup, const struct repro_config *cfg)
{
	setup->report.json = cfg->json;
	setup->report.file = setup->stdio ? stderr : stdout;
	if (output__is_stdout(&cfg->output))
		return 0;
	setup->report.file = output__open(&cfg->output);
	return setup->report.file ? 0 : -EIO;
}

static int set_up(struct setup *setup, const struct repro_config *cfg)
{
	int err;

	setup->crew.ops = &device_ops;
	setup->crew.limit = cfg->limit * NSEC_PER_SEC;
	memcpy(setup->crew.name, cfg->name, sizeof(cfg->name));
	setup->player.limit = setup->crew.limit;
	setup->player.script = &setup->script;
	setup->player.ops = &crew_ops;
	setup->player.ctx = &setup->crew;
	setup->player.report = &setup->report;

	err = set_role(setup, cfg);
	if (!err)
		err = check_devices(setup);
	if (!err)
		err = set_peer(setup, cfg);
	if (!err)
		err = open_channel(setup, cfg);
	if (!err)
		err = open_output(setup, cfg);
	if (!err)
		err = open_cues(setup, cfg);
	if (!err)
		err = open_disk(setup, cfg);
	if (!err)
		err = crew__init(&setup->crew);
	return err;
}

/* Returns 0, or -EIO after logging that the report was not written. */
static int tear_down(struct setup *setup, const char *path)
{
	FILE *report = setup->report.file;

	crew__cleanup(&setup->crew);
	disk__close(setup->crew.disk);
	cues__close(setup->crew.cues);
	channel__close(setup->player.channel);
	return report && report != stderr && output__close(report, path) ? -EIO : 0;
}

static int play(struct setup *setup, const char *name)
{
	struct channel *channel = setup->player.channel;
	int err = 0;

	signal(SIGPIPE, SIG_IGN);
	report__begin(&setup->report, name, &setup->script);
	if (channel)
		err = channel__join(channel, script__hash(&setup->script),
				    now_mono() + setup->player.limit);
	if (!err)
		err = player__run(&setup->player);
	report__end(&setup->report, name, !err);
	return err;
}

static int run(int argc, char **argv)
{
	struct repro_config cfg = {
		.output.path = "-",
		.role = ROLE_BOTH,
		.cues = "stdin",
		.name = {"gw-granter", "gw-mapper"},
		.peer = NO_PEER,
		.limit = LIMIT_DEFAULT,
	};
	static struct setup setup;
	int first = opts__parse(&cmd_repro, argc, argv, &cfg);
	const char *name;
	int err;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first > 1) {
		pr_err("repro plays one scenario, not also '%s'", argv[first + 1]);
		return EXIT_ERROR;
	}
	name = argv[first];
	if (cfg.list)
		return scenarios__list(name, cfg.json);
	if (load_script(&cfg, name, &setup.script))
		return EXIT_ERROR;
	adjust_script(&cfg, &setup.script);
	err = set_up(&setup, &cfg);
	if (!err)
		err = play(&setup, name ? name : cfg.steps ? "steps" : cfg.script_file);
	if (tear_down(&setup, cfg.output.path) && !err)
		err = -EIO;
	return err == -ENODEV ? EXIT_UNSUPPORTED : err ? EXIT_ERROR : EXIT_CLEAN;
}

static const struct exit_status repro_exits[] = {
	{EXIT_CLEAN, "every step did what the script expects"},
	{EXIT_ERROR, "one did not, or could not do the job"},
	{EXIT_UNSUPPORTED, "no Xen here"},
	{0, NULL},
};

const struct command cmd_repro = {
	.name = "repro",
	.args = "[SCENARIO]",
	.summary = "Share, map and free pages in a scripted order, to reproduce a race",
	.help = "Plays a built-in SCENARIO or a script of steps, each 'granter VERB' or 'mapper "
		"VERB', within this\n"
		"domain or as one side of two. Exit status 0 when every step "
		"did what the script\n"
		"expects, 1 when not, 77 without Xen.",
	.opts = repro_opts,
	.nr_opts = ARRAY_SIZE(repro_opts),
	.exits = repro_exits,
	.run = run,
};
