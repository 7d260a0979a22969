// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "record/convert.h"
#include "util/xen_abi.h"

#define PAGE_SHIFT     12
#define OP_BYTES       32 /* the handle of an unused operation in a batch, see emit.bpf.h */
#define INVALID_HANDLE 0xffffffffu
#define COPY_SIDES     (GNTCOPY_source_gref | GNTCOPY_dest_gref)

static const struct {
	u8 rec;
	u8 op_size; /* bytes of one operation in the ring, 0 for none */
} kinds[GW_EV_MAX] = {
	[GW_EV_GRANT] = {REC_GRANT, sizeof(struct gw_op_grant)},
	[GW_EV_END] = {REC_REVOKE, sizeof(struct gw_op_end)},
	[GW_EV_FREE] = {REC_FREE, sizeof(struct gw_op_ref)},
	[GW_EV_RELEASE] = {REC_RELEASE, sizeof(struct gw_op_ref)},
	[GW_EV_RESET] = {REC_RESET, 0},
	[GW_EV_ARM] = {REC_ARM, sizeof(struct gw_op_arm)},
	[GW_EV_DISARM] = {REC_DISARM, 0},
	[GW_EV_MAP] = {REC_MAP, sizeof(struct gw_op_map)},
	[GW_EV_UNMAP] = {REC_UNMAP, sizeof(struct gw_op_unmap) + sizeof(struct gw_page_foreign)},
	[GW_EV_RING] = {REC_RING, sizeof(struct gw_op_ring)},
	[GW_EV_RING_UNMAP] = {REC_RING_UNMAP, 0},
	[GW_EV_COPY] = {REC_COPY, sizeof(struct gw_op_copy)},
};

_Static_assert(GW_F_EXITING == REC_F_EXITING && GW_F_IRQ == REC_F_IRQ &&
		       GW_F_NO_ENTRY == REC_F_NO_ENTRY && GW_F_WHOLE == REC_F_WHOLE &&
		       GW_F_BATCH_MAP == REC_F_RING,
	       "flags pass through as they are");
_Static_assert(sizeof(struct gw_op_arm) == sizeof(struct op_arm) &&
		       sizeof(struct gw_op_ring) == sizeof(struct op_arm),
	       "copied as they are");

/* Returns the record type (REC_*) for @type (GW_EV_*), 0 for none. */
static u8 record_type(u8 type)
{
	return type < GW_EV_MAX ? kinds[type].rec : 0;
}

bool convert__is_valid(const struct gw_event *event, size_t size)
{
	if (size < sizeof(*event) || !record_type(event->type))
		return false;
	if (event->nr > GW_CHUNK)
		return false;
	return event->nr * (size_t)kinds[event->type].op_size <= size - sizeof(*event);
}

static size_t finish(struct rec *rec, size_t len)
{
	size_t padded = (len + 7) & ~(size_t)7;

	memset((char *)rec + len, 0, padded - len);
	rec->len = (u32)padded;
	return padded;
}

static size_t convert_single(const struct gw_event *event, struct rec_event *head)
{
	const void *op = event + 1;

	if (event->type == GW_EV_GRANT) {
		const struct gw_op_grant *grant = op;
		struct rec_grant *rec = (struct rec_grant *)head;

		rec->ref = grant->ref;
		rec->peer = grant->peer;
		rec->gflags = grant->flags;
		rec->frame = grant->frame;
		return sizeof(*rec);
	}
	if (event->type == GW_EV_END) {
		const struct gw_op_end *end = op;
		struct rec_revoke *rec = (struct rec_revoke *)head;

		rec->ref = end->ref;
		rec->ok = !!end->ret;
		return sizeof(*rec);
	}
	if (event->type == GW_EV_FREE || event->type == GW_EV_RELEASE) {
		const struct gw_op_ref *ref = op;
		struct rec_ref *rec = (struct rec_ref *)head;

		rec->ref = ref->ref;
		rec->pad = 0;
		return sizeof(*rec);
	}
	return sizeof(*head);
}

