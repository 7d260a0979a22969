// SPDX-License-Identifier: GPL-2.0
/* grantwatch table: what another domain grants, from its grant table as dom0 reads it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "pipeline/captures.h"
#include "pipeline/holdings.h"
#include "record/facts.h"
#include "util/escape.h"
#include "util/json_line.h"
#include "xen/domain_name.h"
#include "xen/ref_names.h"
#include "xen/table_snapshot.h"
#include "util/log.h"
#include "util/output.h"

struct table_config {
	struct output_config output;
	bool json;
	u32 interval;
	struct opt_list captures;
};

static const struct opt table_opts[] = {
	OUTPUT_OPTS(struct table_config, output),
	PAGER_OPT(struct table_config, output),
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct table_config, json),
	 .help = "one JSON object a line"},
	{.name = "interval",
	 .letter = 'i',
	 .type = OPT_TIME,
	 .offset = offsetof(struct table_config, interval),
	 .metavar = "TIME",
	 .help = "read twice, TIME apart (seconds, or 90s, 5m), and print only the changes",
	 .min = 1,
	 .max = 86400},
	{.name = "capture",
	 .letter = 'c',
	 .type = OPT_LIST,
	 .offset = offsetof(struct table_config, captures),
	 .metavar = "FILE",
	 .help = "a capture of this domain by 'record' or 'watch --save', complete or growing: shows who has refs mapped"},
};

struct view {
	const struct table_config *cfg;
	const struct ref_names *names;
	struct pipeline *pipeline; /* what captures tell */
	FILE *out;
	u16 domid;
};

/* --- one entry --- */

static const char *use(const struct table_entry *entry, bool known)
{
	if (!known)
		return "?";
	if (entry->flags & ENTRY_WRITING)
		return "writing";
	return entry->flags & ENTRY_READING ? "reading" : "-";
}

static void set_entry(json_t *object, const struct table_entry *entry, bool known)
{
	bool used = entry->flags & (ENTRY_READING | ENTRY_WRITING);

	json__set_number(object, "peer", entry->peer);
	json__set_number(object, "frame", entry->frame);
	json__set_bool(object, "readonly", entry->flags & ENTRY_READONLY);
	if (known)
		json__set_string(object, "use", used ? use(entry, true) : "none");
	else
		json_object_set_new(object, "use", json_null());
}

/* Sets the purpose of the ref, and who has it mapped, as far as they are known. */
static void set_name(const struct view *view, json_t *object, u32 ref)
{
	const char *name = ref_names__find(view->names, ref);
	char buf[256];
	const char *holders =
		holdings__of_ref(view->pipeline->ledger, view->domid, ref, buf, sizeof(buf));

	if (name && *name)
		json__set_string(object, "name", name);
	if (*holders)
		json__set_string(object, "held_by", holders);
}

static void print_name(const struct view *view, u32 ref)
{
	const char *name = ref_names__find(view->names, ref);
	char buf[256];
	const char *holders =
		holdings__of_ref(view->pipeline->ledger, view->domid, ref, buf, sizeof(buf));

	if (name && *name)
		fputs("  ", view->out);
	print_escaped(view->out, ESCAPE_PLAIN, name ? name : "");
	if (*holders)
		fputs("  ", view->out);
	print_escaped(view->out, ESCAPE_PLAIN, holders);
}

static void print_entry(const struct view *view, const struct snapshot *snapshot, u32 ref)
{
	const struct table_entry *entry = &snapshot->entry[ref];
	struct json_line line;

	if (view->cfg->json) {
		json_line__begin(&line, view->out, "entry");
		json__set_number(line.object, "granter", view->domid);
		json__set_number(line.object, "ref", ref);
		set_entry(line.object, entry, snapshot->knows_status);
		set_name(view, line.object, ref);
		json_line__end(&line);
		return;
	}
	fprintf(view->out, "%8u  d%-5u 0x%-12" PRIx64 " %-10s %-7s", ref, entry->peer, entry->frame,
		entry->flags & ENTRY_READONLY ? "read-only" : "read-write",
		use(entry, snapshot->knows_status));
	print_name(view, ref);
	fputc('\n', view->out);
}

/* --- the table --- */

static void print_size(const struct view *view, const struct snapshot *snapshot)
{
	const struct table_size *size = &snapshot->size;
	struct json_line line;

	if (!view->cfg->json) {
		fprintf(view->out,
			"d%u: grant table version %u, %u of at most %u frames, %u of %u entries granted\n",
			view->domid, size->version, size->nr_frames, size->max_frames,
			snapshot->live, snapshot->nr);
		return;
	}
	json_line__begin(&line, view->out, "table");
	json__set_number(line.object, "granter", view->domid);
	json__set_number(line.object, "version", size->version);
	json__set_number(line.object, "frames", size->nr_frames);
	json__set_number(line.object, "max_frames", size->max_frames);
	json__set_number(line.object, "entries", snapshot->nr);
	json__set_number(line.object, "granted", snapshot->live);
	json_line__end(&line);
}

static void print_table(const struct view *view, const struct snapshot *snapshot)
{
	u32 ref;

	if (!view->cfg->json) {
		print_size(view, snapshot);
		fprintf(view->out, "%8s  %-6s %-14s %-10s %-7s  %s\n", "REF", "TO", "FRAME",
			"ACCESS", "USE", view->cfg->captures.nr ? "NAME, HOLDERS" : "NAME");
	}
	for (ref = 0; ref < snapshot->nr; ref++)
		if (table_entry__is_live(&snapshot->entry[ref]))
			print_entry(view, snapshot, ref);
	if (view->cfg->json)
		print_size(view, snapshot);
}

/* --- what has changed --- */

