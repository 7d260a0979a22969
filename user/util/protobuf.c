// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "util/array.h"
#include "util/escape.h"
#include "util/memory.h"
#include "util/protobuf.h"

#define VARINT_MAX 10 /* bytes of a 64-bit number, 7 bits in each */

/* The encoding's wire types. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

/* Returns @len new bytes at the end. */
static u8 *extend(struct protobuf *buf, u32 len)
{
	u8 *data = array__reserve(buf->data, &buf->room, buf->len + len, 1);

	if (!data)
		memory__end();
	buf->data = data;
	buf->len += len;
	return data + buf->len - len;
}

/* Returns the number of bytes. */
static u32 encode_varint(u8 bytes[VARINT_MAX], u64 value)
{
	u32 n = 0;

	for (; value > 0x7f; value >>= 7)
		bytes[n++] = (u8)(value | 0x80);
	bytes[n++] = (u8)value;
	return n;
}

static void add_varint(struct protobuf *buf, u64 value)
{
	u8 bytes[VARINT_MAX];
	u32 n = encode_varint(bytes, value);

	memcpy(extend(buf, n), bytes, n);
}

static void add_tag(struct protobuf *buf, u32 field, enum wire wire)
{
	add_varint(buf, (u64)field << 3 | wire);
}

void protobuf__add_number(struct protobuf *buf, u32 field, u64 value)
{
	add_tag(buf, field, WIRE_VARINT);
	add_varint(buf, value);
}

void protobuf__add_fixed64(struct protobuf *buf, u32 field, u64 value)
{
	u32 i;
	u8 *bytes;

	add_tag(buf, field, WIRE_FIXED64);
	bytes = extend(buf, sizeof(value));
	for (i = 0; i < sizeof(value); i++)
		bytes[i] = (u8)(value >> 8 * i);
}

void protobuf__add_string(struct protobuf *buf, u32 field, const char *text)
{
	char *clean = is_printable(text) ? NULL : escape__dup(ESCAPE_UTF8, text);
	u32 len;

	text = clean ? clean : text;
	len = (u32)strlen(text);
	add_tag(buf, field, WIRE_LENGTH);
	add_varint(buf, len);
	memcpy(extend(buf, len), text, len);
	free(clean);
}

u32 protobuf__begin(struct protobuf *buf, u32 field)
{
	add_tag(buf, field, WIRE_LENGTH);
	return buf->len;
}

/* The length precedes the message, and only its end tells how many bytes the length has. */
void protobuf__end(struct protobuf *buf, u32 begin)
{
	u32 len = buf->len - begin;
	u8 bytes[VARINT_MAX];
	u32 n = encode_varint(bytes, len);

	extend(buf, n);
	memmove(buf->data + begin + n, buf->data + begin, len);
	memcpy(buf->data + begin, bytes, n);
}

void protobuf__write(struct protobuf *buf, FILE *out)
{
	fwrite(buf->data, 1, buf->len, out);
	free(buf->data);
	*buf = (struct protobuf){};
}
