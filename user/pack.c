// SPDX-License-Identifier: GPL-2.0
#include "commands.h"
static int run(int argc, char **argv) { return 1; }
const struct command cmd_pack = {.name="pack", .args="FILE", .summary="Print a capture as text", .run=run};
