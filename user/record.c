// SPDX-License-Identifier: GPL-2.0
/* grantwatch record: what one domain does with grants, into a file or a pipe. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "record/record.h"
#include "util/log.h"

static const struct opt record_opts[] = {
	{"output", 'o', OPT_STRING, offsetof(struct record_config, output), "FILE",
	 "write to FILE; - is standard output, which is the default unless it is a terminal", 0, 0},
	{"duration", 'd', OPT_U32, offsetof(struct record_config, duration), "SEC",
	 "stop after SEC seconds", 1, 0},
	{"ring-size", 'r', OPT_U32, offsetof(struct record_config, ring_size), "KIB",
	 "size of the buffer between kernel and recorder, a power of two (default 4096)", 16,
	 1024 * 1024},
	{"flight", 0, OPT_U32, offsetof(struct record_config, flight), "SEC",
	 "leave events in the kernel, and write the last SEC seconds when something suspicious "
	 "happens, "
	 "on SIGUSR1, and at the end",
	 1, HINDSIGHT_MAX},
	{"ready-file", 0, OPT_STRING, offsetof(struct record_config, ready_file), "PATH",
	 "create PATH once every probe is in place", 0, 0},
	{"tier", 0, OPT_STRING, offsetof(struct record_config, tier), "TIER",
	 "btf: by fentry and fexit; kprobe: for kernels without BTF; auto (default): what fits", 0,
	 0},
	{"no-kmsg", 0, OPT_FLAG, offsetof(struct record_config, no_kmsg), NULL,
	 "do not look at the kernel's log", 0, 0},
	{"no-tables", 0, OPT_FLAG, offsetof(struct record_config, no_tables), NULL,
	 "do not look at refs in the granters' tables, which the control domain can read", 0, 0},
};

static int run(int argc, char **argv)
{
	struct record rec = {
		.cfg = {.ring_size = 4096, .tier = "auto"},
		.out_fd = -1,
		.epoll_fd = -1,
		.wake_fd = -1,
		.timer_fd = -1,
		.look_fd = -1,
		.pump.kmsg_fd = -1,
	};
	int status, first = opts__parse(&cmd_record, argc, argv, &rec.cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first != argc) {
		pr_err("record takes no arguments; the output is named with -o");
		return EXIT_ERROR;
	}
	if (rec.cfg.ring_size & (rec.cfg.ring_size - 1)) {
		pr_err("record: --ring-size takes a power of two");
		return EXIT_ERROR;
	}
	if (!tier__parse(rec.cfg.tier, &rec.tier)) {
		pr_err("record: --tier takes auto, btf or kprobe, not '%s'", rec.cfg.tier);
		return EXIT_ERROR;
	}
	rec.tier = tier__choose(rec.tier);
	rec.pump.hindsight.window = rec.cfg.flight * NSEC_PER_SEC;
	status = record__start(&rec);
	if (!status) {
		record__loop(&rec);
		pump__finish(&rec.pump);
		/* Whoever read the pipe has seen enough: not our failure. */
		if (rec.pump.error && rec.pump.error != -EPIPE) {
			pr_err("cannot write the capture: %s", strerror(-rec.pump.error));
			status = EXIT_ERROR;
		}
	}
	record__stop(&rec);
	return status;
}

static const struct exit_status record_exits[] = {
	{EXIT_CLEAN, "recorded until told to stop"},
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
