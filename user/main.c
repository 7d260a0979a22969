// SPDX-License-Identifier: GPL-2.0
/* grantwatch: command dispatch. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "util/json_line.h"
#include "util/log.h"
#include "util/manual.h"
#include "util/output.h"
#include "util/pager.h"

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		manual__usage(commands, stderr);
		return EXIT_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		manual__usage(commands, stdout);
		return EXIT_CLEAN;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("grantwatch %s\n", GRANTWATCH_VERSION);
		return EXIT_CLEAN;
	}
	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, argv[1]))
			return commands[i]->run(argc - 1, argv + 1);
	commands__complain(commands, argv[1]);
	return EXIT_ERROR;
}

int main(int argc, char **argv)
{
	int status;

	/* A limit of the file size (ulimit -f) is an error like a full disk, to be logged. */
	signal(SIGXFSZ, SIG_IGN);
	json__allocate();
	status = run(argc, argv);
	/* --help may find no room for its output either. */
	if (status != EXIT_ERROR && output__flush(stdout, "standard output"))
		status = EXIT_ERROR;
	pager__end();
	return status;
}