static size_t convert_maps(const struct gw_op_map *from, u32 nr, struct op_map *to)
{
	u32 i;

	for (i = 0; i < nr; i++)
		to[i] = (struct op_map){
			.granter = from[i].granter,
			.status = from[i].status,
			.ref = from[i].ref,
			.handle = from[i].handle,
			.flags = from[i].flags,
			.frame = from[i].status ? 0 : from[i].dev_bus_addr >> PAGE_SHIFT,
		};
	return nr * sizeof(*to);
}

/* Whether the page was readable and foreign. Nobody maps dom0's ref 0, which is reserved. */
static bool is_foreign(const struct gw_page_foreign *page)
{
	return page->granter || page->ref || page->pad;
}

/* An entry without a handle is no unmap, and its page belongs to another time. */
static size_t convert_unmaps(const struct gw_op_unmap *from, const struct gw_page_foreign *page,
			     u32 nr, struct op_unmap *to)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		bool known = is_foreign(&page[i]) && from[i].handle != INVALID_HANDLE;

		to[i] = (struct op_unmap){
			.granter = known ? page[i].granter : GW_NO_DOMAIN,
			.status = from[i].status,
			.ref = known ? page[i].ref : 0,
			.handle = from[i].handle,
		};
	}
	return nr * sizeof(*to);
}

static void convert_side(const struct gw_op_copy *from, const struct gw_copy_side *side, u16 flag,
			 struct op_copy *to)
{
	bool paired = (from->flags & COPY_SIDES) == COPY_SIDES;

	*to = (struct op_copy){
		.granter = side->domid,
		.status = from->status,
		.ref = side->ref,
		.flags = flag | (paired ? COPY_PAIRED : 0),
	};
}

/*
 * The number of sides in the call's other records is unknown here, so each record counts its own
 * only.
 */
static size_t convert_copies(const struct gw_op_copy *from, u32 nr, struct rec_batch *rec)
{
	struct op_copy *to = (void *)(rec + 1);
	u32 i, n = 0;

	for (i = 0; i < nr; i++) {
		if (from[i].flags & GNTCOPY_source_gref)
			convert_side(&from[i], &from[i].source, GNTCOPY_source_gref, &to[n++]);
		if (from[i].flags & GNTCOPY_dest_gref)
			convert_side(&from[i], &from[i].dest, GNTCOPY_dest_gref, &to[n++]);
	}
	rec->nr = n;
	rec->first = 0;
	rec->total = n;
	return n * sizeof(*to);
}

static size_t convert_batch(const struct gw_event *event, size_t size, u32 file,
			    struct rec_batch *rec)
{
	const void *from = event + 1;
	void *to = rec + 1;
	u32 nr = event->nr;

	rec->file = file;
	rec->nr = nr;
	rec->first = event->first;
	rec->total = event->total;
	rec->index = event->index;
	switch (event->type) {
	case GW_EV_ARM:
	case GW_EV_RING:
		memcpy(to, from, nr * sizeof(struct op_arm));
		return sizeof(*rec) + nr * sizeof(struct op_arm);
	case GW_EV_MAP:
		return sizeof(*rec) + convert_maps(from, nr, to);
	case GW_EV_UNMAP: {
		size_t room = (size - sizeof(*event)) / OP_BYTES;
		const struct gw_op_unmap *op = from;

		return sizeof(*rec) + convert_unmaps(op, (const void *)(op + room), nr, to);
	}
	case GW_EV_COPY:
		return sizeof(*rec) + convert_copies(from, nr, rec);
	}
	rec->nr = 0;
	return sizeof(*rec);
}

size_t convert__event(const struct gw_event *event, size_t size, const struct convert_ids *ids,
		      void *buf)
{
	struct rec_event *head = buf;

	*head = (struct rec_event){
		.h.type = record_type(event->type),
		.h.flags = event->flags & REC_F_ALL,
		.h.cpu = event->cpu,
		.t_in = event->t_in,
		.t_out = event->t_out,
		.task = ids->task,
		.stack = ids->stack,
	};
	if (REC_IS_BATCH(head->h.type))
		return finish(&head->h, convert_batch(event, size, ids->file, buf));
	return finish(&head->h, convert_single(event, head));
}
