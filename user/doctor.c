// SPDX-License-Identifier: GPL-2.0
/* grantwatch doctor: what works here, what does not, why, and the command that fixes it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "commands.h"
#include "doctor/exam.h"
#include "record/facts.h"
#include "util/log.h"
#include "util/output.h"

struct doctor_config {
	struct output_config output;
	enum tier tier;
	bool json;
	bool only_look;
};

static const struct opt doctor_opts[] = {
	OUTPUT_OPTS(struct doctor_config, output),
	PAGER_OPT(struct doctor_config, output),
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct doctor_config, json),
	 .help = "one JSON object a line"},
	{.name = "tier",
	 .type = OPT_ENUM,
	 .names = tier_names,
	 .offset = offsetof(struct doctor_config, tier),
	 .metavar = "TIER",
	 .help = "how functions shall be probed: auto (default), btf or kprobe, see record"},
	{.name = "only-look",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct doctor_config, only_look),
	 .help = "check symbols and types only, without attaching the probes for a moment"},
};

static struct xenstore *open_xenstore(void)
{
	return facts__has_xenstore() ? xenstore__open() : NULL;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return log_level > 1 ? vfprintf(stderr, fmt, args) : 0;
}

static int report(const struct exam *exam, const struct doctor_config *cfg)
{
	FILE *out = output__open(&cfg->output);

	if (!out)
		return EXIT_ERROR;
	if (cfg->json)
		exam__print_json(exam, out);
	else
		exam__print(exam, out);
	return output__close(out, cfg->output.path) ? EXIT_ERROR : exam__status(exam);
}

static int run(int argc, char **argv)
{
	struct doctor_config cfg = {.output.path = "-"};
	int status, first = opts__parse(&cmd_doctor, argc, argv, &cfg);
	struct exam *exam;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first != argc) {
		pr_err("doctor takes no arguments, only options; see 'grantwatch doctor --help'");
		return EXIT_ERROR;
	}
	if (output__check(&cfg.output))
		return EXIT_ERROR;
	exam = calloc(1, sizeof(*exam));
	if (!exam) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	exam->wanted = cfg.tier;
	libbpf_set_print(no_print);
	exam->root = "";
	exam->try_it = !cfg.only_look;
	exam->xenstore = open_xenstore();
	exam__run(exam);
	if (!cfg.json)
		output__page(&cfg.output);
	status = report(exam, &cfg);
	xenstore__close(exam->xenstore);
	free(exam);
	return status;
}

static const struct exit_status doctor_exits[] = {
	{EXIT_CLEAN, "everything that is needed works"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_BLIND, "recording works, but does not see everything"},
	{EXIT_UNSUPPORTED, "nothing can be recorded here"},
	{0, NULL},
};

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "Show what works here, what does not, and the fix",
	.help = "Every \"no\" comes with its reason and what to do about it; a NO in capitals keeps 'record'\n"
		"from working, or from seeing everything. As root under Xen the probes are attached for a\n"
		"moment.",
	.opts = doctor_opts,
	.nr_opts = ARRAY_SIZE(doctor_opts),
	.exits = doctor_exits,
	.run = run,
};
