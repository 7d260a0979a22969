/* SPDX-License-Identifier: GPL-2.0 */
/* The text form of a capture: one line a record, specified in docs/capture-format.md. */
#ifndef GRANTWATCH_CAPTURE_TEXT_H
#define GRANTWATCH_CAPTURE_TEXT_H

#include <stdio.h>

#include "capture/format.h"
#include "capture/writer.h"

#define TEXT_HEADER "grantwatch-capture 1"

/* Print one record (with its operations) to @out. */
void text__print(FILE *out, const struct rec *rec);

/* Print the end of a block. */
void text__print_mark(FILE *out, u64 watermark);

/*
 * Read the text form from @in and append its records to @writer. @name is for messages, "NAME:LINE:
 * …", which say what is wrong with the first bad line. Returns 0, -EINVAL for bad text, or the
 * writer's error.
 */
int text__pack(FILE *in, const char *name, struct capture_writer *writer);

#endif
