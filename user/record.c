// SPDX-License-Identifier: GPL-2.0
/* grantwatch record: what one domain does with grants, into a file or a pipe. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "record/record.h"
#include "util/config_file.h"
#include "util/log.h"
#include "util/notify.h"

static const struct opt record_opts[] = {
	CONFIG_OPT(struct record_config, config),
	OUTPUT_OPT(
		struct record_config, output,
		"write to FILE, which must be new; - is standard output, which is the default unless it is a terminal"),
	OUTPUT_FORCE_OPT(struct record_config, output),
	{.name = "rotate",
	 .type = OPT_STRING,
	 .offset = offsetof(struct record_config, rotate),
	 .metavar = "SIZE,COUNT",
	 .help = "keep FILE as FILE.1, FILE.2 up to COUNT at the start and whenever it reaches SIZE (256M,4)"},
	{.name = "duration",
	 .letter = 'd',
	 .type = OPT_TIME,
	 .offset = offsetof(struct record_config, duration),
	 .metavar = "TIME",
	 .help = "stop after TIME: seconds, or 90s, 5m, 2h",
	 .min = 1},
	{.name = "ring-size",
	 .letter = 'r',
	 .type = OPT_U32,
	 .offset = offsetof(struct record_config, ring_size),
	 .metavar = "KIB",
	 .help = "size of the buffer between kernel and recorder, a power of two (default 4096)",
	 .min = 16,
	 .max = 1024 * 1024},
	{.name = "flight",
	 .type = OPT_TIME,
	 .offset = offsetof(struct record_config, flight),
	 .metavar = "TIME",
	 .help = "leave events in the kernel, and write the last TIME (seconds, or 90s, 2m) when something suspicious happens, on SIGUSR1, and at the end",
	 .min = 1,
	 .max = HINDSIGHT_MAX},
	{.name = "hold",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct record_config, hold),
	 .help = "attach at once, and begin to record at SIGUSR1"},
	{.name = "ready-file",
	 .type = OPT_STRING,
	 .offset = offsetof(struct record_config, ready_file),
	 .metavar = "PATH",
	 .help = "create PATH once recording has begun"},
	{.name = "tier",
	 .type = OPT_ENUM,
	 .names = tier_names,
	 .offset = offsetof(struct record_config, tier),
	 .metavar = "TIER",
	 .help = "btf: by fentry and fexit; kprobe: for kernels without BTF; auto (default): what fits"},
	{.name = "no-kmsg",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct record_config, no_kmsg),
	 .help = "do not record the kernel's log"},
	{.name = "no-tables",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct record_config, no_tables),
	 .help = "do not look at refs in the granters' tables"},
};

/* Records one capture, from the first probe to its end. Returns the exit status. */
static int record(const struct record_config *cfg)
{
	struct record rec = {
		.cfg = *cfg,
		.out_fd = -1,
		.epoll_fd = -1,
		.wake_fd = -1,
		.timer_fd = -1,
		.look_fd = -1,
		.pump.kmsg_fd = -1,
	};
	int status;

	notify__begin();
	rec.tier = tier__choose(rec.cfg.tier);
	rec.pump.hindsight.window = rec.cfg.flight * NSEC_PER_SEC;
	status = record__start(&rec);
	if (!status) {
		record__loop(&rec);
		if (!rec.cannot_go_on)
			pump__finish(&rec.pump);
		/* The reader of the pipe has ended, which is no failure. */
		if (rec.pump.error && rec.pump.error != -EPIPE) {
			pr_err("cannot write the capture: %s", strerror(-rec.pump.error));
			status = EXIT_ERROR;
		}
		if (rec.cannot_go_on)
			status = EXIT_ERROR;
	}
	record__stop(&rec);
	return status;
}

static int run(int argc, char **argv)
{
	struct record_config cfg = {.ring_size = 4096};
	int first = opts__parse(&cmd_record, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first != argc) {
		pr_err("record takes no arguments; the output is named with -o");
		return EXIT_ERROR;
	}
	if (cfg.ring_size & (cfg.ring_size - 1)) {
		pr_err("record: --ring-size takes a power of two");
		return EXIT_ERROR;
	}
	if (record_config__parse_rotate(&cfg))
		return EXIT_ERROR;
	return record(&cfg);
}

static const struct exit_status record_exits[] = {
	{EXIT_CLEAN, "recorded until it was stopped"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_UNSUPPORTED, "nothing here that could be probed"},
	{0, NULL},
};

const struct command cmd_record = {
	.name = "record",
	.args = "",
	.summary = "Record what this domain does with grants",
	.help = "Runs in dom0 or in a guest, as root, until Ctrl-C, SIGTERM or --duration. "
		"'analyze'\n"
		"finds races in captures of both sides, 'dump' prints one.",
	.opts = record_opts,
	.nr_opts = ARRAY_SIZE(record_opts),
	.exits = record_exits,
	.run = run,
};
