// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as names and values in xenstore, which guests write. The library's
 * calls return parts of the input. All results are printable, limited in number, and valid facts
 * for a reader of captures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenstore.h>

#include "capture/stream.h"
#include "record/disks.h"
#include "record/stubdoms.h"
#include "util/log.h"
#include "xen/page_holders.h"
#include "xen/ref_names.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* --- library calls on the input --- */

static struct {
	const u8 *pos;
	size_t left;
	u32 answers; /* replies so far, bounded so that listings end */
} input;

static u8 take_byte(void)
{
	if (!input.left)
		return 0;
	input.left--;
	return *input.pos++;
}

/* Returns the input up to the end of its line, with a NUL added, to be freed. */
static char *take_string(unsigned int *len)
{
	const u8 *lf = memchr(input.pos, '\n', input.left);
	size_t n = lf ? (size_t)(lf - input.pos) : input.left;
	char *text = malloc(n + 1);

	memcpy(text, input.pos, n);
	text[n] = '\0';
	*len = (unsigned int)n;
	input.pos += n + !!lf;
	input.left -= n + !!lf;
	return text;
}

struct xs_handle *xs_open(unsigned long flags)
{
	static u8 handle;

	return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *xs)
{
}

void *xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len)
{
	if (input.left && input.answers++ < 1000)
		return take_string(len);
	errno = ENOENT;
	return NULL;
}

/* Returns one block as the library does: pointers, then names. */
char **xs_directory(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *nr)
{
	unsigned int want = take_byte() % 16, len, i;
	char **list, *text, *pos;

	if (!input.left || input.answers++ >= 1000)
		return NULL;
	list = malloc(want * sizeof(*list) + input.left + want + 1);
	pos = (char *)(list + want);
	for (i = 0; i < want && input.left; i++) {
		text = take_string(&len);
		memcpy(pos, text, len + 1);
		list[i] = pos;
		pos += len + 1;
		free(text);
	}
	*nr = i;
	return list;
}

bool xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
	return !(take_byte() & 1);
}

char **xs_check_watch(struct xs_handle *xs)
{
	return input.left && take_byte() & 1 ? calloc(1, sizeof(char *)) : NULL;
}

bool xs_is_domain_introduced(struct xs_handle *xs, unsigned int domid)
{
	return take_byte() & 1;
}

/* --- readers --- */

static void check_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

static void read_names(struct xenstore *xenstore)
{
	static struct ref_names names;
	u32 i;

	ref_names__read(&names, xenstore, 5);
	if (names.nr > NAMES_MAX)
		abort();
	for (i = 0; i < names.nr; i++) {
		check_printable(names.item[i].text);
		if (ref_names__find(&names, names.item[i].ref) != names.item[i].text)
			abort();
	}
}

static void read_backends(struct xenstore *xenstore)
{
	static struct found found;
	u32 i;

	memset(&found, 0, sizeof(found));
	found__backends(&found, xenstore, 0);
	if (found.nr_backends > FOUND_MAX)
		abort();
	for (i = 0; i < found.nr_backends; i++)
		check_printable(found.backend[i].device);
}

/* Checks that a reader of captures accepts every record. */
static void check_capture(int fd)
{
	struct capture_stream stream;
	const struct rec *rec;
	enum stream_status status;

	if (lseek(fd, 0, SEEK_SET) || capture_stream__init(&stream, fd))
		abort();
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF)
		if (status == STREAM_BAD)
			abort();
	if (stream.reader.bad_records || stream.reader.skipped)
		abort();
	capture_stream__cleanup(&stream);
}

static void read_disks(void)
{
	int fd = memfd_create("disks", MFD_CLOEXEC), i;
	struct capture_writer *writer = capture_writer__new(fd);
	struct disks *disks = disks__new(xenstore__open());

	disks__watch(disks);
	for (i = 0; i < 3; i++) {
		if (disks__check(disks, writer))
			abort();
		disks__all_persistent(disks);
	}
	capture_writer__flush(writer, 0);
	disks__free(disks);
	capture_writer__free(writer);
	check_capture(fd);
	close(fd);
}

static void read_stubdoms(void)
{
	int fd = memfd_create("stubdoms", MFD_CLOEXEC), i;
	struct capture_writer *writer = capture_writer__new(fd);
	struct stubdoms *stubdoms = stubdoms__new(xenstore__open());
	struct {
		struct gw_event event;
		struct gw_op_arm op[8];
	} arm = {.event = {.type = GW_EV_ARM, .nr = 8}};

	for (i = 0; i < 8; i++)
		arm.op[i].granter = take_byte();
	stubdoms__see(stubdoms, &arm.event, sizeof(arm));
	if (stubdoms__check(stubdoms, writer))
		abort();
	capture_writer__flush(writer, 0);
	stubdoms__free(stubdoms);
	capture_writer__free(writer);
	check_capture(fd);
	close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xenstore *xenstore = xenstore__open();
	u8 which = size ? data[0] : 0;
	char name[XENSTORE_NAME_MAX];

	log_level = -1;
	input.pos = data + !!size;
	input.left = size - !!size;
	input.answers = 0;
	if (which & 1)
		read_names(xenstore);
	if (which & 2)
		read_backends(xenstore);
	if (which & 4)
		read_disks();
	if (which & 8)
		read_stubdoms();
	if (xenstore__read(xenstore, "name", name, sizeof(name)))
		check_printable(name);
	if (xenstore__find_domain(xenstore, "work") < -2 ||
	    xenstore__read_number(xenstore, "domid") < -1)
		abort();
	xenstore__close(xenstore);
	return 0;
}
