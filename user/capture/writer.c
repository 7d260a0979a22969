// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/kept.h"
#include "capture/writer.h"

struct capture_writer {
	int fd;
	int error; /* first error: after a failed write the file's end is unknown */
	bool have_header;
	u32 seq;
	u32 nr;
	u32 len;
	u64 bytes;
	u64 events, lost;  /* in this file */
	struct kept *kept; /* NULL: no other file follows */
	u8 out[sizeof(struct block_header) + BLOCK_MAX] __attribute__((aligned(8)));
};

struct capture_writer *capture_writer__new(int fd)
{
	struct capture_writer *writer = malloc(sizeof(*writer));

	if (!writer)
		return NULL;
	/* Leaves the block uninitialised, as it is written before it is read. */
	memset(writer, 0, offsetof(struct capture_writer, out));
	writer->fd = fd;
	return writer;
}

struct capture_writer *capture_writer__append(int fd, u32 seq)
{
	struct capture_writer *writer = capture_writer__new(fd);

	if (writer) {
		writer->have_header = true;
		writer->seq = seq;
	}
	return writer;
}

void capture_writer__free(struct capture_writer *writer)
{
	if (writer && writer->kept)
		kept__cleanup(writer->kept);
	if (writer)
		free(writer->kept);
	free(writer);
}

int capture_writer__keep(struct capture_writer *writer)
{
	writer->kept = calloc(1, sizeof(*writer->kept));
	return writer->kept ? 0 : -ENOMEM;
}

static int write_all(struct capture_writer *writer, const void *buf, size_t len)
{
	const char *pos = buf;

	while (len) {
		ssize_t n = write(writer->fd, pos, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			writer->error = -errno;
			return writer->error;
		}
		pos += n;
		len -= (size_t)n;
		writer->bytes += (u64)n;
	}
	return 0;
}

static int write_file_header(struct capture_writer *writer)
{
	struct capture_header header = {
		.magic = CAPTURE_MAGIC,
		.version = CAPTURE_VERSION,
		.header_len = sizeof(header),
	};

	writer->have_header = true;
	return write_all(writer, &header, sizeof(header));
}

int capture_writer__flush(struct capture_writer *writer, u64 watermark)
{
	struct block_header *header = (struct block_header *)(void *)writer->out;
	int err;

	if (writer->error)
		return writer->error;
	if (!writer->have_header) {
		err = write_file_header(writer);
		if (err)
			return err;
	}
	*header = (struct block_header){
		.magic = BLOCK_MAGIC,
		.len = writer->len,
		.seq = writer->seq++,
		.nr = writer->nr,
		.watermark = watermark,
	};
	header->crc = (u32)crc32(0, writer->out + sizeof(*header), writer->len);
	header->hcrc = (u32)crc32(0, writer->out, offsetof(struct block_header, hcrc));
	err = write_all(writer, writer->out, sizeof(*header) + writer->len);
	writer->len = 0;
	writer->nr = 0;
	if (writer->kept)
		kept__mark(writer->kept, watermark);
	return err;
}

static void count(struct capture_writer *writer, const struct rec *rec)
{
	if (REC_IS_EVENT(rec->type))
		writer->events++;
	else if (rec->type == REC_LOSS)
		writer->lost += ((const struct rec_loss *)(const void *)rec)->count;
}

/* Like capture_writer__add(), and sets *@added to the record in the block. */
static int add(struct capture_writer *writer, const void *head, size_t head_len, const void *tail,
	       size_t tail_len, const struct rec **added)
{
	size_t len = (head_len + tail_len + 7) & ~(size_t)7;
	struct rec *rec;
	u8 *dst;

	if (writer->error)
		return writer->error;
	if (head_len < sizeof(*rec) || len > RECORD_MAX)
		return -E2BIG;
	/* A block written because it is full repeats the last watermark. */
	if (writer->len + len > BLOCK_MAX) {
		int err = capture_writer__flush(writer, 0);

		if (err)
			return err;
	}
	dst = writer->out + sizeof(struct block_header) + writer->len;
	memset(dst + len - 8, 0, 8);
	memcpy(dst, head, head_len);
	if (tail_len)
		memcpy(dst + head_len, tail, tail_len);
	rec = (struct rec *)(void *)dst;
	rec->len = (u32)len;
	writer->len += (u32)len;
	writer->nr++;
	count(writer, rec);
	*added = rec;
	return 0;
}

