// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "capture/format.h"
#include "record/convert.h"
#include "record/stubdoms.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/xen_abi.h"

struct stubdoms {
	struct xenstore *xenstore;
	u8 seen[DOMID_FIRST_RESERVED / 8]; /* a bit for each domid */
	u16 asked[STUBDOMS_MAX];	   /* domids for the next check */
	u32 nr_asked;
	u32 written;
};

_Static_assert(DOMID_FIRST_RESERVED % 8 == 0, "each domid has a bit");

struct stubdoms *stubdoms__new(struct xenstore *xenstore)
{
	struct stubdoms *stubdoms = calloc(1, sizeof(*stubdoms));

	if (stubdoms)
		stubdoms->xenstore = xenstore;
	else
		xenstore__close(xenstore);
	return stubdoms;
}

void stubdoms__free(struct stubdoms *stubdoms)
{
	if (!stubdoms)
		return;
	xenstore__close(stubdoms->xenstore);
	free(stubdoms);
}

/* Beyond the list's length a domain is asked about when an event names it again. */
static void see_granter(struct stubdoms *stubdoms, u32 domid)
{
	u8 bit = (u8)(1u << domid % 8);

	if (domid >= DOMID_FIRST_RESERVED || stubdoms->seen[domid / 8] & bit ||
	    stubdoms->nr_asked == STUBDOMS_MAX)
		return;
	stubdoms->seen[domid / 8] |= bit;
	stubdoms->asked[stubdoms->nr_asked++] = (u16)domid;
}

void stubdoms__see(struct stubdoms *stubdoms, const struct gw_event *event, size_t size)
{
	const struct gw_op_arm *arm = (const void *)(event + 1);
	const struct gw_op_map *map = (const void *)(event + 1);
	u32 i;

	if (!convert__is_valid(event, size))
		return;
	for (i = 0; i < event->nr && event->type == GW_EV_ARM; i++)
		see_granter(stubdoms, arm[i].granter);
	for (i = 0; i < event->nr && event->type == GW_EV_MAP; i++)
		see_granter(stubdoms, map[i].granter);
}

/* The name is private: reports show it only with --no-redact. */
static int write_target(struct stubdoms *stubdoms, struct capture_writer *writer, u16 domid,
			long target)
{
	char path[64], key[32], value[XENSTORE_NAME_MAX];
	int err;

	snprintf(key, sizeof(key), FACT_STUBDOM "%u", domid);
	snprintf(value, sizeof(value), "%ld", target);
	err = capture_writer__fact(writer, now_mono(), key, value);
	snprintf(path, sizeof(path), "/local/domain/%ld/name", target);
	if (err || !xenstore__read(stubdoms->xenstore, path, value, sizeof(value)))
		return err;
	snprintf(key, sizeof(key), FACT_NAME "%ld", target);
	return capture_writer__fact(writer, now_mono(), key, value);
}

static int ask(struct stubdoms *stubdoms, struct capture_writer *writer, u16 domid)
{
	char path[64];
	long target;

	snprintf(path, sizeof(path), "/local/domain/%u/target", domid);
	target = xenstore__read_number(stubdoms->xenstore, path);
	if (target <= 0 || target >= DOMID_FIRST_RESERVED || target == domid)
		return 0;
	if (++stubdoms->written > STUBDOMS_MAX) {
		if (stubdoms->written == STUBDOMS_MAX + 1)
			pr_warn("more than %u stub domains: the others are recorded as plain "
				"domains",
				STUBDOMS_MAX);
		return 0;
	}
	return write_target(stubdoms, writer, domid, target);
}

int stubdoms__check(struct stubdoms *stubdoms, struct capture_writer *writer)
{
	int err = 0;
	u32 i;

	for (i = 0; i < stubdoms->nr_asked && stubdoms->xenstore && !err; i++)
		err = ask(stubdoms, writer, stubdoms->asked[i]);
	stubdoms->nr_asked = 0;
	return err;
}
