// SPDX-License-Identifier: GPL-2.0
/* From records of the ring buffer to a capture: fields, order, ids, and invalid records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/stream.h"
#include "capture/text.h"
#include "record/kmsg.h"
#include "record/recorder.h"
#include "util/xen_abi.h"

#define MS NSEC_PER_MSEC

struct session {
	int fd;
	struct capture_writer *writer;
	struct recorder *recorder;
	struct ksyms *ksyms;
};

static const char symbols[] = "ffffffff81000100 t gnttab_update_entry_v1\n"
			      "ffffffff81000200 t gnttab_map_refs\n"
			      "ffffffff81000300 t caller\n"
			      "ffffffff81000400 t end\n";

static void open_session(struct session *s)
{
	FILE *file = fmemopen((void *)(size_t)symbols, strlen(symbols), "r");

	s->fd = memfd_create("capture", 0);
	s->writer = capture_writer__new(s->fd);
	s->recorder = recorder__new(s->writer);
	s->ksyms = ksyms__read(file, NULL, 0);
	recorder__set_ksyms(s->recorder, s->ksyms);
	fclose(file);
}

/* Returns the capture as text, without its first line. */
static char *close_session(struct session *s)
{
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *rec;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	lseek(s->fd, 0, SEEK_SET);
	assert_int_equal(capture_stream__init(&stream, s->fd), 0);
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		assert_int_not_equal(status, STREAM_BAD);
		if (status == STREAM_REC)
			text__print(out, rec);
		else
			text__print_mark(out, stream.block.watermark);
	}
	assert_int_equal(stream.reader.bad_records, 0);
	capture_stream__cleanup(&stream);
	recorder__free(s->recorder);
	capture_writer__free(s->writer);
	ksyms__free(s->ksyms);
	close(s->fd);
	fclose(out);
	return text;
}

/* Space for the longest record of the ring. */
union record {
	struct gw_event e;
	u8 bytes[sizeof(struct gw_event) + GW_CHUNK * sizeof(struct gw_op_copy)];
};

static struct gw_event *start(union record *rec, u8 type, u64 t_in, u64 t_out)
{
	memset(rec, 0, sizeof(*rec));
	rec->e = (struct gw_event){.type = type,
				   .nr = 1,
				   .total = 1,
				   .pid = 10,
				   .tid = 11,
				   .t_in = t_in,
				   .t_out = t_out,
				   .comm = "test"};
	return &rec->e;
}

static void add_free(struct session *s, u64 t_out, u32 ref)
{
	union record rec;
	struct gw_event *e = start(&rec, GW_EV_FREE, t_out, t_out);

	((struct gw_op_ref *)(e + 1))->ref = ref;
	assert_int_equal(recorder__add(s->recorder, e, sizeof(*e) + sizeof(struct gw_op_ref)), 0);
}

static void write_block(struct session *s, u64 watermark)
{
	recorder__write(s->recorder, watermark);
	capture_writer__flush(s->writer, watermark);
}

static void events_are_written_in_order_up_to_the_watermark(void **state)
{
	struct session s;
	char *text;

	open_session(&s);
	add_free(&s, 2 * MS, 2);
	add_free(&s, 1 * MS, 1);
	add_free(&s, 4 * MS, 4);
	write_block(&s, 3 * MS);
	add_free(&s, 3 * MS + 1, 3);
	write_block(&s, 5 * MS);
	assert_int_equal(recorder__events(s.recorder), 4);
	text = close_session(&s);
	assert_string_equal(text, "task id 1 pid 10 tid 11 comm test\n"
				  "free out 0.001000000 task 1 ref 1\n"
				  "free out 0.002000000 task 1 ref 2\n"
				  "mark 0.003000000\n"
				  "free out 0.003000001 task 1 ref 3\n"
				  "free out 0.004000000 task 1 ref 4\n"
				  "mark 0.005000000\n");
	free(text);
}

