// SPDX-License-Identifier: GPL-2.0
/*
 * The captures that recorders would write: each domain's own clock, marks, clock samples, losses.
 */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "sim.h"

const char *const sim_stacks[STACK_MAX] = {
	[STACK_ALLOC_GRANT] =
		"gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 [xen_gntalloc]",
	[STACK_ALLOC_END] = "gnttab_end_foreign_access+0x2a; __del_gref+0x51 [xen_gntalloc]",
	[STACK_RETRY] = "gnttab_handle_deferred+0x8a; call_timer_fn+0x27; __run_timers+0x221",
	[STACK_BLK_GRANT] = "blkif_queue_rq+0x4e1 [xen_blkfront]; blk_mq_dispatch_rq_list+0x12f",
	[STACK_BLK_END] =
		"gnttab_try_end_foreign_access+0x12; blkif_interrupt+0x2b0 [xen_blkfront]",
	[STACK_NET_GRANT] = "xennet_alloc_rx_buffers+0x1c1 [xen_netfront]",
	[STACK_NET_END] = "gnttab_end_foreign_access_ref+0x10; xennet_poll+0x2b0 [xen_netfront]",
	[STACK_RING_GRANT] = "gnttab_grant_foreign_access+0x6c; xenbus_setup_ring+0xd0; "
			     "setup_blkring+0x50 [xen_blkfront]",
	[STACK_RING_END] = "gnttab_end_foreign_access+0x2a; xenbus_teardown_ring+0x40; "
			   "blkif_free_ring+0x90 [xen_blkfront]",
	[STACK_DEV_MAP] =
		"gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]",
	[STACK_BLKBACK] =
		"xen_blkbk_map+0x1a0 [xen_blkback]; dispatch_rw_block_io+0x2f0 [xen_blkback]",
	[STACK_NETBACK] = "xenvif_tx_action+0x2f0 [xen_netback]",
	[STACK_RING_MAP] =
		"__xenbus_map_ring+0x88; xenbus_map_ring_valloc+0x60; xen_blkif_map+0x40 "
		"[xen_blkback]",
	[STACK_ODD_GRANT] = "gnttab_grant_foreign_access+0x6c; myfront_probe+0x90 [xen_myfront]",
	[STACK_ODD_END] = "gnttab_end_foreign_access+0x2a; myfront_remove+0x44 [xen_myfront]",
	[STACK_ODD_MAP] = "myback_map+0x77 [xen_myback]",
	[STACK_IMPORT_GRANT] = "gnttab_grant_foreign_access_ref+0x10; "
			       "dmabuf_imp_grant_foreign_access+0x55 [xen_gntdev]; "
			       "gntdev_ioctl_dmabuf_imp_to_refs+0x120 [xen_gntdev]",
	[STACK_IMPORT_END] = "gnttab_end_foreign_access+0x2a; "
			     "dmabuf_imp_end_foreign_access+0x33 [xen_gntdev]; "
			     "gntdev_ioctl_dmabuf_imp_release+0x70 [xen_gntdev]",
	[STACK_DISPL_GRANT] = "gnttab_grant_foreign_access_ref+0x10; "
			      "xen_drm_front_dbuf_create+0x99 [drm_xen_front]",
	[STACK_DISPL_END] = "gnttab_end_foreign_access+0x2a; "
			    "xen_drm_front_dbuf_free+0x33 [drm_xen_front]",
	[STACK_DISPL_MAP] = "gnttab_map_refs+0x5; xen_drm_front_dbuf_map+0x99 [drm_xen_front]",
	[STACK_NET_GIVE_UP] = "gnttab_end_foreign_access+0x2a; xennet_disconnect_backend+0x8e "
			      "[xen_netfront]",
	[STACK_NET_COPY] = "gnttab_batch_copy+0x5; xenvif_rx_copy_flush+0x1d [xen_netback]; "
			   "xenvif_rx_action+0x9c [xen_netback]",
	[STACK_9PFS_GRANT] = "gnttab_grant_foreign_access+0x6c; xen_9pfs_front_alloc_dataring+0xd0 "
			     "[9pnet_xen]",
	[STACK_9PFS_END] = "gnttab_end_foreign_access+0x2a; xen_9pfs_front_free+0x11a [9pnet_xen]",
	[STACK_EXPORT_MAP] = "gnttab_map_refs+0x5; gntdev_map_grant_pages+0x15d [xen_gntdev]; "
			     "gntdev_ioctl_dmabuf_exp_from_refs+0x221 [xen_gntdev]",
	[STACK_DEV_COPY] = "gnttab_batch_copy+0x5; gntdev_copy+0x24 [xen_gntdev]; "
			   "gntdev_ioctl+0x4b0 [xen_gntdev]",
	[STACK_ODD_RING_GRANT] = "gnttab_grant_foreign_access+0x6c; xenbus_setup_ring+0xd0; "
				 "myfront_setup+0x50 [xen_myfront]",
	[STACK_ODD_RING_END] = "gnttab_end_foreign_access+0x2a; xenbus_teardown_ring+0x40; "
			       "myfront_free+0x90 [xen_myfront]",
	[STACK_ODD_RING_MAP] = "__xenbus_map_ring+0x88; xenbus_map_ring_valloc+0x60; "
			       "myback_connect+0x40 [xen_myback]",
	[STACK_EXPORT_UNMAP] = "gnttab_unmap_refs+0x5; __unmap_grant_pages+0xb0 [xen_gntdev]; "
			       "dmabuf_exp_ops_release+0x40 [xen_gntdev]",
};

