/* SPDX-License-Identifier: GPL-2.0 */
/* Records of generated captures: what the two sides of a block or network device do. */
#ifndef GRANTWATCH_BENCH_LOAD_H
#define GRANTWATCH_BENCH_LOAD_H

#include "capture/writer.h"
#include "util/types.h"

#define BATCH 11 /* refs in a map call of blkback */
#define FIRST 64 /* the lowest ref */

static inline void load__clock(struct capture_writer *w, u64 at)
{
	struct rec_clock clock = {.h.type = REC_CLOCK,
				  .mul = 1u << 31,
				  .shift = 1,
				  .mono = at,
				  .tsc0 = at - 100,
				  .tsc1 = at + 100};

	capture_writer__add(w, &clock, sizeof(clock), NULL, 0);
}

static inline void load__head(struct capture_writer *w, const char *domid, const char *stack1,
			      const char *stack2)
{
	capture_writer__fact(w, 0, "domid", domid);
	capture_writer__fact(w, 0, "guest_type", "PV");
	capture_writer__fact(w, 0, "vbd.51712.persistent", "no");
	capture_writer__stack(w, 1, stack1);
	capture_writer__stack(w, 2, stack2);
	load__clock(w, 1000);
}

/* A grant, end or free by @stack, of the page @frame. */
static inline void load__ref(struct capture_writer *w, u8 type, u32 stack, u32 ref, u64 frame,
			     u64 at)
{
	union {
		struct rec_event e;
		struct rec_grant grant;
		struct rec_revoke revoke;
		struct rec_ref ref;
	} rec = {.e = {.h.type = type, .t_in = at - 20, .t_out = at, .stack = stack}};
	size_t len = sizeof(rec.ref);

	rec.ref.ref = ref;
	if (type == REC_GRANT) {
		rec.grant.gflags = 1;
		rec.grant.frame = frame;
		len = sizeof(rec.grant);
	} else if (type == REC_REVOKE) {
		rec.revoke.ok = 1;
		len = sizeof(rec.revoke);
	}
	capture_writer__add(w, &rec, len, NULL, 0);
}

/* The same by the device: stack 1 grants and stack 2 ends; a ref always has the same page. */
static inline void load__ref_op(struct capture_writer *w, u8 type, u32 ref, u64 at)
{
	load__ref(w, type, type == REC_GRANT ? 1 : 2, ref, 4096 + ref, at);
}

/* The device of a guest, and its refs: @live of them, each with its own handle. */
struct load_device {
	u16 granter;
	u32 live, first_handle;
};

/* A map, unmap or copy of BATCH refs. @first: the number of the first one. */
static inline void load__batch(struct capture_writer *w, const struct load_device *device, u8 type,
			       u32 first, u64 at)
{
	struct rec_batch batch = {.e = {.h.type = type, .t_in = at - 40, .t_out = at, .stack = 1},
				  .nr = BATCH,
				  .total = BATCH};
	union {
		struct op_map map[BATCH];
		struct op_unmap unmap[BATCH];
		struct op_copy copy[BATCH];
	} ops = {0};
	size_t len = type == REC_MAP	? sizeof(ops.map)
		     : type == REC_COPY ? sizeof(ops.copy)
					: sizeof(ops.unmap);
	u32 i;

	for (i = 0; i < BATCH; i++) {
		u32 nr = (first + i) % device->live, ref = FIRST + nr;
		u32 handle = device->first_handle + nr;

		if (type == REC_MAP)
			ops.map[i] = (struct op_map){.granter = device->granter,
						     .ref = ref,
						     .handle = handle,
						     .flags = 2,
						     .frame = 4096 + ref};
		else if (type == REC_COPY)
			ops.copy[i] = (struct op_copy){
				.granter = device->granter, .ref = ref, .flags = 2};
		else
			ops.unmap[i] = (struct op_unmap){
				.granter = device->granter, .ref = ref, .handle = handle};
	}
	capture_writer__add(w, &batch, sizeof(batch), &ops, len);
}

static inline void load__end(struct capture_writer *w, u64 at)
{
	struct rec_end end = {.h.type = REC_END, .time = at, .events = capture_writer__events(w)};

	capture_writer__add(w, &end, sizeof(end), NULL, 0);
	capture_writer__flush(w, at);
}

#endif
