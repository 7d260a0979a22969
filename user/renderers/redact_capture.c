// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "known/programs.h"
#include "renderers/redact.h"
#include "renderers/redact_capture.h"

/*
 * Facts about versions, devices and the recording. A name, UUID or host name is none of them, nor
 * is what a guest makes up. A trailing * matches any rest.
 */
static const char *const public_facts[] = {
	"baseline",   "boot_time", "clock",  "clocksource",  "continues",   "copies", "domid",
	"guest_type", "ids.*",	   "kernel", "kernel_build", "kernel_from", "os",     "role",
	"stubdom.*",  "tables",	   "tier",   "uncounted",    "vbd.*",	    "xen",    "xen_build",
};

static bool is_public(const char *key)
{
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(public_facts); i++) {
		len = strcspn(public_facts[i], "*");
		if (!strncmp(public_facts[i], key, len) &&
		    (public_facts[i][len] == '*' || !key[len]))
			return true;
	}
	return false;
}

static int copy_task(struct capture_writer *writer, const struct rec_task *task)
{
	char comm[sizeof(task->comm) + 1], other[sizeof(comm)];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(task->comm), task->comm);
	return capture_writer__task(writer, task->id, task->pid, task->tid,
				    program__public(comm, other, sizeof(other)));
}

static int copy_process(struct capture_writer *writer, const struct rec_process *process)
{
	char comm[sizeof(process->comm) + 1], other[sizeof(comm)];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(process->comm), process->comm);
	return capture_writer__process(writer, process->id,
				       program__public(comm, other, sizeof(other)));
}

static int copy_log(struct capture_writer *writer, const struct rec_log *log)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s", log->text);
	redact__log_line(text, sizeof(text));
	return capture_writer__log(writer, log->time, text);
}

/* The reader has checked that strings end within their record. */
static int copy(struct capture_writer *writer, const struct rec *rec)
{
	switch (rec->type) {
	case REC_FACT:
		if (!is_public(((const struct rec_fact *)(const void *)rec)->text))
			return 0;
		break;
	case REC_TASK:
		return copy_task(writer, (const void *)rec);
	case REC_PROCESS:
		return copy_process(writer, (const void *)rec);
	case REC_LOG:
		return copy_log(writer, (const void *)rec);
	default:
		break;
	}
	return capture_writer__add(writer, rec, rec->len, NULL, 0);
}

/* The copy's blocks are intact, so the original's damage is recorded as a loss. */
static int tell_damage(struct capture_writer *writer, const struct capture_stream *stream)
{
	const struct capture_reader *reader = &stream->reader;
	struct rec_loss loss = {.h.type = REC_LOSS,
				.until = stream->watermark,
				.count = reader->lost_blocks + reader->bad_records +
					 (reader->skipped != 0),
				.kind = LOSS_STREAM};

	return loss.count ? capture_writer__add(writer, &loss, sizeof(loss), NULL, 0) : 0;
}

int redact__capture(struct capture_stream *stream, struct capture_writer *writer)
{
	enum stream_status status;
	const struct rec *rec;
	int err = 0;

	while (!err && (status = capture_stream__next_blocking(stream, &rec)) != STREAM_EOF) {
		if (status == STREAM_BAD)
			return -EINVAL;
		err = status == STREAM_REC ? copy(writer, rec)
					   : capture_writer__flush(writer, stream->block.watermark);
	}
	if (err || stream->error)
		return err ? err : -stream->error;
	if (!stream->blocks && !stream->reader.have_header)
		return -EINVAL;
	err = tell_damage(writer, stream);
	return err ? err : capture_writer__flush(writer, stream->watermark);
}