const char *const sim_tasks[TASK_MAX] = {
	[TASK_AGENT] = "gui-agent",	    [TASK_DAEMON] = "gui-daemon",
	[TASK_QEMU] = "qemu-system-i38",    [TASK_BACKEND] = "xenwatch",
	[TASK_OWN_BACKEND] = "own_display",
};

u16 record__domid(const struct sim *sim, u32 domain)
{
	return domain < SIM_GUESTS ? sim->guest[domain].domid
				   : sim->mapper[domain - SIM_GUESTS].domid;
}

/* Returns the domain's CLOCK_MONOTONIC at Xen system time @at. */
u64 record__mono(const struct sim *sim, u32 domain, u64 at)
{
	u64 since = at - sim->cfg.boot[domain];

	return since + (u64)((s64)(since / 1000) * sim->cfg.drift[domain] / 1000000);
}

/* wall-clock time of Xen's start, any value */
#define WALL_OF_XEN (1700000000 * NSEC_PER_SEC)

struct recorder {
	struct sim *sim;
	struct capture_writer *writer;
	struct rng rng;
	u32 domain;
	u64 mark;
	u64 began;
	/* Xen time of a late recorder's read of the guest's table, first and last moment */
	u64 baseline_in, baseline_out;
	bool baseline; /* still to be read */
	bool plugged;  /* xvdb has connected */
	u32 lost;
	u32 lost_types;
};

/* blkback has a thread for each disk of each guest: tasks from TASK_MAX on. */
static u32 backend_task(u32 guest, u32 disk)
{
	return TASK_MAX + 2 * guest + disk;
}

static void write_backends(const struct recorder *r)
{
	char comm[16];
	u32 i, disk, task;

	for (i = 0; i < SIM_GUESTS; i++)
		for (disk = 0; disk < 2; disk++) {
			snprintf(comm, sizeof(comm), "%u.xvd%c-0", record__domid(r->sim, i),
				 'a' + disk);
			task = backend_task(i, disk);
			capture_writer__task(r->writer, task, 200 + task, 200 + task, comm);
		}
}

/* Both ends' settings: read at the start, and whenever the disk connects. */
static void write_disk(const struct recorder *r, u64 time)
{
	capture_writer__fact(r->writer, time, "vbd.51712.persistent",
			     sim__persistent(r->sim, 0) ? "yes" : "no");
	if (r->sim->cfg.second_disk && (r->plugged || !r->sim->cfg.plugged))
		capture_writer__fact(r->writer, time, "vbd.51728.persistent",
				     sim__persistent(r->sim, 1) ? "yes" : "no");
}

static u32 task_of(const struct recorder *r, const struct sim_event *event)
{
	u32 i;

	for (i = 0; i < SIM_GUESTS && event->task == TASK_BACKEND; i++)
		if (record__domid(r->sim, i) == event->granter)
			return backend_task(i, event->disk);
	return event->task;
}