static void each_kind_carries_its_fields(void **state)
{
	struct gw_op_grant grant = {.ref = 80, .peer = 4, .flags = 5, .frame = 0x1234};
	struct gw_op_end end = {.ref = 81, .ret = 1};
	union record rec;
	struct session s;
	char *text;

	open_session(&s);
	start(&rec, GW_EV_GRANT, 1 * MS, 2 * MS)->flags = GW_F_IRQ;
	memcpy(&rec.e + 1, &grant, sizeof(grant));
	recorder__add(s.recorder, &rec, sizeof(rec.e) + sizeof(grant));
	start(&rec, GW_EV_END, 3 * MS, 3 * MS)->cpu = 3;
	memcpy(&rec.e + 1, &end, sizeof(end));
	recorder__add(s.recorder, &rec, sizeof(rec.e) + sizeof(end));
	start(&rec, GW_EV_RESET, 4 * MS, 4 * MS)->nr = 0;
	recorder__add(s.recorder, &rec, sizeof(rec.e));
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(
		text, "task id 1 pid 10 tid 11 comm test\n"
		      "grant in 0.001000000 out 0.002000000 flags 0x2 task 1 ref 80 peer 4 gflags "
		      "0x5 frame 0x1234\n"
		      "revoke out 0.003000000 cpu 3 task 1 ref 81 result ok\n"
		      "reset out 0.004000000 task 1\n"
		      "mark 0.005000000\n");
	free(text);
}

static void only_successful_maps_have_a_frame(void **state)
{
	const struct gw_op_map ops[] = {
		{.granter = 5, .ref = 80, .handle = 7, .flags = 2, .dev_bus_addr = 0xbd3d3000},
		{.granter = 5,
		 .ref = 81,
		 .status = -1,
		 .handle = 0xffffffff,
		 .dev_bus_addr = 0x1000},
	};
	union record rec;
	struct session s;
	char *text;

	open_session(&s);
	start(&rec, GW_EV_MAP, 1 * MS, 2 * MS);
	rec.e.nr = rec.e.total = 2;
	rec.e.file = 0xffff888000001000;
	rec.e.index = 0x2000;
	memcpy(&rec.e + 1, ops, sizeof(ops));
	recorder__add(s.recorder, &rec, sizeof(rec.e) + 16 * 32);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(
		text, "task id 1 pid 10 tid 11 comm test\n"
		      "map in 0.001000000 out 0.002000000 task 1 file 1 index 0x2000\n"
		      "  op granter 5 ref 80 status 0 handle 7 mflags 0x2 frame 0xbd3d3\n"
		      "  op granter 5 ref 81 status -1 handle 4294967295 mflags 0x0 frame 0x0\n"
		      "mark 0.005000000\n");
	free(text);
}

static void unmaps_take_refs_from_their_pages(void **state)
{
	const struct gw_op_unmap ops[] = {
		{.handle = 7}, {.handle = 0xffffffff, .status = -4}, {.handle = 9}};
	const struct gw_page_foreign pages[] = {
		{.granter = 5, .ref = 80}, {.granter = 5, .ref = 81}, {.granter = 0, .ref = 0}};
	union record rec;
	struct session s;
	char *text;

	open_session(&s);
	start(&rec, GW_EV_UNMAP, 1 * MS, 1 * MS);
	rec.e.nr = rec.e.total = 3;
	memcpy(&rec.e + 1, ops, sizeof(ops));
	memcpy((u8 *)(&rec.e + 1) + 16 * sizeof(ops[0]), pages, sizeof(pages));
	recorder__add(s.recorder, &rec, sizeof(rec.e) + 16 * 32);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "task id 1 pid 10 tid 11 comm test\n"
				  "unmap out 0.001000000 task 1\n"
				  "  op granter 5 ref 80 status 0 handle 7\n"
				  "  op granter 65535 ref 0 status -4 handle 4294967295\n"
				  "  op granter 65535 ref 0 status 0 handle 9\n"
				  "mark 0.005000000\n");
	free(text);
}

