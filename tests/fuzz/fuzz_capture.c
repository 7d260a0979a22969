// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as a guest's capture beside nothing else, through the whole pipeline
 * up to the renderers. With fix-ups, so that the fuzzer gets past the checksums: the input is taken
 * as the payload of a block that is wrapped properly here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/writer.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "util/log.h"

#include "wrap.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/*
 * Raw: the bytes are the stream. Wrapped: records of the lengths that they claim, in one good
 * block.
 */
static void fill(int fd, const u8 *data, size_t size, bool wrap)
{
	struct capture_writer *writer;

	if (!wrap) {
		if (write(fd, data, size) < 0)
			abort();
		return;
	}
	writer = capture_writer__new(fd);
	capture_writer__fact(writer, 0, "domid", "5");
	wrap__records(writer, data, size);
	capture_writer__free(writer);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pipeline *pipeline = pipeline__new(false);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	log_level = -1;
	if (size)
		fill(fd, data + 1, size - 1, data[0] & 1);
	lseek(fd, 0, SEEK_SET);
	pipeline__add(pipeline, feed__new(fd, "fuzz", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	pipeline__report(pipeline, &text_renderer, null, NULL);
	pipeline__report(pipeline, &json_renderer, null, NULL);
	pipeline__free(pipeline);
	return 0;
}
