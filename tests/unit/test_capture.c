// SPDX-License-Identifier: GPL-2.0
/*
 * Writing and reading of captures. Damaged or forged captures do no harm, and the damage is
 * counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "capture/fields.h"
#include "capture/stream.h"
#include "capture/text.h"
#include "util/log.h"

/* All record types with all fields set, as the text form prints them. */
static const char everything[] =
	"grantwatch-capture 1\n"
	"fact time 0.000000001 key domid value 5\n"
	"task id 1 pid 22 tid 23 comm gui agent\n"
	"process id 1 comm the gui\n"
	"stack id 1 frames gnttab_a+0x1; b+0x2 [xen_gntalloc]\n"
	"phase time 0.500000000 state attaching\n"
	"phase time 0.900000000 state recording\n"
	"wall mono 1.000000100 real 1774875188.123456789\n"
	"clock cpu 3 mono 1.000000000 tsc0 10 tsc1 12 stamp 9 system 7.000000000 mul 5 shift -3\n"
	"probe time 0.000000000 state missing events 0x3 name gnttab_x how not in kallsyms\n"
	"loss since 1.000000000 until 2.000000000 count 7 kind ring events 0x1\n"
	"mark 1.000000000\n"
	"log time 1.500000000 text backed has not unmapped grant: 80\n"
	"grant in 1.000000001 out 1.000000002 cpu 2 flags 0x3 task 1 stack 1 ref 80 peer 4 gflags 0x5 "
	"frame 0x1234\n"
	"revoke out 2.000000000 ref 80 result refused\n"
	"revoke out 2.000000001 ref 80 result ok\n"
	"free out 2.000000002 ref 80\n"
	"release out 2.000000003 ref 81\n"
	"reset out 2.000000004\n"
	"arm out 2.000000005 file 3 index 0x1000\n"
	"  op granter 5 ref 80\n"
	"disarm out 2.000000006 flags 0x8 file 3\n"
	"map out 2.000000007 flags 0x10 file 1 first 64 total 200 index 0x2000\n"
	"  op granter 5 ref 80 status 0 handle 7 mflags 0x2 frame 0xbd3d3\n"
	"  op granter 5 ref 81 status -1 handle 4294967295 mflags 0x6 frame 0x0\n"
	"unmap out 2.000000008\n"
	"  op granter 65535 ref 0 status -4 handle 9\n"
	"ring out 2.000000009 file 2 ret -22\n"
	"  op granter 5 ref 8\n"
	"ring-unmap out 2.000000010 file 2\n"
	"copy out 2.000000011\n"
	"  op granter 5 ref 99 status -1 cflags 0x1\n"
	"entry in 2.000000012 out 2.000000013\n"
	"  op granter 5 ref 99 peer 0 eflags 0x19 frame 0x1234 before 2.000000001\n"
	"  op granter 5 ref 100 peer 7 eflags 0x0 frame 0x0 before 0.000000000\n"
	"end time 3.000000000 events 13 lost 7\n"
	"mark 3.000000000\n";

struct bytes {
	u8 *data;
	size_t len;
};

static struct bytes pack(const char *text, int expect)
{
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	FILE *in = fmemopen((void *)(size_t)text, strlen(text), "r");
	struct bytes bytes;

	assert_int_equal(text__pack(in, "text", writer), expect);
	bytes.len = (size_t)capture_writer__bytes(writer);
	bytes.data = aligned_alloc(8, (bytes.len + 15) & ~(size_t)7);
	assert_int_equal(pread(fd, bytes.data, bytes.len, 0), (ssize_t)bytes.len);
	capture_writer__free(writer);
	fclose(in);
	close(fd);
	return bytes;
}

/* Returns the text of all records read from @bytes. The caller inspects and cleans up @stream. */
static char *dump(const struct bytes *bytes, struct capture_stream *stream)
{
	int fd = memfd_create("capture", 0);
	enum stream_status status;
	const struct rec *rec;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(pwrite(fd, bytes->data, bytes->len, 0), (ssize_t)bytes->len);
	assert_int_equal(capture_stream__init(stream, fd), 0);
	fprintf(out, "%s\n", TEXT_HEADER);
	while ((status = capture_stream__next_blocking(stream, &rec)) != STREAM_EOF &&
	       status != STREAM_BAD) {
		if (status == STREAM_REC)
			text__print(out, rec);
		else
			text__print_mark(out, stream->block.watermark);
	}
	fclose(out);
	close(fd);
	return text;
}

