// SPDX-License-Identifier: GPL-2.0
/* grantwatch holders: who keeps other domains' pages mapped, and why a domain stays a zombie. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "pipeline/captures.h"
#include "pipeline/holdings.h"
#include "record/facts.h"
#include "util/escape.h"
#include "util/json_line.h"
#include "xen/domain_name.h"
#include "xen/page_holders.h"
#include "util/log.h"
#include "util/output.h"

struct holders_config {
	struct output_config output;
	bool json;
	struct opt_list captures;
	u16 granter; /* DOMID_UNKNOWN: all */
	s64 ref;     /* -1: all */
};

static const struct opt holders_opts[] = {
	{.name = "capture",
	 .letter = 'c',
	 .type = OPT_LIST,
	 .offset = offsetof(struct holders_config, captures),
	 .metavar = "FILE",
	 .help = "a capture of this domain, as 'record' or 'watch --save' writes it, also while it does: tells the refs"},
	OUTPUT_OPTS(struct holders_config, output),
	PAGER_OPT(struct holders_config, output),
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct holders_config, json),
	 .help = "one JSON object a line"},
};

/* --- as found --- */

static void print_process(const struct holders_config *cfg, FILE *out,
			  const struct found_process *process)
{
	struct json_line line;

	if (cfg->json) {
		json_line__begin(&line, out, "process");
		json__set_number(line.object, "pid", process->pid);
		json__set_string(line.object, "comm", process->comm);
		json__set_number(line.object, "pages", process->pages);
		json_line__end(&line);
		return;
	}
	fputs("  ", out);
	print_escaped(out, ESCAPE_PLAIN, process->comm);
	fprintf(out, " (pid %u): %" PRIu64 " pages through gntdev\n", process->pid, process->pages);
}

static void print_backend(const struct holders_config *cfg, FILE *out,
			  const struct found_backend *backend)
{
	struct json_line line;

	if (cfg->json) {
		json_line__begin(&line, out, "backend");
		json__set_number(line.object, "granter", backend->frontend);
		json__set_string(line.object, "device", backend->device);
		json__set_number(line.object, "state", (u64)backend->state);
		json_line__end(&line);
		return;
	}
	fprintf(out, "  d%u: ", backend->frontend);
	print_escaped(out, ESCAPE_PLAIN, backend->device);
	fprintf(out, ", %s\n",
		backend->state == 4   ? "connected"
		: backend->state == 6 ? "closed"
				      : "not connected");
}

static void print_zombie(const struct holders_config *cfg, FILE *out, u16 domid)
{
	struct json_line line;

	if (cfg->json) {
		json_line__begin(&line, out, "zombie");
		json__set_number(line.object, "granter", domid);
		json_line__end(&line);
		return;
	}
	fprintf(out, "  d%u has ended, and Xen keeps it because pages of its are still mapped\n",
		domid);
}

static void print_found(const struct holders_config *cfg, FILE *out, const struct found *found)
{
	u32 i;

	if (!cfg->json && found->nr_zombies)
		fputs("zombies:\n", out);
	for (i = 0; i < found->nr_zombies; i++)
		if (cfg->granter == DOMID_UNKNOWN || cfg->granter == found->zombie[i])
			print_zombie(cfg, out, found->zombie[i]);
	if (!cfg->json)
		fputs("processes with pages of other domains:\n", out);
	for (i = 0; i < found->nr_processes; i++)
		print_process(cfg, out, &found->process[i]);
	if (!cfg->json)
		fputs("backends in this domain:\n", out);
	for (i = 0; i < found->nr_backends; i++)
		if (cfg->granter == DOMID_UNKNOWN || cfg->granter == found->backend[i].frontend)
			print_backend(cfg, out, &found->backend[i]);
}

/* --- as captured --- */

static void print_json_holding(FILE *out, const struct holding *holding)
{
	json_t *ranges = json_array();
	struct json_line line;
	u32 i;

	for (i = 0; i < holding->nr_ranges; i++)
		json__append_range(ranges, holding->range[i].first, holding->range[i].last);
	json_line__begin(&line, out, "holding");
	json__set_number(line.object, "granter", holding->granter);
	json__set_number(line.object, "mapper", holding->mapper);
	json__set_string(line.object, "kind", kind__name(holding->kind));
	if (holding->comm[0]) {
		json__set_number(line.object, "pid", holding->pid);
		json__set_string(line.object, "comm", holding->comm);
	}
	json__set_number(line.object, "refs", holding->refs);
	json_object_set_new(line.object, "ranges", ranges);
	json_line__real(&line, "seconds", "%.3f", (double)holding->since_ns / 1e9);
	json__set_bool(line.object, "ended", holding->dropped);
	json_line__end(&line);
}

static void print_ranges(FILE *out, const struct holding *holding)
{
	u32 i;

	for (i = 0; i < holding->nr_ranges; i++) {
		u32 first = holding->range[i].first, last = holding->range[i].last;

		if (first == last)
			fprintf(out, "%s%u", i ? ", " : "", first);
		else
			fprintf(out, "%s%u-%u", i ? ", " : "", first, last);
	}
}