/* Wall-clock time at CLOCK_MONOTONIC 0. */
static void write_boot_time(const struct recorder *r)
{
	u64 xen = WALL_OF_XEN + (r->sim->cfg.other_boot[r->domain] ? 86400 * NSEC_PER_SEC : 0);
	u64 at = xen + r->sim->cfg.boot[r->domain];
	char value[40];

	snprintf(value, sizeof(value), "%llu.%09llu", (unsigned long long)(at / NSEC_PER_SEC),
		 (unsigned long long)(at % NSEC_PER_SEC));
	capture_writer__fact(r->writer, 0, "boot_time", value);
}

static void write_head(struct recorder *r)
{
	struct capture_writer *w = r->writer;
	const struct sim *sim = r->sim;
	bool guest = r->domain < SIM_GUESTS;
	char domid[8];
	u32 i;

	snprintf(domid, sizeof(domid), "%u", record__domid(sim, r->domain));
	capture_writer__fact(w, 0, "domid", domid);
	capture_writer__fact(w, 0, "role", guest ? "guest" : "dom0");
	capture_writer__fact(w, 0, "guest_type", !guest || sim->cfg.pv[r->domain] ? "PV" : "PVH");
	write_boot_time(r);
	if (guest)
		write_disk(r, 0);
	for (i = 1; i < TASK_MAX; i++)
		capture_writer__task(w, i, 100 + i, 100 + i, sim_tasks[i]);
	write_backends(r);
	for (i = 1; i < STACK_MAX; i++)
		capture_writer__stack(w, i, sim_stacks[i]);
	capture_writer__probe(w, r->began, PROBE_ATTACHED, 0xfff, "all", "sim");
}

static void write_clock(struct recorder *r, u64 at)
{
	struct rec_clock clock = {.h.type = REC_CLOCK, .mul = 1u << 31, .shift = 1};

	clock.mono = record__mono(r->sim, r->domain, at);
	clock.tsc0 = at - rng__below(&r->rng, 2 * r->sim->cfg.jitter + 1);
	clock.tsc1 = at + rng__below(&r->rng, 2 * r->sim->cfg.jitter + 1) + 1;
	capture_writer__add(r->writer, &clock, sizeof(clock), NULL, 0);
}

static void fill_head(const struct recorder *r, const struct sim_event *event, struct rec_event *e,
		      bool no_entry)
{
	e->h.type = event->type;
	e->h.flags = event->flags | (no_entry ? REC_F_NO_ENTRY : 0);
	e->t_out = record__mono(r->sim, r->domain, event->out);
	e->t_in = no_entry ? e->t_out : record__mono(r->sim, r->domain, event->in);
	e->task = task_of(r, event);
	e->stack = event->stack;
}

static void write_granter(struct recorder *r, const struct sim_event *event, bool no_entry)
{
	union {
		struct rec_event e;
		struct rec_grant grant;
		struct rec_revoke revoke;
		struct rec_ref ref;
	} rec = {0};
	size_t len = sizeof(rec.ref);

	fill_head(r, event, &rec.e, no_entry);
	rec.ref.ref = event->ref[0];
	if (event->type == REC_GRANT) {
		rec.grant.peer = event->peer;
		rec.grant.gflags = GTF_permit_access | (event->readonly ? GTF_readonly : 0);
		rec.grant.frame = event->frame[0];
		len = sizeof(rec.grant);
	} else if (event->type == REC_REVOKE) {
		rec.revoke.ok = event->ok;
		len = sizeof(rec.revoke);
	} else if (event->type == REC_RESET) {
		len = sizeof(rec.e);
	}
	capture_writer__add(r->writer, &rec, len, NULL, 0);
}

