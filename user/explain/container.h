/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Restores programs' lines from a container's log. Joins parts of a line, as Kubernetes' runtimes
 * (CRI) and docker write them, and JSON whose bytes are on lines of their own. Splits a line with
 * several lines in one JSON string or HTML element.
 */
#ifndef GRANTWATCH_EXPLAIN_CONTAINER_H
#define GRANTWATCH_EXPLAIN_CONTAINER_H

#include "util/types.h"

/* Longer lines are taken in pieces. */
#define CONTAINER_BYTES 65536u

enum container_part {
	PART_STDOUT,
	PART_STDERR,
	PART_JSON,  /* docker's "log" */
	PART_BYTES, /* "MESSAGE" : [, and a byte on each line */
	PARTS,
};

struct container {
	char *part[PARTS]; /* CONTAINER_BYTES each, NULL before first use */
	size_t len[PARTS];
	bool has_ends; /* docker's lines in this file have ends of line */
};

/*
 * Returns the length of the framing before a line's JSON, as in journalctl -o json-seq and
 * json-sse.
 */
size_t container__frame_len(const char *line, size_t len);

void container__free(struct container *container);

/*
 * Whether *@line of *@len bytes is a complete line or completes one; both are set to the complete
 * line then. Otherwise the part is kept.
 */
bool container__join(struct container *container, char **line, size_t *len);

/* At the end: returns a line whose last part is missing, false if none is left. */
bool container__rest(struct container *container, char **line, size_t *len);

/*
 * Returns the length of the first line in the @len bytes at @line. *@next is set to the offset of
 * the second, @len if there is none.
 */
size_t container__split(const char *line, size_t len, size_t *next);

#endif