static json_t *side(const struct snapshot *snapshot, u32 ref)
{
	json_t *object;

	if (ref >= snapshot->nr || !table_entry__is_live(&snapshot->entry[ref]))
		return json_null();
	object = json_object();
	set_entry(object, &snapshot->entry[ref], snapshot->knows_status);
	return object;
}

static void print_change(const struct view *view, const struct snapshot *before,
			 const struct snapshot *after, u32 ref, enum entry_change change)
{
	const struct snapshot *shown = change == ENTRY_FREED ? before : after;
	struct json_line line;

	if (view->cfg->json) {
		json_line__begin(&line, view->out, "entry-change");
		json__set_number(line.object, "granter", view->domid);
		json__set_number(line.object, "ref", ref);
		json__set_string(line.object, "change", entry_change__name(change));
		json_object_set_new(line.object, "before", side(before, ref));
		json_object_set_new(line.object, "after", side(after, ref));
		set_name(view, line.object, ref);
		json_line__end(&line);
		return;
	}
	fprintf(view->out, "%-10s", entry_change__name(change));
	print_entry(view, shown, ref);
	if (change == ENTRY_REGRANTED) {
		fprintf(view->out, "%-10s", "  was");
		print_entry(view, before, ref);
	}
}

static void print_changes(const struct view *view, const struct snapshot *before,
			  const struct snapshot *after)
{
	u32 ref, nr = max(before->nr, after->nr);

	if (!view->cfg->json)
		print_size(view, after);
	for (ref = 0; ref < nr; ref++) {
		enum entry_change change = snapshot__compare(before, after, ref);

		if (change != ENTRY_SAME)
			print_change(view, before, after, ref, change);
	}
	if (view->cfg->json)
		print_size(view, after);
}

/* --- the command --- */

static int complain(u16 domid, int err)
{
	pr_err("cannot read the grant table of d%u: %s", domid, table__why(err));
	return err == -ESRCH || err == -ENOMEM ? EXIT_ERROR : EXIT_UNSUPPORTED;
}

/* Reads once, or twice with an interval. Returns 0 or -errno. */
static int look(const struct table_config *cfg, struct table_reader *reader, u16 domid,
		struct snapshot *before, struct snapshot *after)
{
	const struct timespec pause = {.tv_sec = cfg->interval};
	int err = snapshot__take(before, reader, domid);

	if (err || !cfg->interval)
		return err;
	nanosleep(&pause, NULL);
	return snapshot__take(after, reader, domid);
}

/* Does all that needs privileges; captures are read later, without. Returns 0 or -errno. */
static int read_all(const struct table_config *cfg, u16 domid, struct ref_names *names,
		    struct snapshot *before, struct snapshot *after)
{
	struct table_reader *reader = table_reader__new();
	struct xenstore *xenstore;
	int err;

	if (!reader)
		return -errno;
	xenstore = xenstore__open();
	ref_names__read(names, xenstore, domid);
	err = look(cfg, reader, domid, before, after);
	xenstore__close(xenstore);
	table_reader__free(reader);
	return err;
}

static int show(const struct view *view, const struct snapshot *before,
		const struct snapshot *after)
{
	if (view->cfg->captures.nr && captures__read(view->pipeline))
		return EXIT_ERROR;
	if (view->cfg->interval)
		print_changes(view, before, after);
	else
		print_table(view, before);
	return EXIT_CLEAN;
}

static int run_on(const struct table_config *cfg, u16 domid)
{
	struct ref_names *names = calloc(1, sizeof(*names));
	struct view view = {cfg, names, pipeline__new(false), NULL, domid};
	struct snapshot before = {0}, after = {0};
	int status = EXIT_ERROR, err;

	if (!names || !view.pipeline) {
		pr_err("out of memory");
	} else if (!captures__open(view.pipeline, &cfg->captures)) {
		if (!cfg->json)
			output__page(&cfg->output);
		view.out = output__open(&cfg->output);
		err = view.out ? read_all(cfg, domid, names, &before, &after) : 0;
		if (view.out)
			status = err ? complain(domid, err) : show(&view, &before, &after);
	}
	if (view.out && output__close(view.out, cfg->output.path))
		status = EXIT_ERROR;
	snapshot__cleanup(&before);
	snapshot__cleanup(&after);
	pipeline__free(view.pipeline);
	free(names);
	return status;
}

static int run(int argc, char **argv)
{
	struct table_config cfg = {.output.path = "-"};
	int first = opts__parse(&cmd_table, argc, argv, &cfg);
	int domid;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != 1) {
		pr_err("table takes one domain, by its domid or name, as xl list shows them");
		return EXIT_ERROR;
	}
	domid = domain_name__find(argv[first]);
	if (domid < 0)
		return EXIT_ERROR;
	if (!facts__on_xen() && !table_reader__uses_files()) {
		pr_err("cannot read grant tables here: this machine does not run under Xen; run it in dom0");
		return EXIT_UNSUPPORTED;
	}
	return run_on(&cfg, (u16)domid);
}

static const struct exit_status table_exits[] = {
	{EXIT_CLEAN, "printed"},
	{EXIT_ERROR, "could not do the job: no such domain, for one"},
	{EXIT_UNSUPPORTED, "unsupported here: not dom0, not root, or Xen does not share tables"},
	{0, NULL},
};

const struct command cmd_table = {
	.name = "table",
	.args = "DOMAIN",
	.summary = "Print what a domain grants, read from dom0 in its grant table",
	.help = "Every granted entry of the grant table of DOMAIN (a domid or a name): to whom, which frame,\n"
		"and whether Xen marks it as mapped for reading or writing (a running copy looks the same).\n"
		"Nothing is needed in the guest, and its table stays as large as it is.",
	.opts = table_opts,
	.nr_opts = ARRAY_SIZE(table_opts),
	.exits = table_exits,
	.run = run,
};
