// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "capture/fields.h"

#define F(type, member, fname, fkind)                                          \
	{                                                                      \
		.name = fname, .kind = fkind, .offset = offsetof(type, member) \
	}
#define F_ENUM(type, member, fname, list, first)                                     \
	{                                                                            \
		.name = fname, .kind = FIELD_ENUM, .offset = offsetof(type, member), \
		.names = list, .base = first                                         \
	}

static const char *const probe_states[] = {"attached", "missing", "detached", NULL};
static const char *const phases[] = {"attaching", "recording", NULL};
static const char *const loss_kinds[] = {"ring",  "missed", "stream", "truncated",
					 "entry", "passed", NULL};
static const char *const revoke_results[] = {"refused", "ok", NULL};

static const struct field fact_fields[] = {
	F(struct rec_fact, time, "time", FIELD_TIME),
	F(struct rec_fact, text, "key", FIELD_WORD),
	F(struct rec_fact, text, "value", FIELD_TEXT),
};

static const struct field task_fields[] = {
	F(struct rec_task, id, "id", FIELD_U32),
	F(struct rec_task, pid, "pid", FIELD_U32),
	F(struct rec_task, tid, "tid", FIELD_U32),
	F(struct rec_task, comm, "comm", FIELD_COMM),
};

static const struct field process_fields[] = {
	F(struct rec_process, id, "id", FIELD_U32),
	F(struct rec_process, comm, "comm", FIELD_COMM),
};

static const struct field stack_fields[] = {
	F(struct rec_stack, id, "id", FIELD_U32),
	F(struct rec_stack, text, "frames", FIELD_TEXT),
};

static const struct field clock_fields[] = {
	F(struct rec_clock, h.cpu, "cpu", FIELD_U16),
	F(struct rec_clock, mono, "mono", FIELD_TIME),
	F(struct rec_clock, tsc0, "tsc0", FIELD_U64),
	F(struct rec_clock, tsc1, "tsc1", FIELD_U64),
	F(struct rec_clock, tsc_timestamp, "stamp", FIELD_U64),
	F(struct rec_clock, system_time, "system", FIELD_TIME),
	F(struct rec_clock, mul, "mul", FIELD_U32),
	F(struct rec_clock, shift, "shift", FIELD_S32),
};

static const struct field wall_fields[] = {
	F(struct rec_wall, mono, "mono", FIELD_TIME),
	F(struct rec_wall, real, "real", FIELD_TIME),
};

static const struct field phase_fields[] = {
	F(struct rec_phase, time, "time", FIELD_TIME),
	F_ENUM(struct rec_phase, phase, "state", phases, PHASE_ATTACHING),
};

static const struct field probe_fields[] = {
	F(struct rec_probe, time, "time", FIELD_TIME),
	F_ENUM(struct rec_probe, state, "state", probe_states, PROBE_ATTACHED),
	F(struct rec_probe, events, "events", FIELD_X32),
	F(struct rec_probe, text, "name", FIELD_WORD),
	F(struct rec_probe, text, "how", FIELD_TEXT),
};

static const struct field loss_fields[] = {
	F(struct rec_loss, since, "since", FIELD_TIME),
	F(struct rec_loss, until, "until", FIELD_TIME),
	F(struct rec_loss, count, "count", FIELD_U64),
	F_ENUM(struct rec_loss, kind, "kind", loss_kinds, LOSS_RING),
	F(struct rec_loss, events, "events", FIELD_X32),
};

static const struct field log_fields[] = {
	F(struct rec_log, time, "time", FIELD_TIME),
	F(struct rec_log, text, "text", FIELD_TEXT),
};

static const struct field end_fields[] = {
	F(struct rec_end, time, "time", FIELD_TIME),
	F(struct rec_end, events, "events", FIELD_U64),
	F(struct rec_end, lost, "lost", FIELD_U64),
};

#define EVENT_FIELDS                                                \
	F(struct rec_event, t_in, "in", FIELD_TIME),                \
		F(struct rec_event, t_out, "out", FIELD_TIME),      \
		F(struct rec_event, h.cpu, "cpu", FIELD_U16),       \
		F(struct rec_event, h.flags, "flags", FIELD_FLAGS), \
		F(struct rec_event, task, "task", FIELD_U32),       \
		F(struct rec_event, stack, "stack", FIELD_U32)

static const struct field grant_fields[] = {
	EVENT_FIELDS,
	F(struct rec_grant, ref, "ref", FIELD_U32),
	F(struct rec_grant, peer, "peer", FIELD_U16),
	F(struct rec_grant, gflags, "gflags", FIELD_X16),
	F(struct rec_grant, frame, "frame", FIELD_X64),
};

static const struct field revoke_fields[] = {
	EVENT_FIELDS,
	F(struct rec_revoke, ref, "ref", FIELD_U32),
	F_ENUM(struct rec_revoke, ok, "result", revoke_results, 0),
};

static const struct field ref_fields[] = {
	EVENT_FIELDS,
	F(struct rec_ref, ref, "ref", FIELD_U32),
};

static const struct field event_fields[] = {EVENT_FIELDS};

