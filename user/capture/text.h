/* SPDX-License-Identifier: GPL-2.0 */
/* The text form of a capture, a line for each record (docs/capture-format.md). */
#ifndef GRANTWATCH_CAPTURE_TEXT_H
#define GRANTWATCH_CAPTURE_TEXT_H

#include <stdio.h>

#include "capture/format.h"
#include "capture/writer.h"

#define TEXT_HEADER "grantwatch-capture 1"

/* Prints one record with its operations to @out. */
void text__print(FILE *out, const struct rec *rec);

/* Prints the end of a block. */
void text__print_mark(FILE *out, u64 watermark);

/*
 * Reads the text form from @in and adds its records to @writer. Messages about the first bad line
 * begin with "@name:LINE: ". Returns 0, -EINVAL for bad text, or the writer's error.
 */
int text__pack(FILE *in, const char *name, struct capture_writer *writer);

#endif
