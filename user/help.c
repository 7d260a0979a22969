// SPDX-License-Identifier: GPL-2.0
/* grantwatch help: the tables of all commands for people, manual pages and shells. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "known/bugs.h"
#include "model/kinds.h"
#include "model/policy.h"
#include "repro/scenarios.h"
#include "util/completion.h"
#include "util/config_file.h"
#include "util/log.h"
#include "util/manual.h"
#include "util/output.h"

#define COMMAND_ENTRY(name) &cmd_##name,
const struct command *const commands[] = {GRANTWATCH_COMMANDS(COMMAND_ENTRY) NULL};

struct help_config {
	bool scdoc, bash, zsh, fish, bugs, config;
};

static const struct opt help_opts[] = {
	{.name = "scdoc",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, scdoc),
	 .help = "print the manual page's source, for scdoc(1); of all of grantwatch without COMMAND"},
	{.name = "bash",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, bash),
	 .help = "print the completion for bash"},
	{.name = "zsh",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, zsh),
	 .help = "print the completion for zsh"},
	{.name = "fish",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, fish),
	 .help = "print the completion for fish"},
	{.name = "bugs",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, bugs),
	 .help = "print the source of grantwatch-bugs(7), for scdoc(1)"},
	{.name = "config",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct help_config, config),
	 .help = "print a configuration for units, with every option as a comment"},
};

static const struct exit_status help_exits[] = {
	{EXIT_CLEAN, "clean"},
	{EXIT_ERROR, "no such command"},
	{0, NULL},
};

/* Adds a word to a list separated by blanks. */
static void add_word(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	snprintf(list + n, size - n, "%s%s", n ? " " : "", word);
}

typedef void (*print_fn)(const struct command *const *commands, const struct completion *values,
			 FILE *out);

static void print_completion(print_fn print)
{
	static char scenario_names[1024], command_names[512];
	static char kinds[1024], owners[1024];
#define LIMIT_WORD(class, field, def, least, most, unit, per, text) class "= "
	static const char limit_words[] = POLICY_LIMITS(LIMIT_WORD);
	const struct completion values[] = {
		{"help", "[COMMAND]", command_names},
		{"repro", "[SCENARIO]", scenario_names},
		{"repro", "WHERE", "stdio stdin dir: xenstore: "},
		{"ci", cmd_ci.args, "start stop status"},
		{"compare", "OLD NEW", "@file"},
		{NULL, "OWNER:MAPPER", owners},
		{NULL, "WHO", kinds},
		{NULL, "SIZE,COUNT", "64M,4 256M,4 1G,4"},
		{NULL, "CLASS=N", limit_words},
		{NULL, "DIR", "@dir"},
		{NULL, "DEVICE", "@file"},
		{NULL, "PATH", "@file"},
		{NULL, "FILE", "@file"},
		{NULL, "[FILE]...", "@file"},
		{NULL, "FILE...", "@file"},
		{NULL, "[DOMID=]FILE", "@file"},
		{NULL, NULL, NULL},
	};
	const struct scenario *scenario;
	enum kind kind;
	char owner[64];
	size_t i;

	for (scenario = scenarios; scenario->name; scenario++)
		add_word(scenario_names, sizeof(scenario_names), scenario->name);
	for (i = 0; commands[i]; i++)
		add_word(command_names, sizeof(command_names), commands[i]->name);
	for (kind = KIND_UNKNOWN + 1; kind < KIND_MAX; kind++) {
		add_word(kinds, sizeof(kinds), kind__name(kind));
		snprintf(owner, sizeof(owner), "%s:", kind__name(kind));
		add_word(owners, sizeof(owners), owner);
	}
	print(commands, values, stdout);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int print_help(const struct help_config *cfg, const char *name)
{
	const struct command *cmd = name ? find_command(name) : NULL;

	if (name && !cmd) {
		commands__complain(commands, name);
		return EXIT_ERROR;
	}
	if (cfg->bash)
		print_completion(completion__print_bash);
	else if (cfg->zsh)
		print_completion(completion__print_zsh);
	else if (cfg->fish)
		print_completion(completion__print_fish);
	else if (cfg->bugs)
		bugs__print_page(stdout);
	else if (cfg->config)
		config_file__print(commands, stdout);
	else if (cfg->scdoc && cmd)
		manual__print_page(cmd, stdout);
	else if (cfg->scdoc)
		manual__print_overview(commands, stdout);
	else if (cmd)
		opts__help(cmd);
	else
		manual__usage(commands, stdout);
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	struct help_config cfg = {0};
	int first = opts__parse(&cmd_help, argc, argv, &cfg);
	int status;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first > 1) {
		pr_err("help takes one command");
		return EXIT_ERROR;
	}
	status = print_help(&cfg, argv[first]);
	return output__close(stdout, "standard output") ? EXIT_ERROR : status;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "Show what a command does and its options",
	.opts = help_opts,
	.nr_opts = ARRAY_SIZE(help_opts),
	.exits = help_exits,
	.run = run,
};
