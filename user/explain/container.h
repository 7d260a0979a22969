/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines as programs wrote them, out of the lines of a container: parts of a line are joined, as
 * Kubernetes' runtimes (CRI) and docker write them, and JSON whose bytes stand in lines of their
 * own; a line that holds several in one JSON string or HTML element is split.
 */
#ifndef GRANTWATCH_EXPLAIN_CONTAINER_H
#define GRANTWATCH_EXPLAIN_CONTAINER_H

#include "util/types.h"

/* A longer line is taken in pieces. */
#define CONTAINER_BYTES 65536u

enum container_part {
	PART_STDOUT,
	PART_STDERR,
	PART_JSON,  /* docker's "log" */
	PART_BYTES, /* "MESSAGE" : [, a byte a line */
	PARTS,
};

struct container {
	char *part[PARTS]; /* CONTAINER_BYTES each, NULL: none yet */
	size_t len[PARTS];
	bool has_ends; /* docker's lines have their ends in this file */
};

/* The length of what stands before a line's JSON: of journalctl -o json-seq and json-sse. */
size_t container__frame_len(const char *line, size_t len);

void container__free(struct container *container);

/*
 * Whether *@line of *@len bytes is all of a line, or the last part of one: then they are set to
 * the whole. False: it is kept until more of it comes.
 */
bool container__join(struct container *container, char **line, size_t *len);

/* At the end: a line whose last part never came, false when there is none left. */
bool container__rest(struct container *container, char **line, size_t *len);

/*
 * The length of the first of the lines in the @len bytes at @line, all of it if there is one only;
 * *@next is where the second begins.
 */
size_t container__split(const char *line, size_t len, size_t *next);

#endif