static void write_mapper(struct recorder *r, const struct sim_event *event, bool no_entry)
{
	struct rec_batch batch = {.file = event->file, .index = event->index, .total = event->nr};
	struct op_arm arm[WINDOW_MAX];
	struct op_map map[WINDOW_MAX];
	struct op_unmap unmap[WINDOW_MAX];
	struct op_copy copy[WINDOW_MAX];
	const void *ops = arm;
	size_t size = sizeof(arm[0]);
	u32 i;

	fill_head(r, event, &batch.e, no_entry);
	batch.nr = event->nr;
	if (event->type == REC_DISARM || event->type == REC_RING_UNMAP)
		batch.nr = batch.total = 0;
	for (i = 0; i < event->nr; i++) {
		arm[i] = (struct op_arm){event->granter, event->ref[i]};
		map[i] = (struct op_map){event->granter,
					 event->status[i],
					 event->ref[i],
					 event->handle[i],
					 GNTMAP_host_map | (event->readonly ? GNTMAP_readonly : 0),
					 event->frame[i]};
		copy[i] =
			(struct op_copy){event->granter, event->status[i], event->ref[i],
					 event->readonly ? GNTCOPY_source_gref : GNTCOPY_dest_gref,
					 0};
		unmap[i] = (struct op_unmap){event->granter, 0, event->ref[i], event->handle[i], 0};
	}
	if (event->type == REC_MAP) {
		ops = map;
		size = sizeof(map[0]);
	} else if (event->type == REC_COPY) {
		ops = copy;
		size = sizeof(copy[0]);
	} else if (event->type == REC_UNMAP) {
		ops = unmap;
		size = sizeof(unmap[0]);
	}
	capture_writer__add(r->writer, &batch, sizeof(batch), ops, batch.nr * size);
}

static void write_loss(struct recorder *r, u64 until)
{
	struct rec_loss loss = {.h.type = REC_LOSS,
				.since = r->mark,
				.until = until,
				.count = r->lost,
				.kind = LOSS_RING,
				.events = rng__chance(&r->rng, 50) ? r->lost_types : 0};

	if (r->lost)
		capture_writer__add(r->writer, &loss, sizeof(loss), NULL, 0);
	r->lost = r->lost_types = 0;
}

/* Whether @ref of the recorded guest was granted at @at; how, into @op. */
static bool is_granted(const struct recorder *r, u32 ref, u64 at, struct op_entry *op)
{
	const struct sim_event *event, *last = NULL;
	u32 i;

	for (i = 0; i < r->sim->nr_events; i++) {
		event = &r->sim->event[i];
		if (event->domain == r->domain && event->ref[0] == ref && event->effect <= at &&
		    (event->type == REC_GRANT || (event->type == REC_REVOKE && event->ok)))
			last = event;
	}
	if (!last || last->type != REC_GRANT)
		return false;
	*op = (struct op_entry){.granter = DOMID_SELF,
				.eflags = GTF_permit_access | (last->readonly ? GTF_readonly : 0),
				.peer = last->peer,
				.ref = ref,
				.frame = last->frame[0]};
	return true;
}

/* Each entry is read at a time of its own. */
static void write_baseline(struct recorder *r)
{
	struct rec_batch batch = {.e.h.type = REC_ENTRY,
				  .e.t_in = record__mono(r->sim, r->domain, r->baseline_in),
				  .e.t_out = record__mono(r->sim, r->domain, r->baseline_out)};
	const u32 lasts = (u32)(r->baseline_out - r->baseline_in) + 1;
	struct op_entry op[SIM_REFS];
	u32 ref;

	r->baseline = false;
	for (ref = FIRST_REF; ref < FIRST_REF + SIM_REFS; ref++)
		batch.nr += is_granted(r, ref, r->baseline_in + rng__below(&r->rng, lasts),
				       &op[batch.nr]);
	batch.total = batch.nr;
	if (batch.nr)
		capture_writer__add(r->writer, &batch, sizeof(batch), op, batch.nr * sizeof(op[0]));
}

/* Whether the baseline's record is due before what is recorded at @until. */
static bool is_baseline_due(const struct recorder *r, u64 until)
{
	return r->baseline && record__mono(r->sim, r->domain, r->baseline_out) <= until;
}

