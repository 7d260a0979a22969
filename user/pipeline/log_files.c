// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/content.h"
#include "explain/log_bytes.h"
#include "explain/log_parser.h"
#include "pipeline/input_kind.h"
#include "pipeline/log_files.h"
#include "util/log.h"

/* percentage of control bytes above which a file is no text */
#define MAX_ODD_PERCENT 3
#define MAX_NUL_PERCENT 30

/*
 * Unpacks a log compressed by logrotate with the program for its format; gzip is read directly.
 * Pipes are not unpacked.
 */
static int unpack(struct log_file *log)
{
	int content = content__of_file(fileno(log->file)), fd;

	if (content < 0 || !content__program((enum content)content) || content == CONTENT_GZIP)
		return 0;
	fd = content__unpack(fileno(log->file), (enum content)content);
	if (fd < 0) {
		content__complain(log->name, (enum content)content, fd);
		return -1;
	}
	log_file__close(log);
	log->file = fdopen(fd, "r");
	return log->file ? 0 : -1;
}

int log_file__open(struct log_file *log, const char *spec)
{
	char *end;
	unsigned long domid = strtoul(spec, &end, 10);

	log->name = spec;
	if (end != spec && *end == '=' && domid < DOMID_FIRST_RESERVED)
		log->name = end + 1;
	else
		domid = DOMID_UNKNOWN;
	log->domid = (u16)domid;
	log->file = strcmp(log->name, "-") ? fopen(log->name, "re") : stdin;
	if (!log->file) {
		pr_err("%s: %s", log->name, strerror(errno));
		return -1;
	}
	if (input_kind__check_log(fileno(log->file), log->name)) {
		log_file__close(log);
		return -1;
	}
	return unpack(log);
}

int log_file__adopt(struct log_file *log, int fd, const char *name)
{
	*log = (struct log_file){.file = fdopen(fd, "r"), .name = name, .domid = DOMID_UNKNOWN};
	if (log->file)
		return 0;
	pr_err("%s: %s", name, strerror(errno));
	close(fd);
	return -1;
}

void log_file__close(struct log_file *log)
{
	if (log->file && log->file != stdin)
		fclose(log->file);
	log->file = NULL;
}

static void take_line(void *ctx, char *line, size_t len)
{
	log_parser__line(ctx, line, len);
}

/* Returns why the file is no readable log, NULL if it is one. */
static const char *complaint(const struct log_bytes *bytes, const struct log_parser *parser)
{
	if (log_parser__known(parser))
		return NULL;
	if (!bytes->bytes)
		return "it is empty";
	if (bytes->odd_bytes * 100 > bytes->bytes * MAX_ODD_PERCENT ||
	    bytes->nul_bytes * 100 > bytes->bytes * MAX_NUL_PERCENT)
		return "it is binary, not a text";
	if (!bytes->nr_lines)
		return "there is no line in it";
	return NULL;
}

/* Reports give the log's number, not its name: the name may be a qube's. */
static void complain(struct pipeline *pipeline, const struct log_file *log, const char *why)
{
	pr_err("%s: %s", log->name, why);
	if (pipeline->nr_bad_logs == ARRAY_SIZE(pipeline->bad_log))
		return;
	snprintf(pipeline->bad_log[pipeline->nr_bad_logs++], sizeof(pipeline->bad_log[0]),
		 "log %u could not be used: %s", pipeline->nr_logs, why);
}

int pipeline__read_log(struct pipeline *pipeline, const struct log_file *log)
{
	struct log_parser *parser = log_parser__new(pipeline->rules, log->domid, false);
	struct log_bytes bytes = {.line = take_line, .ctx = parser};
	const char *why = NULL;
	int err;

	if (!parser) {
		pr_err("out of memory");
		return -1;
	}
	pipeline->nr_logs++;
	err = log_bytes__read(&bytes, fileno(log->file), &why);
	log_parser__end(parser);
	if (err && err != -EBADMSG)
		pr_err("%s: %s", log->name, strerror(-err));
	else if (err || complaint(&bytes, parser))
		complain(pipeline, log, err ? why : complaint(&bytes, parser));
	else if (!log_parser__known(parser) && !log_parser__looks_right(parser))
		pipeline->strange_logs++;
	log_parser__free(parser);
	return err && err != -EBADMSG ? -1 : 0;
}
