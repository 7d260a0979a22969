// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "util/log.h"
#include "util/output.h"

FILE *output__open(const char *path)
{
	FILE *out = strcmp(path, "-") != 0 ? fopen(path, "we") : stdout;

	if (!out)
		pr_err("%s: %s", path, strerror(errno));
	return out;
}

int output__close(FILE *out, const char *path)
{
	int err = fflush(out) || ferror(out) ? -1 : 0;

	if (out != stdout && fclose(out))
		err = -1;
	if (err)
		pr_err("%s: %s", path, strerror(errno));
	return err;
}
