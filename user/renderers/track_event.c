// SPDX-License-Identifier: GPL-2.0
#include "renderers/track_event.h"

/* trace.proto, trace_packet.proto */
enum {
	TRACE_PACKET = 1,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10, /* trusted_packet_sequence_id */
	PACKET_TRACK_EVENT = 11,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_TRACK_DESCRIPTOR = 60,
	PACKET_FIRST = 87, /* first_packet_on_sequence */
};

/* track_descriptor.proto */
enum {
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PARENT = 5,
	TRACK_CHILD_ORDERING = 11,
	TRACK_RANK = 12,  /* sibling_order_rank */
	TRACK_MERGE = 15, /* sibling_merge_behavior */
};

/* track_event.proto */
enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_FLOW = 47,
};

/* debug_annotation.proto */
enum {
	ANNOTATION_BOOL = 2,
	ANNOTATION_NUMBER = 3,
	ANNOTATION_STRING = 6,
	ANNOTATION_NAME = 10,
	ANNOTATION_ENTRY = 11, /* dict_entries */
};

#define SEQUENCE	     1 /* one writer, one sequence of packets */
#define SEQUENCE_STATE_CLEAR 1 /* SEQ_INCREMENTAL_STATE_CLEARED */
#define CHILDREN_BY_RANK     3 /* EXPLICIT */
#define MERGE_BY_NAME	     1 /* SIBLING_MERGE_BEHAVIOR_BY_TRACK_NAME */
#define MERGE_NONE	     2 /* SIBLING_MERGE_BEHAVIOR_NONE */

void track_events__begin(FILE *out)
{
	struct protobuf buf = {};
	u32 packet = protobuf__begin(&buf, TRACE_PACKET);

	protobuf__add_number(&buf, PACKET_SEQUENCE, SEQUENCE);
	protobuf__add_number(&buf, PACKET_SEQUENCE_FLAGS, SEQUENCE_STATE_CLEAR);
	protobuf__add_number(&buf, PACKET_FIRST, true);
	protobuf__end(&buf, packet);
	protobuf__write(&buf, out);
}

void track__name(FILE *out, const struct track_name *track)
{
	struct protobuf buf = {};
	u32 packet = protobuf__begin(&buf, TRACE_PACKET), descriptor;

	protobuf__add_number(&buf, PACKET_SEQUENCE, SEQUENCE);
	descriptor = protobuf__begin(&buf, PACKET_TRACK_DESCRIPTOR);
	protobuf__add_number(&buf, TRACK_UUID, track->uuid);
	protobuf__add_string(&buf, TRACK_NAME, track->name);
	if (track->parent)
		protobuf__add_number(&buf, TRACK_PARENT, track->parent);
	if (track->sorted)
		protobuf__add_number(&buf, TRACK_CHILD_ORDERING, CHILDREN_BY_RANK);
	if (track->rank)
		protobuf__add_number(&buf, TRACK_RANK, min(track->rank, (u32)INT32_MAX));
	protobuf__add_number(&buf, TRACK_MERGE, track->merge ? MERGE_BY_NAME : MERGE_NONE);
	protobuf__end(&buf, descriptor);
	protobuf__end(&buf, packet);
	protobuf__write(&buf, out);
}

enum event_type { SLICE_BEGIN = 1, SLICE_END = 2 };

static void begin_event(struct track_event *event, enum event_type type, u64 track, u64 ns)
{
	*event = (struct track_event){};
	event->packet = protobuf__begin(&event->buf, TRACE_PACKET);
	/* Readers have signed times. */
	protobuf__add_number(&event->buf, PACKET_TIMESTAMP, min(ns, (u64)INT64_MAX));
	protobuf__add_number(&event->buf, PACKET_SEQUENCE, SEQUENCE);
	event->event = protobuf__begin(&event->buf, PACKET_TRACK_EVENT);
	protobuf__add_number(&event->buf, EVENT_TYPE, type);
	protobuf__add_number(&event->buf, EVENT_TRACK, track);
}

void track_event__begin(struct track_event *event, u64 track, u64 ns, const char *category,
			const char *name)
{
	begin_event(event, SLICE_BEGIN, track, ns);
	protobuf__add_string(&event->buf, EVENT_CATEGORY, category);
	protobuf__add_string(&event->buf, EVENT_NAME, name);
}

void track_event__add_flow(struct track_event *event, u64 id)
{
	protobuf__add_fixed64(&event->buf, EVENT_FLOW, id);
}

/* Returns its beginning, for protobuf__end(). */
static u32 begin_annotation(struct track_event *event, const char *key)
{
	u32 begin =
		protobuf__begin(&event->buf, event->group ? ANNOTATION_ENTRY : EVENT_ANNOTATION);

	protobuf__add_string(&event->buf, ANNOTATION_NAME, key);
	return begin;
}

void track_event__add_number(struct track_event *event, const char *key, u64 value)
{
	u32 begin = begin_annotation(event, key);

	protobuf__add_number(&event->buf, ANNOTATION_NUMBER, value);
	protobuf__end(&event->buf, begin);
}

void track_event__add_string(struct track_event *event, const char *key, const char *value)
{
	u32 begin = begin_annotation(event, key);

	protobuf__add_string(&event->buf, ANNOTATION_STRING, value);
	protobuf__end(&event->buf, begin);
}

void track_event__add_bool(struct track_event *event, const char *key, bool value)
{
	u32 begin = begin_annotation(event, key);

	protobuf__add_number(&event->buf, ANNOTATION_BOOL, value);
	protobuf__end(&event->buf, begin);
}

void track_event__begin_group(struct track_event *event, const char *key)
{
	event->group = begin_annotation(event, key);
}

void track_event__end_group(struct track_event *event)
{
	protobuf__end(&event->buf, event->group);
	event->group = 0;
}

void track_event__end(struct track_event *event, FILE *out)
{
	protobuf__end(&event->buf, event->event);
	protobuf__end(&event->buf, event->packet);
	protobuf__write(&event->buf, out);
}

void track__end_slice(FILE *out, u64 track, u64 ns)
{
	struct track_event event;

	begin_event(&event, SLICE_END, track, ns);
	track_event__end(&event, out);
}
