// SPDX-License-Identifier: GPL-2.0
/* grantwatch bundle: one archive to attach to an issue. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "known/programs.h"
#include "pipeline/input_kind.h"
#include "renderers/redact_capture.h"
#include "util/log.h"
#include "util/output.h"
#include "util/privileges.h"

#define SELF	 "/proc/self/exe"
#define MAX_ARGS 160

struct bundle_config {
	struct output_config output;
	const char *xentrace;
	struct opt_list logs;
	bool keep_names;
};

static const struct opt bundle_opts[] = {
	OUTPUT_OPT(struct bundle_config, output,
		   "the archive, a file that must be new (grantwatch-bundle.tar.gz)"),
	OUTPUT_FORCE_OPT(struct bundle_config, output),
	{.name = "xentrace",
	 .letter = 'x',
	 .type = OPT_STRING,
	 .offset = offsetof(struct bundle_config, xentrace),
	 .metavar = "FILE",
	 .help = "what xentrace(8) recorded meanwhile; goes into the archive too"},
	{.name = "log",
	 .letter = 'l',
	 .type = OPT_LIST,
	 .offset = offsetof(struct bundle_config, logs),
	 .metavar = "[DOMID=]FILE",
	 .help = "a kernel's, Xen's or console's log: used for the report, not put into the archive"},
	{.name = "no-redact",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct bundle_config, keep_names),
	 .help = "keep names of qubes and programs; by default pseudonyms stand for them, in captures too"},
};

struct bundle {
	const struct bundle_config *cfg;
	char tmp[64]; /* removed at the end */
	char dir[96]; /* what becomes the archive */
	char copy[64][144];
	u32 nr_copies;
	char trace[144]; /* "" without one */
};

/* --- other programs --- */

/* Waits for @pid. Returns its exit status, -1 if a signal ended it. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs @argv with its standard output to @fd. Returns its exit status, -1 if it could not run. */
static int run_program(char *const *argv, int fd)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		if (fd >= 0 && (fd == STDOUT_FILENO || dup2(fd, STDOUT_FILENO) >= 0))
			execvp(argv[0], argv);
		_exit(127);
	}
	return wait_for(pid);
}

/* --- captures --- */

/* Runs without privileges, as the input may be hostile. */
static int redact(int in, int out, const char *name)
{
	struct capture_writer *writer = capture_writer__new(out);
	struct capture_stream stream;
	int err;

	if (!writer || capture_stream__init(&stream, in) || privileges__drop())
		return EXIT_ERROR;
	err = redact__capture(&stream, writer);
	if (err == -EINVAL)
		pr_err("%s: %s", name,
		       *stream.reader.error ? stream.reader.error
					    : "not a grantwatch capture: too short");
	else if (err)
		pr_err("%s: %s", name, strerror(-err));
	capture_stream__cleanup(&stream);
	capture_writer__free(writer);
	return err ? EXIT_ERROR : EXIT_CLEAN;
}

static int copy_bytes(int in, int out)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (output__write(out, buf, (size_t)n))
			return -1;
	return n ? -1 : 0;
}

static int redact_apart(int in, int out, const char *name, u32 series)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		program__series(series);
		_exit(redact(in, out, name));
	}
	return pid < 0 || wait_for(pid) ? -1 : 0;
}

/* Copies @from redacted, with pseudonyms numbered in @series, or unchanged with @series 0. */
static int take_file(const char *from, enum content wanted, const char *to, u32 series)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	int err = -1;

	if (in < 0) {
		pr_err("%s: %s", from, strerror(errno));
		return -1;
	}
	if (input_kind__check(in, from, wanted)) {
		close(in);
		return -1;
	}
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0) {
		pr_err("%s: %s", to, strerror(errno));
	} else if (!series) {
		err = copy_bytes(in, out);
		if (err)
			pr_err("%s: %s", from, strerror(errno));
	} else {
		err = redact_apart(in, out, from, series);
	}
	if (out >= 0 && close(out) && !err) {
		pr_err("%s: %s", to, strerror(errno));
		err = -1;
	}
	close(in);
	return err;
}

/* Numbered, as file names may be those of qubes. */
static int take_captures(struct bundle *bundle, char *const *paths, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		char *to = bundle->copy[bundle->nr_copies++];

		snprintf(to, sizeof(bundle->copy[0]), "%s/capture-%d.gwc", bundle->dir, i + 1);
		if (take_file(paths[i], CONTENT_CAPTURE, to,
			      bundle->cfg->keep_names ? 0 : (u32)i + 1))
			return -1;
	}
	if (!bundle->cfg->xentrace)
		return 0;
	/* The trace has domids and times only: nothing to redact. */
	snprintf(bundle->trace, sizeof(bundle->trace), "%s/xentrace.bin", bundle->dir);
	return take_file(bundle->cfg->xentrace, CONTENT_XENTRACE, bundle->trace, 0);
}

