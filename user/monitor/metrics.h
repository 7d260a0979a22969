/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run as metrics, in the text format that Prometheus and node_exporter's textfile collector read.
 */
#ifndef GRANTWATCH_METRICS_H
#define GRANTWATCH_METRICS_H

#include "monitor/rates.h"
#include "renderers/renderer.h"

/* @now: seconds since 1970, by which readers tell that nobody writes any more. */
void metrics__print(FILE *out, const struct summary *summary, const struct rates_table *rates,
		    u64 now);

#endif
