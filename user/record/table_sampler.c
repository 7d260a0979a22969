// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "record/convert.h"
#include "record/table_sampler.h"
#include "util/array.h"
#include "util/hash.h"
#include "xen/table.h"
#include "xen/xenstore.h"
#include "util/log.h"
#include "util/monotonic.h"

#define MAX_PLAY   65536u /* refs at a time; further ones are ignored */
#define MAX_TABLES 64u	  /* granters at a time */
/* interval between reads after the unmap, or long after the announcement */
#define OPS	   32u
#define SLOW_NS	   (100 * NSEC_PER_MSEC) /* interval between reads of a mapped ref */
#define MAPPED_NS  (1 * NSEC_PER_SEC)
#define ARMED_LONG (60 * NSEC_PER_SEC)
#define LINGER_NS  (6 * NSEC_PER_SEC)	/* the limit of lingering-map and a second */
#define FOLLOW_NS  (1 * NSEC_PER_SEC)	/* interval between two requests of a table's size */
#define ASK_NS	   (50 * NSEC_PER_MSEC) /* interval between two checks whether a domain has gone */
#define IDLE_NS	   (2 * NSEC_PER_SEC)	/* time after which an unused table is unmapped */
#define RETRY_NS   (5 * NSEC_PER_SEC)	/* time after a failed attempt to map a table */

enum play_state { PLAY_FREE, PLAY_ARMED, PLAY_MAPPED, PLAY_LET_GO };

/* A ref that a process announced or mapped. */
struct play {
	u64 file, index; /* of the ioctl that announced it last */
	u64 since;	 /* in this state */
	u64 due;
	u64 looked; /* the last look, 0: none */
	struct table_entry entry;
	u32 ref;
	u16 granter;
	u8 state;
};

struct watched {
	struct table *table; /* NULL: opened when needed */
	u64 used, followed, failed;
	u16 domid;
};

struct table_sampler {
	struct table_reader *reader;
	/* NULL: the end of a domain goes unnoticed, so no table stays mapped */
	struct xenstore *xenstore;
	u64 asked;	    /* time of the last check whether a domain has gone */
	struct hash places; /* granter << 32 | ref → place + 1 */
	struct play *play;
	u32 nr, room;
	u32 free; /* index + 1 of an unused entry, 0 to search */
	u32 in_state[PLAY_LET_GO + 1];
	struct watched watched[MAX_TABLES];
	u32 nr_watched;
	u64 now;
	bool urgent, overflow;
};

struct table_sampler *table_sampler__new(const char **why)
{
	struct table_sampler *sampler = calloc(1, sizeof(*sampler));
	struct table_size size;
	int err = -ENOMEM;

	if (!sampler)
		goto fail;
	sampler->reader = table_reader__new();
	err = sampler->reader ? 0 : -errno;
	/* A test of the right to query: only the control domain may query its own table. */
	if (!err)
		err = table_reader__query(sampler->reader, 0, &size);
	if (err)
		goto fail;
	sampler->xenstore = xenstore__open();
	if (sampler->xenstore && xenstore__watch_releases(sampler->xenstore)) {
		xenstore__close(sampler->xenstore);
		sampler->xenstore = NULL;
	}
	return sampler;
fail:
	*why = table__why(err);
	table_sampler__free(sampler);
	return NULL;
}

void table_sampler__free(struct table_sampler *sampler)
{
	u32 i;

	if (!sampler)
		return;
	for (i = 0; i < sampler->nr_watched; i++)
		table__close(sampler->watched[i].table);
	xenstore__close(sampler->xenstore);
	table_reader__free(sampler->reader);
	hash__clear(&sampler->places);
	free(sampler->play);
	free(sampler);
}

bool table_sampler__is_busy(const struct table_sampler *sampler)
{
	return sampler->in_state[PLAY_ARMED];
}

bool table_sampler__is_urgent(const struct table_sampler *sampler)
{
	return sampler->urgent;
}

/* --- refs in play --- */

static u64 key_of(u16 granter, u32 ref)
{
	return (u64)granter << 32 | ref;
}

static struct play *find_play(struct table_sampler *sampler, u16 granter, u32 ref)
{
	u32 place = hash__find(&sampler->places, key_of(granter, ref));

	return place ? &sampler->play[place - 1] : NULL;
}

static void set_state(struct table_sampler *sampler, struct play *play, enum play_state state)
{
	sampler->in_state[play->state]--;
	sampler->in_state[state]++;
	play->state = (u8)state;
	play->since = sampler->now;
	play->due = sampler->now;
}