static void test_round_trip(void **state)
{
	struct bytes bytes = pack(everything, 0), again;
	struct capture_stream stream;
	char *text = dump(&bytes, &stream);

	assert_string_equal(text, everything);
	assert_int_equal(stream.reader.skipped + stream.reader.bad_records, 0);
	again = pack(text, 0);
	assert_int_equal(again.len, bytes.len);
	assert_memory_equal(again.data, bytes.data, bytes.len);
	capture_stream__cleanup(&stream);
	free(text);
	free(bytes.data);
	free(again.data);
}

static void test_text_has_every_type(void **state)
{
	char line[64];
	u8 type;

	for (type = 1; type < REC_TYPE_MAX; type++) {
		if (!rec_descs[type].name)
			continue;
		snprintf(line, sizeof(line), "\n%s ", rec_descs[type].name);
		assert_non_null(strstr(everything, line));
	}
}

/* A capture cut at any byte: whole blocks are read, and the rest is counted as damage. */
static void test_cut_anywhere(void **state)
{
	struct bytes bytes = pack(everything, 0);
	size_t len, full = bytes.len;
	const char *first_end = strstr(everything, "mark 1.0") + strlen("mark 1.000000000\n");

	for (len = 0; len < full; len++) {
		struct bytes cut = {bytes.data, len};
		struct capture_stream stream;
		char *text = dump(&cut, &stream);
		size_t n = strlen(text);

		assert_true(n == sizeof(TEXT_HEADER) || n == (size_t)(first_end - everything));
		assert_memory_equal(text, everything, n);
		if (len && len != sizeof(struct capture_header) && n == sizeof(TEXT_HEADER))
			assert_true(capture_stream__tail(&stream) > 0);
		capture_stream__cleanup(&stream);
		free(text);
	}
	free(bytes.data);
}

/* Checks that @torn reads as its first block and @next (NULL: nothing), with the damage counted. */
static void check_torn(const struct bytes *torn, size_t first_len, const char *next)
{
	struct capture_stream stream;
	char *text = dump(torn, &stream);

	assert_memory_equal(text, everything, first_len);
	assert_string_equal(text + first_len, next ? next : "");
	assert_true(stream.reader.skipped + capture_stream__tail(&stream) > 0);
	assert_int_equal(stream.reader.lost_blocks, !!next);
	capture_stream__cleanup(&stream);
	free(text);
}

/* Appends a block to @torn, as a recorder does which continues a file. */
static struct bytes append_block(const struct bytes *torn)
{
	struct rec_ref free_rec = {.e = {.h.type = REC_FREE, .t_in = 4, .t_out = 4}, .ref = 7};
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__append(fd, 2);
	struct bytes longer = {.len = torn->len};

	assert_int_equal(write(fd, torn->data, torn->len), (ssize_t)torn->len);
	capture_writer__add(writer, &free_rec, sizeof(free_rec), NULL, 0);
	assert_int_equal(capture_writer__flush(writer, 5), 0);
	longer.len += (size_t)capture_writer__bytes(writer);
	longer.data = aligned_alloc(8, longer.len);
	assert_int_equal(pread(fd, longer.data, longer.len, 0), (ssize_t)longer.len);
	capture_writer__free(writer);
	close(fd);
	return longer;
}

/*
 * A power failure during the write of the last block. The file has its full length, but from some
 * offset on the bytes are zeros, ones, or older contents of the disk. The blocks before it, and a
 * block appended later, are read.
 */
static void test_torn_anywhere(void **state)
{
	const char *mark = strstr(everything, "mark 1.0") + strlen("mark 1.000000000\n");
	size_t first_len = (size_t)(mark - everything), last, at, kind;
	struct bytes bytes = pack(everything, 0), torn = {.len = bytes.len};
	struct block_header header;

	memcpy(&header, bytes.data + sizeof(struct capture_header), sizeof(header));
	last = sizeof(struct capture_header) + sizeof(header) + header.len;
	torn.data = aligned_alloc(8, (bytes.len + 7) & ~(size_t)7);
	for (at = last; at < bytes.len; at++) {
		for (kind = 0; kind < 3; kind++) {
			struct bytes longer;

			memcpy(torn.data, bytes.data, bytes.len);
			if (kind < 2)
				memset(torn.data + at, kind ? 0xff : 0, bytes.len - at);
			else
				memcpy(torn.data + at, bytes.data + at - last, bytes.len - at);
			/* Nothing is torn if the bytes are the same. */
			if (!memcmp(torn.data, bytes.data, bytes.len))
				continue;
			check_torn(&torn, first_len, NULL);
			longer = append_block(&torn);
			check_torn(&longer, first_len,
				   "free out 0.000000004 ref 7\nmark 0.000000005\n");
			free(longer.data);
		}
	}
	free(torn.data);
	free(bytes.data);
}

