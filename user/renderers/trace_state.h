/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_TRACE_STATE_H
#define GRANTWATCH_TRACE_STATE_H

#include "merge/merge.h"

/* What a format of the whole capture (struct renderer's event) has said so far. */
struct trace_state {
	u8 named[MERGE_MAX_FEEDS][(ID_MAX + 8) / 8]; /* tasks that have been */
	u32 kinds[MERGE_MAX_FEEDS];		     /* subsystems that have been */
	bool domains[MERGE_MAX_FEEDS];
	bool keep_names;
};

#endif