static u32 find_place(struct table_sampler *sampler)
{
	struct play *bigger;

	for (; sampler->play && sampler->free < sampler->nr; sampler->free++)
		if (sampler->play[sampler->free].state == PLAY_FREE)
			return sampler->free;
	if (sampler->nr == MAX_PLAY)
		return UINT32_MAX;
	bigger = array__reserve(sampler->play, &sampler->room, sampler->nr + 1, sizeof(*bigger));
	if (!bigger)
		return UINT32_MAX;
	sampler->play = bigger;
	return sampler->nr++;
}

static struct play *make_play(struct table_sampler *sampler, u16 granter, u32 ref)
{
	u32 place = find_place(sampler);
	struct play *play;

	if (place == UINT32_MAX || hash__set(&sampler->places, key_of(granter, ref), place + 1)) {
		if (!sampler->overflow)
			pr_warn("more than %u refs are in use: not all of their entries are read",
				MAX_PLAY);
		sampler->overflow = true;
		return NULL;
	}
	play = &sampler->play[place];
	*play = (struct play){.granter = granter, .ref = ref};
	sampler->in_state[PLAY_FREE]++;
	return play;
}

static void drop_play(struct table_sampler *sampler, struct play *play)
{
	u32 place = (u32)(play - sampler->play);

	hash__remove(&sampler->places, key_of(play->granter, play->ref));
	sampler->in_state[play->state]--;
	play->state = PLAY_FREE;
	sampler->free = min(sampler->free, place);
}

static void see_arm(struct table_sampler *sampler, const struct gw_event *event)
{
	const struct gw_op_arm *op = (const void *)(event + 1);
	u32 i;

	for (i = 0; i < event->nr; i++) {
		struct play *play;

		if (op[i].granter >= TABLE_OWN)
			continue;
		play = find_play(sampler, (u16)op[i].granter, op[i].ref);
		if (!play)
			play = make_play(sampler, (u16)op[i].granter, op[i].ref);
		if (!play)
			return;
		play->file = event->file;
		play->index = event->index;
		set_state(sampler, play, PLAY_ARMED);
		sampler->urgent = true;
	}
}

static void see_disarm(struct table_sampler *sampler, const struct gw_event *event)
{
	u32 i;

	for (i = 0; i < sampler->nr; i++) {
		struct play *play = &sampler->play[i];

		if (play->state != PLAY_FREE && play->state != PLAY_LET_GO &&
		    play->file == event->file &&
		    (event->flags & GW_F_WHOLE || play->index == event->index))
			set_state(sampler, play, PLAY_LET_GO);
	}
}

static void see_map(struct table_sampler *sampler, const struct gw_event *event)
{
	const struct gw_op_map *op = (const void *)(event + 1);
	u32 i;

	for (i = 0; i < event->nr && sampler->places.used; i++) {
		struct play *play =
			op[i].status ? NULL : find_play(sampler, op[i].granter, op[i].ref);

		if (!play || play->state == PLAY_MAPPED)
			continue;
		set_state(sampler, play, PLAY_MAPPED);
		sampler->urgent = true;
	}
}

void table_sampler__see(struct table_sampler *sampler, const struct gw_event *event, size_t size)
{
	if (!convert__is_valid(event, size))
		return;
	sampler->now = now_mono();
	if (event->type == GW_EV_ARM)
		see_arm(sampler, event);
	else if (event->type == GW_EV_DISARM)
		see_disarm(sampler, event);
	else if (event->type == GW_EV_MAP)
		see_map(sampler, event);
}

/* --- tables --- */

static struct watched *find_watched(struct table_sampler *sampler, u16 domid)
{
	struct watched *watched = NULL;
	u32 i;

	for (i = 0; i < sampler->nr_watched; i++) {
		if (sampler->watched[i].domid == domid)
			return &sampler->watched[i];
		if (!sampler->watched[i].table &&
		    sampler->now - sampler->watched[i].failed > RETRY_NS)
			watched = &sampler->watched[i];
	}
	if (!watched && sampler->nr_watched < MAX_TABLES)
		watched = &sampler->watched[sampler->nr_watched++];
	if (watched)
		*watched = (struct watched){.domid = domid};
	return watched;
}

/* Returns @domid's table with its present size, NULL if it cannot be mapped. */
static struct table *get_table(struct table_sampler *sampler, u16 domid, u32 ref)
{
	struct watched *watched = find_watched(sampler, domid);
	int err = 0;

	if (!watched || (watched->failed && sampler->now - watched->failed < RETRY_NS))
		return NULL;
	watched->used = sampler->now;
	if (!watched->table) {
		err = table__open(sampler->reader, domid, &watched->table);
	} else if (ref >= table__nr_entries(watched->table) ||
		   sampler->now - watched->followed > FOLLOW_NS) {
		err = table__follow(watched->table);
	} else {
		return watched->table;
	}
	watched->followed = sampler->now;
	if (!err)
		return watched->table;
	table__close(watched->table);
	watched->table = NULL;
	watched->failed = sampler->now;
	pr_debug("the table of d%u: %s", domid, table__why(err));
	return NULL;
}

