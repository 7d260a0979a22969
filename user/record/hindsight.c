// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "record/hindsight.h"

#define RING_HEAD 8 /* bytes before each record in the ring */

void hindsight__rest(struct hindsight *hindsight, u64 watermark)
{
	hindsight->resting = true;
	hindsight->passed = 0;
	hindsight->passed_since = watermark;
	hindsight->passed_until = watermark;
	hindsight->nr_samples = 0;
}

static bool is_kept(const struct hindsight *hindsight, const struct gw_event *event)
{
	return event->t_out >= hindsight->horizon && !hindsight->bytes;
}

static void pass(struct hindsight *hindsight, struct recorder *recorder,
		 const struct gw_event *event, size_t size)
{
	u64 room = ((size + 7) & ~(size_t)7) + RING_HEAD;

	hindsight->bytes -= min(room, hindsight->bytes);
	recorder__forget(recorder, event);
	hindsight->passed++;
	hindsight->passed_until = max(hindsight->passed_until, event->t_out);
}

bool hindsight__forget(struct hindsight *hindsight, struct recorder *recorder, u64 horizon,
		       u64 bytes)
{
	const struct gw_event *oldest = (const void *)hindsight->oldest;

	hindsight->horizon = horizon;
	hindsight->bytes = bytes;
	if (!hindsight->oldest_size)
		return true;
	if (is_kept(hindsight, oldest))
		return false;
	pass(hindsight, recorder, oldest, hindsight->oldest_size);
	hindsight->oldest_size = 0;
	return true;
}

int hindsight__pass(struct hindsight *hindsight, struct recorder *recorder, const void *data,
		    size_t size)
{
	const struct gw_event *event = data;

	/* Invalid records are counted by the recorder. */
	if (event->type == GW_EV_STACK || size < sizeof(*event) || size > sizeof(hindsight->oldest))
		return recorder__add(recorder, data, size);
	if (!is_kept(hindsight, event)) {
		pass(hindsight, recorder, event, size);
		return 0;
	}
	memcpy(hindsight->oldest, data, size);
	hindsight->oldest_size = size;
	return -EAGAIN;
}

void hindsight__keep_sample(struct hindsight *hindsight, const struct rec_clock *clock)
{
	if (hindsight->nr_samples == HINDSIGHT_SAMPLES) {
		memmove(hindsight->sample, hindsight->sample + 1,
			(HINDSIGHT_SAMPLES - 1) * sizeof(hindsight->sample[0]));
		hindsight->nr_samples--;
	}
	hindsight->sample[hindsight->nr_samples++] = *clock;
}

int hindsight__wake(struct hindsight *hindsight, struct capture_writer *writer,
		    struct recorder *recorder)
{
	struct rec_loss loss = {
		.h.type = REC_LOSS,
		.since = hindsight->passed_since,
		.until = hindsight->passed_until,
		.count = hindsight->passed,
		.kind = LOSS_PASSED,
	};
	int err = 0;
	u32 i;

	hindsight->resting = false;
	if (loss.count)
		err = capture_writer__add(writer, &loss, sizeof(loss), NULL, 0);
	for (i = 0; i < hindsight->nr_samples && !err; i++)
		err = capture_writer__add(writer, &hindsight->sample[i],
					  sizeof(hindsight->sample[i]), NULL, 0);
	if (hindsight->oldest_size)
		recorder__add(recorder, hindsight->oldest, hindsight->oldest_size);
	hindsight->oldest_size = 0;
	return err;
}