#define BATCH_FIELDS                                                \
	EVENT_FIELDS, F(struct rec_batch, file, "file", FIELD_U32), \
		F(struct rec_batch, first, "first", FIELD_U32),     \
		F(struct rec_batch, total, "total", FIELD_U32)

static const struct field index_fields[] = {
	BATCH_FIELDS,
	F(struct rec_batch, index, "index", FIELD_X64),
};

static const struct field ret_fields[] = {
	BATCH_FIELDS,
	F(struct rec_batch, index, "ret", FIELD_S64),
};

static const struct field arm_ops[] = {
	F(struct op_arm, granter, "granter", FIELD_U32),
	F(struct op_arm, ref, "ref", FIELD_U32),
};

static const struct field map_ops[] = {
	F(struct op_map, granter, "granter", FIELD_U16),
	F(struct op_map, ref, "ref", FIELD_U32),
	F(struct op_map, status, "status", FIELD_S16),
	F(struct op_map, handle, "handle", FIELD_U32),
	F(struct op_map, flags, "mflags", FIELD_X32),
	F(struct op_map, frame, "frame", FIELD_X64),
};

static const struct field unmap_ops[] = {
	F(struct op_unmap, granter, "granter", FIELD_U16),
	F(struct op_unmap, ref, "ref", FIELD_U32),
	F(struct op_unmap, status, "status", FIELD_S16),
	F(struct op_unmap, handle, "handle", FIELD_U32),
};

static const struct field copy_ops[] = {
	F(struct op_copy, granter, "granter", FIELD_U16),
	F(struct op_copy, ref, "ref", FIELD_U32),
	F(struct op_copy, status, "status", FIELD_S16),
	F(struct op_copy, flags, "cflags", FIELD_X32),
};

static const struct field entry_ops[] = {
	F(struct op_entry, granter, "granter", FIELD_U16),
	F(struct op_entry, ref, "ref", FIELD_U32),
	F(struct op_entry, peer, "peer", FIELD_U16),
	F(struct op_entry, eflags, "eflags", FIELD_X16),
	F(struct op_entry, frame, "frame", FIELD_X64),
	F(struct op_entry, before, "before", FIELD_TIME),
};

#define DESC(n, type, f)                                   \
	{                                                  \
		n, sizeof(type), f, ARRAY_SIZE(f), NULL, 0 \
	}
#define DESC_OPS(n, f, o)                                                       \
	{                                                                       \
		n, sizeof(struct rec_batch), f, ARRAY_SIZE(f), o, ARRAY_SIZE(o) \
	}

const struct rec_desc rec_descs[REC_TYPE_MAX] = {
	[REC_FACT] = DESC("fact", struct rec_fact, fact_fields),
	[REC_TASK] = DESC("task", struct rec_task, task_fields),
	[REC_PROCESS] = DESC("process", struct rec_process, process_fields),
	[REC_STACK] = DESC("stack", struct rec_stack, stack_fields),
	[REC_CLOCK] = DESC("clock", struct rec_clock, clock_fields),
	[REC_WALL] = DESC("wall", struct rec_wall, wall_fields),
	[REC_PHASE] = DESC("phase", struct rec_phase, phase_fields),
	[REC_PROBE] = DESC("probe", struct rec_probe, probe_fields),
	[REC_LOSS] = DESC("loss", struct rec_loss, loss_fields),
	[REC_LOG] = DESC("log", struct rec_log, log_fields),
	[REC_END] = DESC("end", struct rec_end, end_fields),
	[REC_GRANT] = DESC("grant", struct rec_grant, grant_fields),
	[REC_REVOKE] = DESC("revoke", struct rec_revoke, revoke_fields),
	[REC_FREE] = DESC("free", struct rec_ref, ref_fields),
	[REC_RELEASE] = DESC("release", struct rec_ref, ref_fields),
	[REC_RESET] = DESC("reset", struct rec_event, event_fields),
	[REC_ARM] = DESC_OPS("arm", index_fields, arm_ops),
	[REC_DISARM] = DESC("disarm", struct rec_batch, index_fields),
	[REC_MAP] = DESC_OPS("map", index_fields, map_ops),
	[REC_UNMAP] = DESC_OPS("unmap", index_fields, unmap_ops),
	[REC_RING] = DESC_OPS("ring", ret_fields, arm_ops),
	[REC_RING_UNMAP] = DESC("ring-unmap", struct rec_batch, ret_fields),
	[REC_COPY] = DESC_OPS("copy", index_fields, copy_ops),
	[REC_ENTRY] = DESC_OPS("entry", index_fields, entry_ops),
};

u8 rec_type__by_name(const char *name)
{
	unsigned int type;

	for (type = 0; type < REC_TYPE_MAX; type++)
		if (rec_descs[type].name && !strcmp(rec_descs[type].name, name))
			return (u8)type;
	return 0;
}

const char *events__names(u32 events, char *buf, size_t size)
{
	size_t len = 0;
	unsigned int type;

	buf[0] = '\0';
	for (type = REC_EVENT_FIRST; type < REC_TYPE_MAX; type++) {
		if (!(events & REC_BIT(type)) || len + 12 >= size)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
					rec_descs[type].name);
	}
	return buf;
}