/*
 * A sequence of valid headers, each of which claims the longest payload. The reader computes
 * checksums over no more bytes than the capture has.
 */
static void test_headers_only(void **state)
{
	const size_t len = 20 * BLOCK_MAX;
	struct block_header header = {.magic = BLOCK_MAGIC, .len = BLOCK_MAX, .nr = 1, .seq = 1};
	struct bytes bytes = pack(everything, 0), longer = {.len = bytes.len + len};
	struct capture_stream stream;
	char *text;
	size_t at;

	header.seq = 3;
	header.hcrc = (u32)crc32(0, (const Bytef *)&header, offsetof(struct block_header, hcrc));
	longer.data = aligned_alloc(8, (longer.len + 7) & ~(size_t)7);
	memcpy(longer.data, bytes.data, bytes.len);
	for (at = bytes.len; at < longer.len; at += sizeof(header))
		memcpy(longer.data + at, &header, sizeof(header));
	text = dump(&longer, &stream);
	assert_string_equal(text, everything);
	assert_true(stream.reader.vain <= 17 * BLOCK_MAX + len);
	assert_int_equal(stream.reader.skipped + capture_stream__tail(&stream), len);
	capture_stream__cleanup(&stream);
	free(text);
	free(longer.data);
	free(bytes.data);
}

/* One changed byte at any offset: its block is dropped and counted. */
static void test_flip_anywhere(void **state)
{
	struct bytes bytes = pack(everything, 0);
	size_t i;

	for (i = sizeof(struct capture_header); i < bytes.len; i++) {
		struct capture_stream stream;
		char *text;

		bytes.data[i] ^= 0x5a;
		text = dump(&bytes, &stream);
		assert_string_not_equal(text, everything);
		assert_true(stream.reader.skipped || capture_stream__tail(&stream));
		bytes.data[i] ^= 0x5a;
		capture_stream__cleanup(&stream);
		free(text);
	}
	free(bytes.data);
}

static void test_not_a_capture(void **state)
{
	struct bytes bytes = pack(everything, 0);
	struct capture_stream stream;
	char *text;

	bytes.data[8] = 2;
	text = dump(&bytes, &stream);
	assert_non_null(strstr(stream.reader.error, "format 2"));
	capture_stream__cleanup(&stream);
	free(text);
	bytes.data[0] = 'X';
	text = dump(&bytes, &stream);
	assert_non_null(strstr(stream.reader.error, "not a grantwatch capture"));
	capture_stream__cleanup(&stream);
	free(text);
	free(bytes.data);
}

/* A block with a valid checksum and invalid records: each is dropped and counted. */
static void test_invalid_records(void **state)
{
	struct rec_batch batch = {.e.h.type = REC_MAP, .nr = 2, .total = 2};
	struct rec_event backwards = {.h.type = REC_RESET, .t_in = 2, .t_out = 1};
	struct rec_fact fact = {.h.type = REC_FACT};
	struct rec unknown = {.type = 200};
	struct rec_ref good = {.e.h.type = REC_FREE, .ref = 7};
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	struct op_map op = {0};
	struct capture_stream stream;
	const struct rec *rec;

	capture_writer__add(writer, &batch, sizeof(batch), &op, sizeof(op));
	capture_writer__add(writer, &backwards, sizeof(backwards), NULL, 0);
	capture_writer__add(writer, &fact, sizeof(fact), "no end!!", 8);
	capture_writer__add(writer, &unknown, sizeof(unknown), NULL, 0);
	capture_writer__add(writer, &good, sizeof(good), NULL, 0);
	assert_int_equal(capture_writer__flush(writer, 1), 0);
	lseek(fd, 0, SEEK_SET);
	capture_stream__init(&stream, fd);
	assert_int_equal(capture_stream__next_blocking(&stream, &rec), STREAM_REC);
	assert_int_equal(rec->type, REC_FREE);
	assert_int_equal(capture_stream__next_blocking(&stream, &rec), STREAM_MARK);
	assert_int_equal(stream.reader.bad_records, 3);
	capture_stream__cleanup(&stream);
	capture_writer__free(writer);
	close(fd);
}

