/* SPDX-License-Identifier: GPL-2.0 */
/* Copies: records of gw_op_copy, whose operations are larger than those of other batches. */
#ifndef GRANTWATCH_BPF_HANDLERS_COPY_H
#define GRANTWATCH_BPF_HANDLERS_COPY_H

#include "emit.bpf.h"

static __always_inline u32 find_copy_alarm(const struct gw_op_copy *op, u32 n, u32 cap)
{
	s16 refused = 0;
	u32 i;

	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		refused |= op[i].status;
	}
	return refused ? GW_ALARM_COPY_REFUSED : GW_ALARM_NONE;
}

/* Like emit_ops(), for gnttab_batch_copy(). */
static __always_inline int emit_copies(struct gw_call *call, u32 first, u32 cap)
{
	struct gw_event *e = event__begin(GW_EV_COPY, sizeof(*e) + cap * sizeof(struct gw_op_copy),
					  call->t_in, call->stack);
	u32 n = call->count - first;

	if (!e)
		return 0;
	if (n > cap)
		n = cap;
	e->nr = n;
	e->first = first;
	e->total = call->count;
	bpf_probe_read_kernel(e + 1, n * sizeof(struct gw_op_copy),
			      (void *)(call->ops + first * sizeof(struct gw_op_copy)));
	if (in_flight())
		e->alarm = find_copy_alarm((void *)(e + 1), n, cap);
	event__submit(e);
	return 0;
}

#endif