/* Copies with a ref as source, as destination, as both (refused), and without a ref. */
static void copies_are_written_by_side(void **state)
{
	const struct gw_op_copy ops[] = {
		{.source = {.ref = 0xbd3d3, .domid = DOMID_SELF},
		 .dest = {.ref = 80, .pad = 0xdead, .domid = 5},
		 .flags = GNTCOPY_dest_gref},
		{.source = {.ref = 9, .domid = 6},
		 .dest = {.ref = 81, .domid = 5},
		 .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		 .status = -3},
		{.source = {.ref = 82, .domid = 5},
		 .dest = {.ref = 0xbd3d3, .domid = DOMID_SELF},
		 .flags = GNTCOPY_source_gref},
		{.source = {.domid = DOMID_SELF}, .dest = {.domid = DOMID_SELF}},
	};
	union record rec;
	struct session s;
	char *text;

	open_session(&s);
	start(&rec, GW_EV_COPY, 1 * MS, 2 * MS);
	rec.e.nr = rec.e.total = ARRAY_SIZE(ops);
	memcpy(&rec.e + 1, ops, sizeof(ops));
	recorder__add(s.recorder, &rec, sizeof(rec.e) + 16 * sizeof(ops[0]));
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "task id 1 pid 10 tid 11 comm test\n"
				  "copy in 0.001000000 out 0.002000000 task 1\n"
				  "  op granter 5 ref 80 status 0 cflags 0x2\n"
				  "  op granter 6 ref 9 status -3 cflags 0x11\n"
				  "  op granter 5 ref 81 status -3 cflags 0x12\n"
				  "  op granter 5 ref 82 status 0 cflags 0x1\n"
				  "mark 0.005000000\n");
	free(text);
}

/* The longest record of the ring: each copy has two refs. */
static void a_full_record_of_copies_fits(void **state)
{
	struct gw_op_copy *op;
	union record rec;
	struct session s;
	const char *line;
	char *text;
	u32 i, n = 0;

	open_session(&s);
	start(&rec, GW_EV_COPY, 1 * MS, 2 * MS);
	rec.e.nr = GW_CHUNK;
	rec.e.first = GW_FIRST;
	rec.e.total = GW_FIRST + GW_CHUNK;
	op = (void *)(&rec.e + 1);
	for (i = 0; i < GW_CHUNK; i++)
		op[i] = (struct gw_op_copy){.source = {.ref = i, .domid = 6},
					    .dest = {.ref = 100 + i, .domid = 5},
					    .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref};
	recorder__add(s.recorder, &rec, sizeof(rec));
	recorder__add(s.recorder, &rec, sizeof(rec) - 8); /* one copy is missing */
	add_free(&s, 3 * MS, 2);
	assert_int_equal(recorder__events(s.recorder), 2);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_non_null(strstr(text, "copy in 0.001000000 out 0.002000000 task 1\n"));
	assert_non_null(strstr(text, "count 1 kind ring"));
	for (line = text; (line = strstr(line, "  op granter ")); line++)
		n++;
	assert_int_equal(n, 2 * GW_CHUNK);
	free(text);
}

static bool tell_process(u32 pid, char *name, size_t size)
{
	snprintf(name, size, "process %u", pid);
	return pid == 10;
}

/*
 * Only threads get a process record. The name comes from the event, or once from the callback of
 * recorder__on_process(). A process that has ended has no name.
 */
