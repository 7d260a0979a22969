// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain/log_parser.h"
#include "pipeline/log_tail.h"
#include "util/log.h"
#include "util/warden.h"

/*
 * Time after which a line is matched: verdicts come a second after their events, so the finding
 * exists by then.
 */
#define WAIT_NS (3 * NSEC_PER_SEC)
/* Interval at which the name of a log at its end is checked. */
#define LOOK_NS NSEC_PER_SEC
/* Bytes read from one log at a time, so that a flooded log does not delay the others. */
#define POLL_BYTES 65536

static int open_tail(struct log_tail *tail, const char *spec)
{
	struct stat st;

	if (log_file__open(&tail->log, spec))
		return -1;
	if (fstat(fileno(tail->log.file), &st) || !S_ISREG(st.st_mode)) {
		pr_err("--log %s: only a file can be followed", tail->log.name);
		return -1;
	}
	tail->dev = st.st_dev;
	tail->ino = st.st_ino;
	if (lseek(fileno(tail->log.file), 0, SEEK_END) >= 0)
		return 0;
	pr_err("%s: %s", tail->log.name, strerror(errno));
	return -1;
}

int log_tails__open(struct log_tails *tails, const struct opt_list *specs)
{
	u32 i;

	*tails = (struct log_tails){0};
	if (!specs->nr)
		return 0;
	tails->tail = calloc(specs->nr, sizeof(*tails->tail));
	tails->wait = calloc(LOG_TAIL_WAIT, sizeof(*tails->wait));
	if (!tails->tail || !tails->wait) {
		pr_err("out of memory");
		return -1;
	}
	for (i = 0; i < specs->nr; i++) {
		tails->nr++;
		if (open_tail(&tails->tail[i], specs->item[i]))
			return -1;
	}
	return 0;
}

void log_tails__close(struct log_tails *tails)
{
	u32 i;

	for (i = 0; i < tails->nr; i++) {
		log_file__close(&tails->tail[i].log);
		log_parser__free(tails->tail[i].parser);
		container__free(&tails->tail[i].container);
	}
	for (i = 0; i < tails->waiting; i++)
		free(tails->wait[(tails->first + i) % LOG_TAIL_WAIT].text);
	free(tails->tail);
	free(tails->wait);
	*tails = (struct log_tails){0};
}

/* Matches the line that has waited longest. */
static void match_first(struct log_tails *tails, struct pipeline *pipeline)
{
	struct log_tail_line *line = &tails->wait[tails->first];
	struct log_tail *tail = line->tail;

	if (!tail->parser)
		tail->parser = log_parser__new(pipeline->rules, tail->log.domid, true);
	if (tail->parser)
		log_parser__whole_line(tail->parser, line->text, line->len);
	free(line->text);
	tails->first = (tails->first + 1) % LOG_TAIL_WAIT;
	tails->waiting--;
}

/* Routine messages are not reported live. */
static void take_line(struct log_tails *tails, struct log_tail *tail, struct pipeline *pipeline,
		      u64 now)
{
	struct log_tail_line *line;
	char *text = tail->line, *copy;
	size_t len = tail->len;

	if (!container__join(&tail->container, &text, &len) || !log_parser__is_worth(text, len))
		return;
	copy = malloc(len + 1);
	if (!copy)
		return;
	memcpy(copy, text, len);
	if (tails->waiting == LOG_TAIL_WAIT)
		match_first(tails, pipeline);
	line = &tails->wait[(tails->first + tails->waiting++) % LOG_TAIL_WAIT];
	line->due = now > UINT64_MAX - WAIT_NS ? now : now + WAIT_NS;
	line->tail = tail;
	line->text = copy;
	line->len = len;
}

static void take_bytes(struct log_tails *tails, struct log_tail *tail, struct pipeline *pipeline,
		       u64 now, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			tail->cut |= tail->len == LOG_TAIL_LINE - 1;
			/* A NUL byte is no end of a line. */
			if (!tail->cut && bytes[i] != '\r')
				tail->line[tail->len++] = bytes[i] ? bytes[i] : ' ';
			continue;
		}
		take_line(tails, tail, pipeline, now);
		tail->len = 0;
		tail->cut = false;
	}
}

int log_tails__reopen(struct log_tails *tails, const char *name)
{
	char *end;
	unsigned long i = strtoul(name, &end, 10);
	struct log_tail *tail;
	struct stat st;
	int fd;

	if (end == name || *end || i >= tails->nr)
		return -EINVAL;
	tail = &tails->tail[i];
	fd = open(tail->log.name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (st.st_dev != tail->dev || st.st_ino != tail->ino)) {
		tail->dev = st.st_dev;
		tail->ino = st.st_ino;
		return fd;
	}
	close(fd);
	return -EAGAIN;
}

/* At the end of a renamed file: continues with the file that has the name now. */
static void look_again(struct log_tails *tails, struct log_tail *tail, u64 now)
{
	char name[16];
	FILE *file;
	int fd;

	if (now == UINT64_MAX || now < tail->look)
		return;
	tail->look = now + LOOK_NS;
	snprintf(name, sizeof(name), "%u", (u32)(tail - tails->tail));
	fd = warden__ask(WARDEN_LOG, name);
	if (fd < 0)
		return;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return;
	}
	log_file__close(&tail->log);
	tail->log.file = file;
	tail->len = 0;
	tail->cut = false;
}

static void read_tail(struct log_tails *tails, struct log_tail *tail, struct pipeline *pipeline,
		      u64 now)
{
	static char bytes[POLL_BYTES];
	int fd = fileno(tail->log.file);
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;
	ssize_t n;

	/* The log was truncated in place by its rotation: all its content is new. */
	if (!fstat(fd, &st) && st.st_size < at && lseek(fd, 0, SEEK_SET) == 0) {
		tail->len = 0;
		tail->cut = false;
	}
	n = read(fd, bytes, sizeof(bytes));
	if (n > 0)
		take_bytes(tails, tail, pipeline, now, bytes, (size_t)n);
	else if (!n)
		look_again(tails, tail, now);
}

void log_tails__poll(struct log_tails *tails, struct pipeline *pipeline, u64 now)
{
	u32 i;

	for (i = 0; i < tails->nr; i++)
		read_tail(tails, &tails->tail[i], pipeline, now);
	while (tails->waiting && (now == UINT64_MAX || tails->wait[tails->first].due <= now))
		match_first(tails, pipeline);
}