/* --- reports --- */

/* Writes the report in one format. Returns analyze's exit status, -1 without one. */
static int report(struct bundle *bundle, const char *format, const char *file)
{
	const struct bundle_config *cfg = bundle->cfg;
	char *argv[MAX_ARGS], to[144], pictures[144];
	u32 n = 0, i;

	snprintf(to, sizeof(to), "%s/%s", bundle->dir, file);
	snprintf(pictures, sizeof(pictures), "%s/pictures", bundle->dir);
	argv[n++] = SELF;
	argv[n++] = "analyze";
	argv[n++] = "-q";
	argv[n++] = "--format";
	argv[n++] = (char *)format;
	argv[n++] = "-o";
	argv[n++] = to;
	if (!strcmp(format, "text")) {
		argv[n++] = "--pictures";
		argv[n++] = pictures;
	}
	if (cfg->keep_names)
		argv[n++] = "--no-redact";
	if (bundle->trace[0]) {
		argv[n++] = "--xentrace";
		argv[n++] = bundle->trace;
	}
	for (i = 0; i < cfg->logs.nr; i++) {
		argv[n++] = "--log";
		argv[n++] = (char *)cfg->logs.item[i];
	}
	for (i = 0; i < bundle->nr_copies; i++)
		argv[n++] = bundle->copy[i];
	argv[n] = NULL;
	return run_program(argv, STDOUT_FILENO);
}

static const struct {
	const char *format, *file, *what;
} reports[] = {
	{"text", "report.txt", "the report, to read"},
	{"github", "report.md", "the same, to paste into an issue on GitHub"},
	{"mail", "report.mail", "the same, to paste into a mail to xen-devel"},
	{"html", "report.html", "the same as a page, with pictures"},
	{"json", "report.ndjson", "the same for programs"},
};

/* Writes all reports. Their exit statuses are equal; returns it. */
static int write_reports(struct bundle *bundle)
{
	char pictures[144];
	int status = -1;
	size_t i;

	snprintf(pictures, sizeof(pictures), "%s/pictures", bundle->dir);
	if (mkdir(pictures, 0755)) {
		pr_err("%s: %s", pictures, strerror(errno));
		return -1;
	}
	for (i = 0; i < ARRAY_SIZE(reports); i++) {
		status = report(bundle, reports[i].format, reports[i].file);
		/* analyze has said why. */
		if (status != EXIT_CLEAN && status != EXIT_RACE && status != EXIT_BLIND)
			return -1;
	}
	return status;
}

/* Describes this machine, which is the dom0 of the captures if the bundle is made there. */
static void write_environment(const struct bundle *bundle)
{
	char *argv[] = {SELF, "doctor", NULL};
	int fd, status = EXIT_ERROR;
	char to[144];

	snprintf(to, sizeof(to), "%s/environment.txt", bundle->dir);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		status = run_program(argv, fd);
	/* doctor logs why. */
	if (status != EXIT_CLEAN && status != EXIT_BLIND && status != EXIT_UNSUPPORTED)
		pr_warn("%s: the state of this machine could not be written", to);
	if (fd >= 0)
		close(fd);
}

static int write_readme(const struct bundle *bundle)
{
	char path[144];
	FILE *out;
	size_t i;

	snprintf(path, sizeof(path), "%s/README.txt", bundle->dir);
	out = fopen(path, "we");
	if (!out) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	fprintf(out, "Made by grantwatch %s. Names of qubes and programs: %s.\n\n",
		GRANTWATCH_VERSION,
		bundle->cfg->keep_names ? "as they are" : "replaced by pseudonyms");
	for (i = 0; i < ARRAY_SIZE(reports); i++)
		fprintf(out, "%-16s %s\n", reports[i].file, reports[i].what);
	fputs("pictures/        a timeline of each finding\n"
	      "capture-N.gwc    what the domains recorded\n",
	      out);
	if (bundle->trace[0])
		fputs("xentrace.bin     what Xen recorded meanwhile\n", out);
	fputs("environment.txt  'grantwatch doctor' on the machine where this was put together\n\n"
	      "To judge again:  grantwatch analyze ",
	      out);
	fputs(bundle->trace[0] ? "--xentrace xentrace.bin capture-*.gwc\n" : "capture-*.gwc\n",
	      out);
	if (bundle->cfg->logs.nr)
		fputs("Logs were used for the reports and are not in here: they may hold anything.\n",
		      out);
	return output__close(out, path);
}

