// SPDX-License-Identifier: GPL-2.0
/* grantwatch: who granted, who freed, who mapped too late. Command dispatch only. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "util/log.h"

#define COMMAND_ENTRY(name) &cmd_##name,
static const struct command *const commands[] = {GRANTWATCH_COMMANDS(COMMAND_ENTRY)};

static void usage(FILE *out)
{
	size_t i;

	fprintf(out, "usage: grantwatch COMMAND [OPTION]... [ARGUMENT]...\n"
		     "Diagnoses Xen grant races: who granted, who freed, who mapped too late.\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'grantwatch COMMAND --help' tells more, '--version' the version.\n"
		     "Exit status: 0 clean, 1 could not do the job, 2 a race was found, 3 no race found "
		     "but blind,\n77 unsupported here.\n");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return EXIT_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_CLEAN;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("grantwatch %s\n", GRANTWATCH_VERSION);
		return EXIT_CLEAN;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, argv[1]))
			return commands[i]->run(argc - 1, argv + 1);
	pr_err("unknown command '%s'; 'grantwatch --help' lists them", argv[1]);
	return EXIT_ERROR;
}