static void process_names_follow_threads(void **state)
{
	struct session s;
	union record rec;
	struct gw_event *e;
	char *text;

	open_session(&s);
	recorder__on_process(s.recorder, tell_process);
	e = start(&rec, GW_EV_RESET, 1 * MS, 1 * MS);
	recorder__add(s.recorder, e, sizeof(*e));
	recorder__add(s.recorder, e, sizeof(*e));
	snprintf(e->process, sizeof(e->process), "main");
	recorder__add(s.recorder, e, sizeof(*e));
	snprintf(e->process, sizeof(e->process), "renamed");
	recorder__add(s.recorder, e, sizeof(*e));
	e->pid = e->tid;
	recorder__add(s.recorder, e, sizeof(*e));
	*e->process = 0;
	e->pid = 9;
	recorder__add(s.recorder, e, sizeof(*e));
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "task id 1 pid 10 tid 11 comm test\n"
				  "process id 1 comm process 10\n"
				  "task id 2 pid 10 tid 11 comm test\n"
				  "process id 2 comm main\n"
				  "task id 3 pid 10 tid 11 comm test\n"
				  "process id 3 comm renamed\n"
				  "task id 4 pid 11 tid 11 comm test\n"
				  "task id 5 pid 9 tid 11 comm test\n"
				  "reset out 0.001000000 task 1\n"
				  "reset out 0.001000000 task 1\n"
				  "reset out 0.001000000 task 2\n"
				  "reset out 0.001000000 task 3\n"
				  "reset out 0.001000000 task 4\n"
				  "reset out 0.001000000 task 5\n"
				  "mark 0.005000000\n");
	free(text);
}

/* A file has one id. A new file at the same address gets a new id. */
static void ids_of_files_are_not_reused(void **state)
{
	union record rec;
	struct session s;
	char *text;
	u64 t;

	open_session(&s);
	for (t = 1; t <= 4; t++) {
		start(&rec, GW_EV_DISARM, t * MS, t * MS);
		rec.e.nr = rec.e.total = 0;
		rec.e.file = 0xffff888000001000;
		rec.e.flags = t == 2 ? GW_F_WHOLE : 0;
		recorder__add(s.recorder, &rec, sizeof(rec.e));
	}
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "task id 1 pid 10 tid 11 comm test\n"
				  "disarm out 0.001000000 task 1 file 1\n"
				  "disarm out 0.002000000 flags 0x8 task 1 file 1\n"
				  "disarm out 0.003000000 task 1 file 2\n"
				  "disarm out 0.004000000 task 1 file 2\n"
				  "mark 0.005000000\n");
	free(text);
}

/*
 * Adds the description of stack @number, as the programs send it: a frame of BPF, then @ip, of
 * which @covered are among the hashed words.
 */
static void add_stack(struct session *s, u64 number, const u64 *ip, u32 nr, u32 covered)
{
	struct gw_stack stack = {.type = GW_EV_STACK, .nr = nr + 1, .number = number};
	u32 i;

	stack.ip[0] = 0xffffffffc0001000;
	for (i = 0; i < nr; i++) {
		stack.ip[i + 1] = ip[i];
		if (i < covered)
			stack.word[5 + 3 * i] = ip[i];
	}
	assert_int_equal(recorder__add(s->recorder, &stack, sizeof(stack)), 0);
}

static void add_reset(struct session *s, u64 t_out, u64 stack)
{
	union record rec;

	start(&rec, GW_EV_RESET, t_out, t_out)->nr = 0;
	rec.e.stack = stack;
	assert_int_equal(recorder__add(s->recorder, &rec, sizeof(rec.e)), 0);
}

static const u64 path[] = {0xffffffff81000205, 0xffffffff81000310, 0xffffffff81000404};

/* Several numbers may have the same text. A number without a description gives no stack. */
static void stacks_with_the_same_text_have_one_id(void **state)
{
	struct session s;
	char *text;

	open_session(&s);
	add_stack(&s, 77, path, 3, 3);
	add_reset(&s, 1 * MS, 77);
	add_stack(&s, 78, path, 3, 3);
	add_reset(&s, 2 * MS, 78);
	add_reset(&s, 3 * MS, 79);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "stack id 1 frames gnttab_map_refs+0x5; caller+0x10; end+0x4\n"
				  "task id 1 pid 10 tid 11 comm test\n"
				  "reset out 0.001000000 task 1 stack 1\n"
				  "reset out 0.002000000 task 1 stack 1\n"
				  "reset out 0.003000000 task 1\n"
				  "mark 0.005000000\n");
	free(text);
}

