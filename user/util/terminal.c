// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/terminal.h"

const char *const colour_wanted_names[] = {
	[COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never", NULL};

bool terminal__progress(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb");
}

/* Whether @fd is a terminal with colours, not disabled by NO_COLOR (https://no-color.org). */
static bool has_colours(int fd)
{
	const char *no = getenv("NO_COLOR");

	return (!no || !*no) && terminal__progress(fd);
}

bool terminal__wants_colour(enum colour_wanted wanted, bool to_stdout)
{
	if (wanted == COLOUR_AUTO)
		return to_stdout && has_colours(STDOUT_FILENO);
	return wanted == COLOUR_ALWAYS;
}

u32 terminal__width(int fd)
{
	struct winsize size;

	return isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_col : 0;
}
