/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For each class: what happened, who is at fault and what to do, as sentences with holes in braces.
 *
 *	{mapper} {owner} {previous}	parties, by subsystem and program
 *	{granter} {mapper-domain} {ref}
 *	{restarted}			the granter; of a stub domain also its target
 *	{generation} {announced}	the generation that was reached, and the announced one
 *	{message} {from}		for logs: the meaning of the message, and its source
 */
#ifndef GRANTWATCH_ADVICE_H
#define GRANTWATCH_ADVICE_H

#include "rules/finding.h"

struct advice {
	const char *happened, *fault, *remedy;
	const char *bugs; /* ids of known/bugs.h, the likeliest first; NULL: the message's */
};

const struct advice *advice__of(const struct finding *finding);

#endif
