// SPDX-License-Identifier: GPL-2.0
/* grantwatch explain: any files of a user, one report. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "explain/content.h"
#include "model/domid.h"
#include "pipeline/analysis.h"
#include "pipeline/input_kind.h"
#include "record/facts.h"
#include "sources/child.h"
#include "util/log.h"
#include "xen/xenstore.h"

/* Levels of nesting: a compressed file may hold an archive, and so on. */
#define NESTED 3

struct explain_config {
	struct analysis_config common;
};

static const struct opt explain_opts[] = {
	OUTPUT_OPTS(struct explain_config, common.output),
	PAGER_OPT(struct explain_config, common.output),
	REPORT_OPTS(struct explain_config, common.report),
	JUDGE_OPTS(struct explain_config, common.judge),
};

static int take(struct analysis *analysis, int fd, const char *path, u32 depth);

/* --- one file --- */

static int take_log(struct analysis *analysis, int fd, const char *path, u16 domid)
{
	struct log_file log;

	if (log_file__adopt(&log, fd, path))
		return -1;
	log.domid = domid;
	return analysis__add_log(analysis, &log);
}

/* Returns the member's descriptor, -ENODATA if there is none, or -EIO after logging the error. */
static int open_member(int fd, const char *path, const char *member)
{
	int part = content__unpack_member(fd, member);

	if (part >= 0 || part == -ENODATA)
		return part;
	content__complain(path, CONTENT_TAR, part);
	return -EIO;
}

/* Takes a bundle: the captures and Xen's trace; its reports are made again. */
static int take_bundle(struct analysis *analysis, int fd, const char *path)
{
	char member[64];
	int i, part, taken = 0;

	for (i = 1; i <= 64; i++) {
		snprintf(member, sizeof(member), "grantwatch-bundle/capture-%d.gwc", i);
		part = open_member(fd, path, member);
		if (part == -ENODATA)
			break;
		if (part < 0 || analysis__add_capture(analysis, part, member))
			return -1;
		taken++;
	}
	part = open_member(fd, path, "grantwatch-bundle/xentrace.bin");
	if (part != -ENODATA && (part < 0 || analysis__add_trace(analysis, part, "xentrace.bin")))
		return -1;
	close(fd);
	if (taken)
		return 0;
	pr_err("%s: an archive without captures of grantwatch: unpack it and give its logs", path);
	return -1;
}

static int take_packed(struct analysis *analysis, int fd, const char *path, enum content content,
		       u32 depth)
{
	int plain = content__unpack(fd, content);

	close(fd);
	if (plain >= 0)
		return take(analysis, plain, path, depth + 1);
	content__complain(path, content, plain);
	return -1;
}

/* Takes @fd, a regular file. */
static int take(struct analysis *analysis, int fd, const char *path, u32 depth)
{
	int content = content__of_file(fd);

	if (content < 0) {
		pr_err("%s: %s", path, strerror(-content));
		close(fd);
		return -1;
	}
	switch (content) {
	case CONTENT_CAPTURE:
		return analysis__add_capture(analysis, fd, path);
	case CONTENT_XENTRACE:
		return analysis__add_trace(analysis, fd, path);
	case CONTENT_TAR:
		return take_bundle(analysis, fd, path);
	case CONTENT_CAPTURE_TEXT:
	case CONTENT_REPORT:
		input_kind__check_log(fd, path);
		close(fd);
		return -1;
	case CONTENT_LOG:
		return take_log(analysis, fd, path, DOMID_UNKNOWN);
	default:
		if (depth < NESTED)
			return take_packed(analysis, fd, path, (enum content)content, depth);
		return take_log(analysis, fd, path, DOMID_UNKNOWN);
	}
}

static int take_path(struct analysis *analysis, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	int copy;

	if (fd < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	/* A pipe cannot be read twice. */
	if (lseek(fd, 0, SEEK_CUR) >= 0)
		return take(analysis, fd, path, 0);
	copy = content__store(fd);
	close(fd);
	if (copy >= 0)
		return take(analysis, copy, path, 0);
	content__complain(path, CONTENT_LOG, copy);
	return -1;
}

/* --- this machine --- */

/* Returns the domain of the journal; DOMID_UNKNOWN if neither Linux nor xenstore has it. */
static u16 own_domain(void)
{
	struct xenstore *xenstore;
	long domid = -1;

	if (facts__is_dom0())
		return 0;
	xenstore = xenstore__open();
	if (xenstore)
		domid = xenstore__read_number(xenstore, "domid");
	xenstore__close(xenstore);
	return domid < 0 || domid >= DOMID_FIRST_RESERVED ? DOMID_UNKNOWN : (u16)domid;
}

/*
 * Adds the journal of this boot, which is of this domain. journalctl runs with the user's
 * privileges.
 */
static int take_journal(struct analysis *analysis)
{
	char *argv[] = {"journalctl", "-b", "-q", "--no-pager", "-o", "short-iso", NULL};
	struct child child = {0};
	int err = child__start(&child, argv), fd, status;

	if (err) {
		pr_err("journalctl: %s: give explain a log, a capture or a bundle", strerror(-err));
		return -1;
	}
	fcntl(child.fd, F_SETFL, 0);
	fd = content__store(child.fd);
	close(child.fd);
	status = child__stop(&child);
	if (fd < 0) {
		content__complain("the journal", CONTENT_LOG, fd);
		return -1;
	}
	if (status) {
		close(fd);
		pr_err("journalctl ended with status %d: give explain a log, a capture or a bundle",
		       status);
		return -1;
	}
	return take_log(analysis, fd, "the journal", own_domain());
}

static int take_all(struct analysis *analysis, char *const *paths, int nr)
{
	int i;

	if (!nr)
		return take_journal(analysis);
	for (i = 0; i < nr; i++)
		if (take_path(analysis, paths[i]))
			return -1;
	return 0;
}

static int run(int argc, char **argv)
{
	struct explain_config cfg = {.common.output.path = "-"};
	struct analysis analysis;
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_explain, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	cfg.common.report.issue = true;
	if (!analysis__begin(&analysis, &cfg.common) &&
	    !take_all(&analysis, argv + first, argc - first))
		status = analysis__run(&analysis);
	analysis__end(&analysis);
	return status;
}

const struct command cmd_explain = {
	.name = "explain",
	.args = "[FILE]...",
	.summary = "Say what a log or a capture means",
	.help = "FILEs are what there is: kernel, Xen, console or daemon logs, what journalctl prints, captures,\n"
		"a bundle, a file of xentrace(8), what 'xl debug-keys g' prints; compressed or not, '-' for\n"
		"standard input. What each one is follows from its content. Without a FILE, the journal of this\n"
		"boot. The report says what happened, how bad it is, what is known to cause it, and what to\n"
		"collect next. 'explain --format github' fills the template of an issue for Qubes.",
	.opts = explain_opts,
	.nr_opts = ARRAY_SIZE(explain_opts),
	.run = run,
};
