// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "xen/ref_names.h"
#include "xen/table.h"

/* GNTTAB_RESERVED_*: set up by the toolstack when it builds the domain. */
static const char *const reserved[GNTTAB_NR_RESERVED_ENTRIES] = {"console (reserved)",
								 "xenstore (reserved)"};

struct ring_walk {
	struct ref_names *names;
	struct xenstore *xenstore;
	const char *what; /* "vbd 51712" */
	char path[200];
};

static void add(struct ref_names *names, long ref, const char *text)
{
	struct ref_name *name;

	if (ref < 0 || ref > UINT32_MAX || names->nr == NAMES_MAX ||
	    ref_names__find(names, (u32)ref))
		return;
	name = &names->item[names->nr++];
	name->ref = (u32)ref;
	snprintf(name->text, sizeof(name->text), "%s", text);
}

static bool each_node(void *ctx, const char *node);

/* "tx-ring-ref", "ring-ref0", "page-ref". Multi-queue frontends have theirs below "queue-0". */
static void look_at(struct ring_walk *walk, const char *node)
{
	char text[sizeof(walk->path) + 64], path[sizeof(walk->path) + XENSTORE_NAME_MAX + 2];

	snprintf(path, sizeof(path), "%s/%s", walk->path, node);
	if (strstr(node, "-ref")) {
		snprintf(text, sizeof(text), "%s %s", walk->what, node);
		add(walk->names, xenstore__read_number(walk->xenstore, path), text);
	} else if (!strncmp(node, "queue-", 6)) {
		struct ring_walk queue = *walk;

		snprintf(text, sizeof(text), "%s %s", walk->what, node);
		if (strlen(path) >= sizeof(queue.path))
			return;
		memcpy(queue.path, path, strlen(path) + 1);
		queue.what = text;
		xenstore__each(walk->xenstore, queue.path, each_node, &queue);
	}
}

static bool each_node(void *ctx, const char *node)
{
	look_at(ctx, node);
	return true;
}

static bool each_device(void *ctx, const char *id)
{
	struct ring_walk *class = ctx;
	char what[2 * XENSTORE_NAME_MAX + 2];
	struct ring_walk device = *class;

	snprintf(what, sizeof(what), "%s %s", class->what, id);
	device.what = what;
	if ((size_t)snprintf(device.path, sizeof(device.path), "%s/%s", class->path, id) <
	    sizeof(device.path))
		xenstore__each(class->xenstore, device.path, each_node, &device);
	return true;
}

static bool each_class(void *ctx, const char *class)
{
	struct ring_walk *all = ctx, walk = *all;

	walk.what = class;
	if ((size_t)snprintf(walk.path, sizeof(walk.path), "%s/%s", all->path, class) <
	    sizeof(walk.path))
		xenstore__each(all->xenstore, walk.path, each_device, &walk);
	return true;
}

void ref_names__read(struct ref_names *names, struct xenstore *xenstore, u16 domid)
{
	struct ring_walk walk = {.names = names, .xenstore = xenstore};
	u32 i;

	names->nr = 0;
	for (i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++)
		add(names, i, reserved[i] ? reserved[i] : "(reserved)");
	if (!xenstore)
		return;
	snprintf(walk.path, sizeof(walk.path), "/local/domain/%u/device", domid);
	xenstore__each(xenstore, walk.path, each_class, &walk);
}

const char *ref_names__find(const struct ref_names *names, u32 ref)
{
	u32 i;

	for (i = 0; i < names->nr; i++)
		if (names->item[i].ref == ref)
			return names->item[i].text;
	return NULL;
}