static void print_holding(const struct holders_config *cfg, FILE *out,
			  const struct holding *holding)
{
	if (cfg->json) {
		print_json_holding(out, holding);
		return;
	}
	fprintf(out, "  d%u: %s", holding->granter, kind__name(holding->kind));
	if (holding->comm[0]) {
		fputs(" in ", out);
		print_escaped(out, ESCAPE_PLAIN, holding->comm);
		fprintf(out, " (pid %u)", holding->pid);
	}
	fprintf(out, " of d%u: %u ref%s, for up to %.1f s: ", holding->mapper, holding->refs,
		holding->refs == 1 ? "" : "s", (double)holding->since_ns / 1e9);
	print_ranges(out, holding);
	if (holding->more)
		fprintf(out, " and %u more", holding->more);
	fprintf(out, "%s\n", holding->dropped ? "; its owner has ended access and waits" : "");
}

static int print_captured(const struct holders_config *cfg, FILE *out, struct pipeline *pipeline)
{
	struct holdings *holdings = calloc(1, sizeof(*holdings));
	u32 i;

	if (!holdings) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	holdings__collect(holdings, pipeline->ledger, cfg->granter, cfg->ref);
	if (!cfg->json)
		fputs("refs that were mapped when the capture ended:\n", out);
	for (i = 0; i < holdings->nr; i++)
		print_holding(cfg, out, &holdings->item[i]);
	if (holdings->left_out)
		pr_warn("%u maps are left out: more than %u holders", holdings->left_out,
			HOLDINGS_MAX);
	free(holdings);
	return EXIT_CLEAN;
}

/* --- the command --- */

static void find_all(struct found *found)
{
	struct xenstore *xenstore = facts__on_xen() ? xenstore__open() : NULL;
	struct table_reader *reader = facts__on_xen() ? table_reader__new() : NULL;
	long own = xenstore ? xenstore__read_number(xenstore, "domid") : -1;

	found__processes(found, "");
	if (xenstore && own >= 0)
		found__backends(found, xenstore, (u16)own);
	/* Only domains with the right to query get an answer. */
	if (xenstore && reader)
		found__zombies(found, reader, xenstore);
	table_reader__free(reader);
	xenstore__close(xenstore);
}

/* Finding holders needs privileges; captures are read without them. */
static int show(const struct holders_config *cfg, struct pipeline *pipeline, FILE *out)
{
	struct found *found = calloc(1, sizeof(*found));

	if (!found) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	find_all(found);
	print_found(cfg, out, found);
	free(found);
	if (!pipeline->nr_feeds)
		return EXIT_CLEAN;
	return fflush(out) || captures__read(pipeline) ? EXIT_ERROR
						       : print_captured(cfg, out, pipeline);
}

/* Sets the ref of "5:80", which ends after the domain then. Returns false if it is none. */
static bool split_ref(struct holders_config *cfg, char *text)
{
	char *colon = strrchr(text, ':'), *end;
	unsigned long ref;

	if (!colon)
		return true;
	ref = strtoul(colon + 1, &end, 0);
	if (end == colon + 1 || *end || ref >= LEDGER_MAX_REFS)
		return false;
	cfg->ref = (s64)ref;
	*colon = '\0';
	return true;
}

/* "5", "5:80", "work" or "work:80". Returns 0, or -1 after logging the error. */
static int parse_what(struct holders_config *cfg, const char *text)
{
	char *name = strdup(text);
	int domid;

	if (!name || !split_ref(cfg, name)) {
		pr_err("holders takes a domain, or one and a ref of its: 5, 5:80, work, work:80");
		free(name);
		return -1;
	}
	domid = domain_name__find(name);
	free(name);
	if (domid < 0)
		return -1;
	cfg->granter = (u16)domid;
	return 0;
}

static int run(int argc, char **argv)
{
	struct holders_config cfg = {.output.path = "-", .granter = DOMID_UNKNOWN, .ref = -1};
	int first = opts__parse(&cmd_holders, argc, argv, &cfg), status;
	struct pipeline *pipeline;
	FILE *out = NULL;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first > 1) {
		pr_err("holders takes one domain");
		return EXIT_ERROR;
	}
	if (argc > first && parse_what(&cfg, argv[first]))
		return EXIT_ERROR;
	pipeline = pipeline__new(false);
	if (!cfg.json)
		output__page(&cfg.output);
	if (pipeline && !captures__open(pipeline, &cfg.captures))
		out = output__open(&cfg.output);
	status = out ? show(&cfg, pipeline, out) : EXIT_ERROR;
	if (out && output__close(out, cfg.output.path))
		status = EXIT_ERROR;
	pipeline__free(pipeline);
	return status;
}

static const struct exit_status holders_exits[] = {
	{EXIT_CLEAN, "printed"},
	{EXIT_ERROR, "could not do the job"},
	{0, NULL},
};

const struct command cmd_holders = {
	.name = "holders",
	.args = "[DOMAIN[:REF]]",
	.summary = "Print who has other domains' pages mapped, and zombies",
	.help = "Processes with mappings of gntdev, backends by xenstore, and domains which have ended but which Xen\n"
		"keeps because their pages are mapped. With a capture (--capture) which began before the maps, also\n"
		"the refs of each one and the times of the maps.",
	.opts = holders_opts,
	.nr_opts = ARRAY_SIZE(holders_opts),
	.exits = holders_exits,
	.run = run,
};
