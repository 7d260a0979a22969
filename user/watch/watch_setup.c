// SPDX-License-Identifier: GPL-2.0
/* Starts the sources of watch and opens its outputs. */
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "watch/watch.h"

/*
 * Whether --save writes a file of this name. An older trace beside the captures would be taken for
 * theirs.
 */
static bool is_saved(const char *name)
{
	return !fnmatch("d[0-9]*.gwc", name, 0) || !strcmp(name, "local.gwc") ||
	       !strcmp(name, "xentrace.bin");
}

/* What --results writes. */
static bool is_result(const char *name)
{
	return !strcmp(name, "report.ndjson") || !fnmatch("flight-*.gwc", name, 0) ||
	       !fnmatch("saved-[0-9]*", name, 0);
}

/* Opens the outputs before anything is recorded, so that errors show at the start. */
static int open_outputs(struct watch *watch)
{
	const struct watch_config *cfg = watch->cfg;

	if (cfg->save && output__check_dir(cfg->save, is_saved, cfg->output.force))
		return -1;
	if (cfg->monitor.results && !access(cfg->monitor.results, F_OK) &&
	    output__check_dir(cfg->monitor.results, is_result, cfg->output.force))
		return -1;
	if (report_config__check_pictures(&cfg->report, cfg->output.force))
		return -1;
	watch->out = output__open(&cfg->output);
	return watch->out ? 0 : -1;
}

int watch__setup(struct watch *watch)
{
	const struct watch_config *cfg = watch->cfg;
	u32 i;

	watch->renderer = renderer__of(report_config__format(&cfg->report));
	if (watch->renderer->event) {
		pr_err("--format %s needs whole captures: save them with --save, then use 'grantwatch analyze'",
		       report_format_names[report_config__format(&cfg->report)]);
		return -1;
	}
	watch->pipeline = pipeline__new(true);
	if (!watch->pipeline) {
		pr_err("out of memory");
		return -1;
	}
	if (judge__apply(&cfg->judge, &watch->pipeline->policy) ||
	    log_tails__open(&watch->logs, &cfg->logs) || open_outputs(watch))
		return -1;
	watch->monitor = monitor__new(&cfg->monitor, &cfg->report, watch->pipeline);
	if (!watch->monitor)
		return -1;
	for (i = 0; i < cfg->sources.nr; i++)
		if (watch__add_remote(watch, cfg->sources.item[i]))
			return -1;
	for (i = 0; i < cfg->vms.nr; i++)
		if (watch__add_vm(watch, cfg->vms.item[i]))
			return -1;
	if (!watch__begin_trace(watch))
		return -1;
	if (!cfg->no_local && watch__add_local(watch))
		return -1;
	if (!watch->nr) {
		pr_err("nothing to watch: with --no-local give at least one --source or --vm");
		return -1;
	}
	if (!watch__join_trace(watch))
		return -1;
	return 0;
}