static struct ksyms *read_symbols(const char *text)
{
	FILE *file = fmemopen((void *)(size_t)text, strlen(text), "r");
	struct ksyms *ksyms = ksyms__read(file, NULL, 0);

	fclose(file);
	return ksyms;
}

/*
 * A module is loaded. Events from before are still in the ring buffer and keep their stack, and a
 * number that is described again gets the new names.
 */
static void new_symbols_keep_the_stacks_before_them(void **state)
{
	struct ksyms *ksyms = read_symbols("ffffffff81000200 t gnttab_map_refs\n"
					   "ffffffff81000300 t other\n"
					   "ffffffff81000400 t end\n");
	struct session s;
	char *text;

	open_session(&s);
	add_stack(&s, 77, path, 3, 3);
	add_reset(&s, 1 * MS, 77);
	recorder__set_ksyms(s.recorder, ksyms);
	add_reset(&s, 2 * MS, 77);
	add_stack(&s, 77, path, 3, 3);
	add_reset(&s, 3 * MS, 77);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "stack id 1 frames gnttab_map_refs+0x5; caller+0x10; end+0x4\n"
				  "task id 1 pid 10 tid 11 comm test\n"
				  "stack id 2 frames gnttab_map_refs+0x5; other+0x10; end+0x4\n"
				  "reset out 0.001000000 task 1 stack 1\n"
				  "reset out 0.002000000 task 1 stack 1\n"
				  "reset out 0.003000000 task 1 stack 2\n"
				  "mark 0.005000000\n");
	free(text);
	ksyms__free(ksyms);
}

static void on_forget(void *arg)
{
	++*(u64 *)arg;
}

/* The kernel places stacks at random offsets, so one path has a new number in each call. */
static void stack_numbers_take_bounded_memory(void **state)
{
	const u64 nr = 5 * RECORDER_NUMBERS + 10, early = nr - 15, gone = 1;
	u64 forgets = 0;
	struct session s;
	char *text;
	u64 n;

	open_session(&s);
	recorder__on_forget(s.recorder, on_forget, &forgets);
	for (n = 1; n <= nr; n++)
		add_stack(&s, n, path, 3, 3);
	assert_int_equal(forgets, 5);
	/*
	 * The last number, one from before the programs were told to forget, which they may still
	 * have sent, and an old one.
	 */
	add_reset(&s, 1 * MS, nr);
	add_reset(&s, 2 * MS, early);
	add_reset(&s, 3 * MS, gone);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "stack id 1 frames gnttab_map_refs+0x5; caller+0x10; end+0x4\n"
				  "task id 1 pid 10 tid 11 comm test\n"
				  "reset out 0.001000000 task 1 stack 1\n"
				  "reset out 0.002000000 task 1 stack 1\n"
				  "reset out 0.003000000 task 1\n"
				  "mark 0.005000000\n");
	free(text);
}

/* Calls with the same number may differ in the frames outside the hashed words. */
static void frames_outside_the_hashed_words_are_left_out(void **state)
{
	const u64 nameless[] = {0xffffffffc0001100, 0xffffffffc0001200};
	struct session s;
	char *text;

	open_session(&s);
	add_stack(&s, 77, path, 3, 2);
	add_reset(&s, 1 * MS, 77);
	add_stack(&s, 78, nameless, 2, 2); /* no known function */
	add_reset(&s, 2 * MS, 78);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_string_equal(text, "stack id 1 frames gnttab_map_refs+0x5; caller+0x10\n"
				  "task id 1 pid 10 tid 11 comm test\n"
				  "reset out 0.001000000 task 1 stack 1\n"
				  "reset out 0.002000000 task 1\n"
				  "mark 0.005000000\n");
	free(text);
}