static void close_idle(struct table_sampler *sampler)
{
	u32 i;

	for (i = 0; i < sampler->nr_watched; i++) {
		struct watched *watched = &sampler->watched[i];

		if (sampler->xenstore && sampler->now - watched->used < IDLE_NS)
			continue;
		table__close(watched->table);
		watched->table = NULL;
	}
}

static void forget_domain(struct table_sampler *sampler, struct watched *watched)
{
	u32 i;

	table__close(watched->table);
	watched->table = NULL;
	watched->failed = now_mono();
	for (i = 0; i < sampler->nr; i++)
		if (sampler->play[i].state != PLAY_FREE &&
		    sampler->play[i].granter == watched->domid)
			drop_play(sampler, &sampler->play[i]);
}

static void release_dead(struct table_sampler *sampler)
{
	u32 i;

	if (!sampler->xenstore || sampler->now - sampler->asked < ASK_NS)
		return;
	sampler->asked = sampler->now;
	if (!xenstore__has_released(sampler->xenstore))
		return;
	for (i = 0; i < sampler->nr_watched; i++)
		if (sampler->watched[i].table &&
		    !xenstore__has_domain(sampler->xenstore, sampler->watched[i].domid))
			forget_domain(sampler, &sampler->watched[i]);
}

/* --- looking --- */

struct entry_batch {
	struct recorder *recorder;
	struct op_entry op[OPS];
	u32 nr;
	u64 begun;
	int status;
};

static void end_batch(struct entry_batch *batch)
{
	if (batch->nr &&
	    recorder__add_entries(batch->recorder, batch->begun, now_mono(), batch->op, batch->nr))
		batch->status = -EAGAIN;
	batch->nr = 0;
}

static void put(struct entry_batch *batch, const struct play *play, const struct table_entry *entry)
{
	batch->op[batch->nr++] = (struct op_entry){.granter = play->granter,
						   .eflags = entry->flags,
						   .peer = entry->peer,
						   .ref = play->ref,
						   .frame = entry->frame,
						   .before = play->looked};
	if (batch->nr == OPS)
		end_batch(batch);
}

static u64 pause_of(const struct table_sampler *sampler, const struct play *play)
{
	if (play->state == PLAY_MAPPED)
		return MAPPED_NS;
	if (play->state == PLAY_ARMED && sampler->now - play->since < ARMED_LONG)
		return TABLE_LOOK_NS;
	return SLOW_NS;
}

static bool is_marked(const struct table_entry *entry)
{
	return entry->flags & (ENTRY_READING | ENTRY_WRITING);
}

/*
 * Whether no process uses the ref any more, and Xen has removed its marks, or has kept them for too
 * long.
 */
static bool is_over(const struct table_sampler *sampler, const struct play *play,
		    const struct table_entry *entry)
{
	return play->state == PLAY_LET_GO &&
	       (!is_marked(entry) || sampler->now - play->since > LINGER_NS);
}

static bool is_same(const struct table_entry *a, const struct table_entry *b)
{
	return a->frame == b->frame && a->flags == b->flags && a->peer == b->peer;
}

static void look_at(struct table_sampler *sampler, struct play *play, struct entry_batch *batch)
{
	struct table *table = get_table(sampler, play->granter, play->ref);
	struct table_entry entry;
	bool over;
	u64 now;

	play->due = sampler->now + pause_of(sampler, play);
	if (!table) {
		if (play->state == PLAY_LET_GO)
			drop_play(sampler, play);
		return;
	}
	now = now_mono();
	if (!batch->nr)
		batch->begun = now;
	/* Beyond the table's end the entry counts as free. */
	if (!table__entry(table, play->ref, &entry))
		entry = (struct table_entry){0};
	over = is_over(sampler, play, &entry);
	/* A dropped entry which is still marked is recorded once more. */
	if (!play->looked || !is_same(&entry, &play->entry) || (over && is_marked(&entry)))
		put(batch, play, &entry);
	play->entry = entry;
	play->looked = now;
	if (over)
		drop_play(sampler, play);
}

int table_sampler__look(struct table_sampler *sampler, u64 now, struct recorder *recorder)
{
	struct entry_batch batch = {.recorder = recorder};
	u32 i;

	sampler->now = now;
	sampler->urgent = false;
	release_dead(sampler);
	for (i = 0; i < sampler->nr; i++)
		if (sampler->play[i].state != PLAY_FREE && sampler->play[i].due <= now)
			look_at(sampler, &sampler->play[i], &batch);
	end_batch(&batch);
	while (sampler->nr && sampler->play[sampler->nr - 1].state == PLAY_FREE)
		sampler->nr--;
	sampler->free = min(sampler->free, sampler->nr);
	close_idle(sampler);
	return batch.status;
}