static void test_bad_text(void **state)
{
	static const char *const bad[] = {
		"",
		"grantwatch-capture 2\n",
		"grantwatch-capture 1\nnonsense out 1\n",
		"grantwatch-capture 1\ngrant out 1 ref x\n",
		"grantwatch-capture 1\ngrant out 1 ref 4294967296\n",
		"grantwatch-capture 1\ngrant out 1 peer 65536\n",
		"grantwatch-capture 1\ngrant in 2 out 1 ref 1\n",
		"grantwatch-capture 1\ngrant out 1.0000000001 ref 1\n",
		"grantwatch-capture 1\ngrant out 1 ref\n",
		"grantwatch-capture 1\nop granter 1 ref 1\n",
		"grantwatch-capture 1\nmap out 1\n  op granter 1 reff 1\n",
		"grantwatch-capture 1\nrevoke out 1 ref 1 result maybe\n",
		"grantwatch-capture 1\nfact time 0 key domid\n",
		"grantwatch-capture 1\ntask id 1 comm sixteen-letters-\n",
		"grantwatch-capture 1\nmark never\n",
		"grantwatch-capture 1\ngrant out 1 reff 1\n",
		"grantwatch-capture 1\ngrant out 1 ref -1\n",
		"grantwatch-capture 1\nmap out 1\n  op granter 1 status 32768\n",
		"grantwatch-capture 1\nmap out 1\n  op granter 1 status -32769\n",
		"grantwatch-capture 1\nmap out 1\n  op granter 1 status\n",
		"grantwatch-capture 1\nring-unmap out 1\n  op granter 1 ref 1\n",
		"grantwatch-capture 1\nfact time 0 key a value caf\xc3\xa9\n",
		"grantwatch-capture 1\nfact time 0 key a value \x1b[2J\n",
		"grantwatch-capture 1\nmap out 1 total 0\n  op granter 1 ref 1\n",
		"grantwatch-capture 1\nmap out 1 first 4294967295 total 1\n  op granter 1 ref 1\n",
	};
	size_t i;
	int level = log_level;

	log_level = -1;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		free(pack(bad[i], -EINVAL).data);
	log_level = level;
}

/*
 * A text one character above the limit, and a batch above the limit, are refused and not truncated.
 */
static void test_text_too_long(void **state)
{
	static const char fact[] = "grantwatch-capture 1\nfact time 0 key long value ";
	static const char map[] = "grantwatch-capture 1\nmap out 1\n",
			  op[] = "op granter 1 ref 1\n";
	const size_t letters = TEXT_MAX - 256, ops = RECORD_MAX / sizeof(struct op_map);
	char *text = calloc(1, sizeof(map) + sizeof(fact) + letters + ops * sizeof(op) + 2);
	int level = log_level;
	size_t i, len;

	assert_non_null(text);
	log_level = -1;
	memcpy(text, fact, sizeof(fact));
	memset(text + sizeof(fact) - 1, 'x', letters);
	text[sizeof(fact) - 1 + letters] = '\n';
	text[sizeof(fact) + letters] = 0;
	free(pack(text, -EINVAL).data);
	text[sizeof(fact) - 2 + letters] = '\n';
	text[sizeof(fact) - 1 + letters] = 0;
	free(pack(text, 0).data);
	memcpy(text, map, sizeof(map));
	for (len = sizeof(map) - 1, i = 0; i < ops; i++, len += sizeof(op) - 1)
		memcpy(text + len, op, sizeof(op));
	free(pack(text, -EINVAL).data);
	log_level = level;
	free(text);
}

/* After ENOSPC every write fails, and unwritten bytes are not counted. */
static void test_full_disk(void **state)
{
	static u8 big[RECORD_MAX];
	struct rec_ref rec = {.e.h.type = REC_FREE, .ref = 7};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);

	assert_true(fd >= 0);
	assert_int_equal(capture_writer__add(writer, &rec, sizeof(rec), big, sizeof(big)), -E2BIG);
	assert_int_equal(capture_writer__add(writer, &rec, sizeof(rec), NULL, 0), 0);
	assert_int_equal(capture_writer__flush(writer, 1), -ENOSPC);
	assert_int_equal(capture_writer__flush(writer, 1), -ENOSPC);
	assert_int_equal(capture_writer__add(writer, &rec, sizeof(rec), NULL, 0), -ENOSPC);
	assert_int_equal(capture_writer__bytes(writer), 0);
	capture_writer__free(writer);
	close(fd);
}

