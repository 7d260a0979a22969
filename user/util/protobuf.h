/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes messages in the encoding of Protocol Buffers (protobuf.dev/programming-guides/encoding).
 *
 * A library would be more than this. protobuf-c needs a compiler in the build, copies of Perfetto's
 * .proto files in the source, and a library in each package. Its structures hold a message as a
 * whole, in memory of their own. The encoding does not change.
 */
#ifndef GRANTWATCH_PROTOBUF_H
#define GRANTWATCH_PROTOBUF_H

#include <stdio.h>

#include "util/types.h"

/* Begins as zeros. The owner frees @data. Without memory the process ends (util/memory.h). */
struct protobuf {
	u8 *data;
	u32 len, room;
};

/* Add a field: an unsigned number, bool or enum; fixed64; a string, escaped (util/escape.h). */
void protobuf__add_number(struct protobuf *buf, u32 field, u64 value);
void protobuf__add_fixed64(struct protobuf *buf, u32 field, u64 value);
void protobuf__add_string(struct protobuf *buf, u32 field, const char *text);

/* Begins a message in a field. Returns a position for protobuf__end(). Messages nest. */
u32 protobuf__begin(struct protobuf *buf, u32 field);
void protobuf__end(struct protobuf *buf, u32 begin);

/* Writes everything to @out and frees the memory. */
void protobuf__write(struct protobuf *buf, FILE *out);

#endif
