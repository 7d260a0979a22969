/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Perfetto's trace format: packets that name tracks, and packets of events on them. Field numbers
 * are those of Perfetto's protos/perfetto/trace (trace_packet.proto, track_event/).
 */
#ifndef GRANTWATCH_TRACK_EVENT_H
#define GRANTWATCH_TRACK_EVENT_H

#include "util/protobuf.h"

struct track_name {
	u64 uuid;   /* not 0 */
	u64 parent; /* 0: none */
	const char *name;
	bool merge;  /* shown as one with its siblings of the same name */
	bool sorted; /* its children are in the order of their ranks */
	u32 rank;
};

/* Writes the first packet. */
void track_events__begin(FILE *out);

/* Names a track, once and before its events. */
void track__name(FILE *out, const struct track_name *track);

/* An event that is being written; its memory is freed by track_event__end(). */
struct track_event {
	struct protobuf buf;
	u32 packet, event, group; /* where these messages begin; group 0: none is open */
};

/*
 * Begins an event that begins a slice at @ns. Slices on one track nest. Readers sort events by
 * time, and keep the order of those with the same one.
 */
void track_event__begin(struct track_event *event, u64 track, u64 ns, const char *category,
			const char *name);

/* Adds the slice to a flow, which connects slices in order of time. */
void track_event__add_flow(struct track_event *event, u64 id);

/* Add an argument, which readers show with the slice. */
void track_event__add_number(struct track_event *event, const char *key, u64 value);
void track_event__add_string(struct track_event *event, const char *key, const char *value);
void track_event__add_bool(struct track_event *event, const char *key, bool value);

/* Begins an argument that consists of those added up to the end of the group. */
void track_event__begin_group(struct track_event *event, const char *key);
void track_event__end_group(struct track_event *event);

void track_event__end(struct track_event *event, FILE *out);

/*
 * Writes the event that ends the newest open slice of the track. A single moment is a slice too, of
 * no length: Perfetto's instants are children of earlier ones at the same time.
 */
void track__end_slice(FILE *out, u64 track, u64 ns);

#endif