/* The writer flushes a full block by itself. ENOSPC is reported there as well. */
static void test_full_disk_within_a_block(void **state)
{
	static u8 big[RECORD_MAX - 64];
	struct rec_ref rec = {.e.h.type = REC_FREE, .ref = 7};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), err = 0;
	unsigned int n = 0;
	struct capture_writer *writer = capture_writer__new(fd);

	assert_true(fd >= 0);
	while (!err && n++ < 2 * BLOCK_MAX / RECORD_MAX)
		err = capture_writer__add(writer, &rec, sizeof(rec), big, sizeof(big));
	assert_int_equal(err, -ENOSPC);
	capture_writer__free(writer);
	close(fd);
}

/* Records of a block are found by their lengths. After an invalid length the rest is dropped. */
static void test_broken_chain(void **state)
{
	static const u32 lens[] = {0, 4, 12, RECORD_MAX + 8, sizeof(struct rec_ref) + 8};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct rec_ref rec = {.e.h = {.type = REC_FREE, .len = lens[i]}};
		struct capture_reader reader;
		const struct rec *next;
		struct block block = {.pos = (const u8 *)&rec, .end = (const u8 *)(&rec + 1)};

		capture_reader__init(&reader);
		assert_int_equal(block__next(&reader, &block, &next), READ_MORE);
		assert_int_equal(reader.bad_records, 1);
		assert_ptr_equal(block.pos, block.end);
	}
}

/* A record that does not fit into the block opens a new one, without a loss. */
static void test_block_boundary(void **state)
{
	int fd = memfd_create("capture", 0), n = 0;
	struct capture_writer *writer = capture_writer__new(fd);
	struct rec_ref rec = {.e.h.type = REC_FREE};
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *got;

	for (rec.ref = 0; rec.ref < 20000; rec.ref++) {
		rec.e.t_in = rec.e.t_out = rec.ref;
		assert_int_equal(capture_writer__add(writer, &rec, sizeof(rec), NULL, 0), 0);
	}
	capture_writer__flush(writer, 20000);
	lseek(fd, 0, SEEK_SET);
	capture_stream__init(&stream, fd);
	while ((status = capture_stream__next_blocking(&stream, &got)) != STREAM_EOF)
		if (status == STREAM_REC)
			assert_int_equal(((const struct rec_ref *)(const void *)got)->ref, n++);
	assert_int_equal(n, 20000);
	assert_true(stream.blocks > 2);
	assert_int_equal(stream.reader.lost_blocks, 0);
	capture_stream__cleanup(&stream);
	capture_writer__free(writer);
	close(fd);
}

/* docs/capture-format.md has every record with its number, and every field of the text form. */
static void test_document(void **state)
{
	static char doc[65536];
	FILE *in = fopen("docs/capture-format.md", "r");
	char row[64];
	size_t len;
	u8 type;
	u16 f;

	assert_non_null(in);
	len = fread(doc, 1, sizeof(doc) - 1, in);
	doc[len] = '\0';
	fclose(in);
	for (type = 1; type < REC_TYPE_MAX; type++) {
		const struct rec_desc *desc = &rec_descs[type];

		if (!desc->name)
			continue;
		snprintf(row, sizeof(row), "\n| %u | %s |", type, desc->name);
		assert_non_null(strstr(doc, row));
		for (f = 0; f < desc->nr_fields; f++)
			assert_non_null(strstr(doc, desc->fields[f].name));
		for (f = 0; f < desc->nr_op_fields; f++)
			assert_non_null(strstr(doc, desc->op_fields[f].name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_text_has_every_type),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_torn_anywhere),
		cmocka_unit_test(test_headers_only),
		cmocka_unit_test(test_flip_anywhere),
		cmocka_unit_test(test_not_a_capture),
		cmocka_unit_test(test_invalid_records),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_text_too_long),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_full_disk_within_a_block),
		cmocka_unit_test(test_broken_chain),
		cmocka_unit_test(test_block_boundary),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