static void invalid_records_are_counted_not_written(void **state)
{
	union record rec;
	struct session s;
	char *text;

	open_session(&s);
	start(&rec, GW_EV_MAP, 1 * MS, 1 * MS)->nr = 2;
	recorder__add(s.recorder, &rec,
		      sizeof(rec.e) + 32); /* two operations expected, one present */
	start(&rec, GW_EV_MAX, 1 * MS, 1 * MS);
	recorder__add(s.recorder, &rec, sizeof(rec));
	start(&rec, GW_EV_STACK, 1 * MS, 1 * MS);
	recorder__add(s.recorder, &rec, sizeof(rec.e)); /* a truncated stack */
	recorder__add(s.recorder, &rec, 8);
	assert_int_equal(recorder__events(s.recorder), 0);
	write_block(&s, 5 * MS);
	text = close_session(&s);
	assert_non_null(strstr(text, "count 4 kind ring"));
	assert_null(strstr(text, "map"));
	free(text);
}

/* Memory for held events is bounded: at the limit the older half is written, in order. */
static void a_full_queue_is_written_by_half(void **state)
{
	struct session s;
	union record rec;
	u32 i, told = 0;
	char *text;

	open_session(&s);
	for (i = 0; i < 200000; i++) {
		start(&rec, GW_EV_FREE, i, i);
		if (recorder__add(s.recorder, &rec, sizeof(rec.e) + sizeof(struct gw_op_ref))) {
			told++;
			assert_int_equal(recorder__make_room(s.recorder), 0);
		}
	}
	assert_int_equal(recorder__write_all(s.recorder), 0);
	capture_writer__flush(s.writer, i);
	assert_in_range(told, 2, 20);
	assert_int_equal(recorder__events(s.recorder), 200000);
	text = close_session(&s);
	assert_non_null(strstr(text, "free out 0.000199999 task 1 ref 0\nmark 0.000200000\n"));
	free(text);
}

static void kernel_messages_are_recognised(void **state)
{
	const char *message;
	size_t len;
	u64 usec;

	assert_true(kmsg__is_known("vbd vbd-51712: backed has not unmapped grant: 80"));
	assert_true(kmsg__is_known("vbd vbd-51712: xvda disabled for further use"));
	assert_true(kmsg__is_known("vif vif-0: Disabled for further use"));
	assert_true(kmsg__is_known("xen:grant_table: WARNING: g.e. 0x50 still in use!"));
	assert_false(kmsg__is_known("xvda: xvda1 xvda2"));
	assert_true(kmsg__parse("1,123,4567,-,caller=T1;backed has\n SUBSYSTEM=vbd\n", &usec,
				&message, &len));
	assert_int_equal(usec, 4567);
	assert_int_equal(len, 10);
	assert_memory_equal(message, "backed has", len);
	assert_false(kmsg__parse(" SUBSYSTEM=vbd\n", &usec, &message, &len));
	assert_false(kmsg__parse("1,2,x;y", &usec, &message, &len));
	assert_false(kmsg__parse("", &usec, &message, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_written_in_order_up_to_the_watermark),
		cmocka_unit_test(each_kind_carries_its_fields),
		cmocka_unit_test(only_successful_maps_have_a_frame),
		cmocka_unit_test(unmaps_take_refs_from_their_pages),
		cmocka_unit_test(copies_are_written_by_side),
		cmocka_unit_test(a_full_record_of_copies_fits),
		cmocka_unit_test(process_names_follow_threads),
		cmocka_unit_test(ids_of_files_are_not_reused),
		cmocka_unit_test(stacks_with_the_same_text_have_one_id),
		cmocka_unit_test(new_symbols_keep_the_stacks_before_them),
		cmocka_unit_test(stack_numbers_take_bounded_memory),
		cmocka_unit_test(frames_outside_the_hashed_words_are_left_out),
		cmocka_unit_test(invalid_records_are_counted_not_written),
		cmocka_unit_test(a_full_queue_is_written_by_half),
		cmocka_unit_test(kernel_messages_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