/* --- the archive --- */

/* Lists what was written, and where. */
static void tell_archive(const struct bundle *bundle, int fd)
{
	const struct output_config *output = &bundle->cfg->output;
	char *path = output__is_stdout(output) ? NULL : realpath(output->path, NULL);
	struct stat st;

	if (path && !fstat(fd, &st))
		pr_info("wrote %s: %zu reports, pictures, %u captures%s, environment.txt; %" PRIu64
			" KiB; names are %s",
			path, ARRAY_SIZE(reports), bundle->nr_copies,
			bundle->trace[0] ? ", xentrace.bin" : "", (u64)(st.st_size + 1023) / 1024,
			bundle->cfg->keep_names ? "as they are" : "replaced by pseudonyms");
	free(path);
}

/*
 * Packs in a fixed order, without owners and times: the same captures give the same archive on one
 * machine.
 */
static int pack_up(const struct bundle *bundle)
{
	char *argv[] = {"tar",
			"--sort=name",
			"--mtime=@0",
			"--owner=0",
			"--group=0",
			"--numeric-owner",
			"--mode=u=rwX,go=rX",
			"-C",
			(char *)bundle->tmp,
			"-cz",
			"grantwatch-bundle",
			NULL};
	const struct output_config *output = &bundle->cfg->output;
	int status, fd = output__create(output, 0666);

	if (fd < 0) {
		output__complain(output->path, fd);
		return -1;
	}
	status = run_program(argv, fd);
	if (status == 127)
		pr_err("no tar: install it");
	else if (status)
		pr_err("%s: tar ended with status %d", output->path, status);
	else
		tell_archive(bundle, fd);
	if (fd != STDOUT_FILENO)
		close(fd);
	return status ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int begin(struct bundle *bundle)
{
	const char *base = getenv("TMPDIR");

	if (!base || strlen(base) > 32)
		base = "/tmp";
	snprintf(bundle->tmp, sizeof(bundle->tmp), "%s/grantwatch-XXXXXX", base);
	if (!mkdtemp(bundle->tmp)) {
		pr_err("%s: %s", bundle->tmp, strerror(errno));
		return -1;
	}
	snprintf(bundle->dir, sizeof(bundle->dir), "%s/grantwatch-bundle", bundle->tmp);
	if (!mkdir(bundle->dir, 0755))
		return 0;
	pr_err("%s: %s", bundle->dir, strerror(errno));
	return -1;
}

/* The archive must not replace its inputs. */
static void protect_inputs(const struct bundle_config *cfg, char *const *paths, int nr)
{
	u32 i;

	while (nr--)
		output__protect(paths[nr]);
	if (cfg->xentrace)
		output__protect(cfg->xentrace);
	for (i = 0; i < cfg->logs.nr; i++) {
		const char *file = strchr(cfg->logs.item[i], '=');

		output__protect(cfg->logs.item[i]);
		if (file)
			output__protect(file + 1);
	}
}

static int make(struct bundle *bundle, char *const *paths, int nr)
{
	int status;

	protect_inputs(bundle->cfg, paths, nr);
	if (output__check(&bundle->cfg->output))
		return EXIT_ERROR;
	if (take_captures(bundle, paths, nr))
		return EXIT_ERROR;
	status = write_reports(bundle);
	if (status < 0 || write_readme(bundle))
		return EXIT_ERROR;
	write_environment(bundle);
	return pack_up(bundle) ? EXIT_ERROR : status;
}

static int run(int argc, char **argv)
{
	struct bundle_config cfg = {.output.path = "grantwatch-bundle.tar.gz"};
	struct bundle *bundle;
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_bundle, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first == argc || argc - first > (int)ARRAY_SIZE(bundle->copy)) {
		pr_err("bundle takes 1 to %zu captures: grantwatch bundle dom0.gwc guest.gwc",
		       ARRAY_SIZE(bundle->copy));
		return EXIT_ERROR;
	}
	bundle = calloc(1, sizeof(*bundle));
	if (!bundle) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	bundle->cfg = &cfg;
	if (!begin(bundle))
		status = make(bundle, argv + first, argc - first);
	nftw(bundle->tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(bundle);
	return status;
}

const struct command cmd_bundle = {
	.name = "bundle",
	.args = "FILE...",
	.summary = "Put captures, reports and environment into one archive",
	.help = "FILEs are captures as for 'analyze'. The archive is what to attach to an issue: names of\n"
		"qubes and programs are replaced in all of it. The exit status is that of the verdict.",
	.opts = bundle_opts,
	.nr_opts = ARRAY_SIZE(bundle_opts),
	.run = run,
};