int capture_writer__add(struct capture_writer *writer, const void *head, size_t head_len,
			const void *tail, size_t tail_len)
{
	const struct rec *rec;
	int err = add(writer, head, head_len, tail, tail_len, &rec);

	return err || !writer->kept ? err : kept__see(writer->kept, rec);
}

int capture_writer__next(struct capture_writer *writer, int fd)
{
	const struct kept *kept = writer->kept;
	const struct rec *rec;
	int err = writer->error;
	u32 i;

	writer->fd = fd;
	writer->have_header = false;
	writer->seq = 0;
	writer->bytes = 0;
	writer->events = 0;
	writer->lost = 0;
	for (i = 0; i < kept->nr && !err; i++)
		err = add(writer, kept->rec[i], kept->rec[i]->len, NULL, 0, &rec);
	return err;
}

u64 capture_writer__bytes(const struct capture_writer *writer)
{
	return writer->bytes;
}

u64 capture_writer__events(const struct capture_writer *writer)
{
	return writer->events;
}

u64 capture_writer__lost(const struct capture_writer *writer)
{
	return writer->lost;
}

/* Joins two strings with their terminators, the second truncated so that both fit TEXT_MAX. */
static size_t join(char *text, const char *first, const char *second)
{
	size_t a = strnlen(first, 255);
	size_t b = strnlen(second, TEXT_MAX - a - 2);

	memcpy(text, first, a);
	text[a] = '\0';
	memcpy(text + a + 1, second, b);
	text[a + 1 + b] = '\0';
	return a + b + 2;
}

int capture_writer__fact(struct capture_writer *writer, u64 time, const char *key,
			 const char *value)
{
	struct rec_fact rec = {.h.type = REC_FACT, .time = time};
	char text[TEXT_MAX];

	return capture_writer__add(writer, &rec, sizeof(rec), text, join(text, key, value));
}

int capture_writer__probe(struct capture_writer *writer, u64 time, enum probe_state state,
			  u32 events, const char *name, const char *detail)
{
	struct rec_probe rec = {
		.h.type = REC_PROBE, .time = time, .state = state, .events = events};
	char text[TEXT_MAX];

	return capture_writer__add(writer, &rec, sizeof(rec), text, join(text, name, detail));
}

int capture_writer__task(struct capture_writer *writer, u32 id, u32 pid, u32 tid, const char *comm)
{
	struct rec_task rec = {.h.type = REC_TASK, .id = id, .pid = pid, .tid = tid};

	memcpy(rec.comm, comm, strnlen(comm, sizeof(rec.comm) - 1));
	return capture_writer__add(writer, &rec, sizeof(rec), NULL, 0);
}

int capture_writer__process(struct capture_writer *writer, u32 task, const char *comm)
{
	struct rec_process rec = {.h.type = REC_PROCESS, .id = task};

	memcpy(rec.comm, comm, strnlen(comm, sizeof(rec.comm) - 1));
	return capture_writer__add(writer, &rec, sizeof(rec), NULL, 0);
}

static int add_text(struct capture_writer *writer, const void *head, size_t head_len,
		    const char *text)
{
	char cut[TEXT_MAX];
	size_t len = strnlen(text, TEXT_MAX - 1);

	memcpy(cut, text, len);
	cut[len] = '\0';
	return capture_writer__add(writer, head, head_len, cut, len + 1);
}

int capture_writer__stack(struct capture_writer *writer, u32 id, const char *text)
{
	struct rec_stack rec = {.h.type = REC_STACK, .id = id};

	return add_text(writer, &rec, sizeof(rec), text);
}

int capture_writer__log(struct capture_writer *writer, u64 time, const char *text)
{
	struct rec_log rec = {.h.type = REC_LOG, .time = time};

	return add_text(writer, &rec, sizeof(rec), text);
}
