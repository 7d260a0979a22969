/* SPDX-License-Identifier: GPL-2.0 */
/* Every command of grantwatch; each lives in a file of its name. */
#ifndef GRANTWATCH_COMMANDS_H
#define GRANTWATCH_COMMANDS_H

#include "util/options.h"

/* X(symbol) in the order of the help text. */
#define GRANTWATCH_COMMANDS(X) \
	X(watch)               \
	X(record)              \
	X(analyze)             \
	X(explain)             \
	X(events)              \
	X(bundle)              \
	X(compare)             \
	X(ci)                  \
	X(dump)                \
	X(pack)                \
	X(doctor)              \
	X(table)               \
	X(holders)             \
	X(top)                 \
	X(xentrace)            \
	X(repro)               \
	X(help)

/* All commands in that order; NULL ends the list. */
extern const struct command *const commands[];

#define DECLARE_COMMAND(name) extern const struct command cmd_##name;
GRANTWATCH_COMMANDS(DECLARE_COMMAND)

#endif
