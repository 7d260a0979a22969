// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "record/best_sample.h"

#define TRIES	   8
#define MOST_TRIES 64
#define MUCH_WIDER 4

static u64 width(const struct rec_clock *rec)
{
	return rec->tsc1 - rec->tsc0;
}

int best_sample__take(struct best_sample *best, sample_fn sample, void *arg, struct rec_clock *rec)
{
	int i, err = -EAGAIN;

	*rec = (struct rec_clock){};
	for (i = 0; i < MOST_TRIES; i++) {
		struct rec_clock next = {.h.type = REC_CLOCK};
		int ret;

		if (i >= TRIES &&
		    (err || !best->narrowest || width(rec) <= MUCH_WIDER * best->narrowest))
			break;
		ret = sample(arg, &next);
		if (ret && ret != -EAGAIN)
			return ret;
		if (ret || (!err && width(&next) >= width(rec)))
			continue;
		*rec = next;
		err = 0;
	}
	if (!err && (!best->narrowest || width(rec) < best->narrowest))
		best->narrowest = width(rec);
	return err;
}
