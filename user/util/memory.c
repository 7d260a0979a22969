// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "util/log.h"
#include "util/memory.h"
#include "util/options.h"

void memory__end(void)
{
	pr_err("out of memory: the output is not complete");
	_exit(EXIT_ERROR);
}
