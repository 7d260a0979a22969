// SPDX-License-Identifier: GPL-2.0
/*
 * record --rotate: the probes stay attached while one file follows another. The disk space is
 * bounded, and nothing is missing between two files. A restart keeps the files of the run before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/record.h"
#include "util/log.h"

#define ROTATE_COUNT_MAX 1000
#define ROTATE_SIZE_MIN	 ((u64)64 << 10)

static int parse_size(const char *text, char **end, u64 *bytes)
{
	static const char units[] = "KMG";
	const char *unit;

	errno = 0;
	*bytes = strtoull(text, end, 10);
	if (errno || *end == text || *text == '-' || *bytes > UINT32_MAX)
		return -1;
	unit = **end ? strchr(units, **end) : NULL;
	if (unit) {
		*bytes <<= 10 * (unit - units + 1);
		++*end;
	}
	return 0;
}

int record_config__parse_rotate(struct record_config *cfg)
{
	char *end, *last = "";
	unsigned long count = 0;

	if (!cfg->rotate)
		return 0;
	if (!cfg->output.path || output__is_stdout(&cfg->output)) {
		pr_err("record: --rotate needs -o FILE");
		return -1;
	}
	if (!parse_size(cfg->rotate, &end, &cfg->segment_bytes) && *end == ',')
		count = strtoul(end + 1, &last, 10);
	if (!count || count > ROTATE_COUNT_MAX || *last || cfg->segment_bytes < ROTATE_SIZE_MIN) {
		pr_err("record: --rotate takes SIZE,COUNT, at least 64K, and 1 to %u older files, for example 256M,4, not '%s'",
		       ROTATE_COUNT_MAX, cfg->rotate);
		return -1;
	}
	cfg->keep = (u32)count;
	return 0;
}

int record__open_file(const struct record *rec)
{
	const struct output_config *output = &rec->cfg.output;
	int fd;

	if (rec->cfg.rotate && output__rotate(output->path, rec->cfg.keep))
		return -1;
	fd = output__create(output, 0600);
	if (fd < 0)
		output__complain(output->path, fd);
	return fd;
}

static void begin_file(struct record *rec)
{
	int fd = record__open_file(rec);

	if (fd < 0) {
		rec->cannot_go_on = rec->stopping = true;
		return;
	}
	close(rec->out_fd);
	rec->out_fd = fd;
	pump__begin_file(&rec->pump, fd);
}

void record__check_size(struct record *rec)
{
	if (!rec->cfg.rotate || rec->pump.hindsight.resting || rec->pump.error ||
	    capture_writer__bytes(rec->pump.writer) < rec->cfg.segment_bytes)
		return;
	pump__end_file(&rec->pump);
	begin_file(rec);
}
