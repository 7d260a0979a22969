// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/terminal.h"

bool terminal__progress(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb");
}

bool terminal__colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return (!no || !*no) && terminal__progress(fd);
}