static void write_events(struct recorder *r, struct sim_event **events, u32 *next, u32 nr,
			 u64 until)
{
	const struct sim_config *cfg = &r->sim->cfg;

	for (; *next < nr && record__mono(r->sim, r->domain, events[*next]->out) <= until;
	     ++*next) {
		struct sim_event *event = events[*next];
		bool no_entry = rng__below(&r->rng, 1000) < cfg->no_entry;

		if (is_baseline_due(r, record__mono(r->sim, r->domain, event->out)))
			write_baseline(r);
		if (event->disk && cfg->plugged && !r->plugged && r->domain < SIM_GUESTS) {
			r->plugged = true;
			write_disk(r, record__mono(r->sim, r->domain, event->in));
		}
		if (event->type == REC_LOG) {
			capture_writer__log(r->writer, record__mono(r->sim, r->domain, event->out),
					    event->disk
						    ? "blkfront: xvdb disabled for further use"
						    : "blkfront: xvda disabled for further use");
			continue;
		}
		if (rng__below(&r->rng, 1000) < cfg->loss) {
			r->lost++;
			r->lost_types |= REC_BIT(event->type);
			event->lost = true;
			continue;
		}
		if (event->type > REC_RESET)
			write_mapper(r, event, no_entry);
		else
			write_granter(r, event, no_entry);
		if (event->type == REC_RESET)
			write_disk(r, record__mono(r->sim, r->domain, event->out));
	}
	if (is_baseline_due(r, until))
		write_baseline(r);
}

static int compare(const void *a, const void *b)
{
	const struct sim_event *const *x = a, *const *y = b;

	return (*x)->out < (*y)->out ? -1 : (*x)->out > (*y)->out;
}

static u32 collect(struct sim *sim, u32 domain, struct sim_event **events)
{
	u32 i, nr = 0;

	for (i = 0; i < sim->nr_events; i++)
		if (sim->event[i].domain == domain)
			events[nr++] = &sim->event[i];
	qsort(events, nr, sizeof(*events), compare);
	return nr;
}

/* Damages the capture: flips a byte, or truncates it. */
static void spoil(struct recorder *r)
{
	size_t size, at;
	u8 *bytes = memory__bytes(r->domain, &size);

	at = size / 4 + rng__below(&r->rng, (u32)(size * 3 / 4));
	if (r->sim->cfg.damaged[r->domain])
		bytes[at] ^= 0x10;
	if (r->sim->cfg.cut[r->domain])
		memory__cut(r->domain, at);
}

void record__write(struct sim *sim, u32 domain)
{
	static struct sim_event *events[SIM_EVENTS];
	struct recorder r = {
		.sim = sim, .domain = domain, .rng.state = sim->rng.state ^ (domain + 1) * 7919};
	u64 at = sim->cfg.boot[domain] + 1000,
	    last = sim->now + sim->cfg.width + sim->cfg.flush + 1;
	u32 next = 0, nr = collect(sim, domain, events);

	/* The first samples come before the first events. */
	at = max(at, (nr ? min(events[0]->in, last) : last) - sim->cfg.flush * 3);
	if (sim->cfg.late[domain] && nr)
		at = events[nr * sim->cfg.late_share[domain] / 1000]->in;
	if (sim->cfg.early[domain] && nr)
		last = max(at, events[nr * sim->cfg.early_share[domain] / 1000]->in);
	sim->from[domain] = sim->cfg.late[domain] ? at : 0;
	memory__clear(domain);
	r.writer = capture_writer__new(memory__fd(domain));
	r.began = record__mono(sim, domain, at);
	if (!sim->cfg.late[domain])
		r.began = 0;
	r.mark = record__mono(sim, domain, at);
	write_head(&r);
	if (sim->cfg.late[domain] && domain < SIM_GUESTS && sim->cfg.late_share[domain] % 2) {
		r.baseline = true;
		r.baseline_in = at + rng__below(&r.rng, sim->cfg.flush);
		r.baseline_out = r.baseline_in + rng__below(&r.rng, 4 * sim->cfg.width + 1);
	}
	if (sim->cfg.late[domain])
		while (next < nr && events[next]->out <= at)
			events[next++]->before = true;
	for (;; at += sim->cfg.flush) {
		u64 mark = record__mono(sim, domain, at);

		if (!sim->cfg.no_clock[domain])
			write_clock(&r, at + 10);
		write_events(&r, events, &next, nr, mark);
		write_loss(&r, mark);
		if (at > last) {
			struct rec_end end = {.h.type = REC_END, .time = mark};

			capture_writer__add(r.writer, &end, sizeof(end), NULL, 0);
		}
		capture_writer__flush(r.writer, mark);
		r.mark = mark;
		if (at > last)
			break;
	}
	if (sim->cfg.damaged[domain] || sim->cfg.cut[domain])
		spoil(&r);
	capture_writer__free(r.writer);
	sim->until[domain] = at;
	while (next < nr)
		events[next++]->after = true;
}
