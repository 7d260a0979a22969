/* SPDX-License-Identifier: GPL-2.0 */
/* What Xen's trace brought to a run, and what it could not. */
#ifndef GRANTWATCH_TRACE_SUMMARY_H
#define GRANTWATCH_TRACE_SUMMARY_H

#include "renderers/renderer.h"

struct pipeline;

void trace__summarize(const struct pipeline *pipeline, struct summary *summary);

#endif
