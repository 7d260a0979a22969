// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "xen/page_holders.h"

#define PAGE 4096u

/* --- processes --- */

static u64 count_pages(const char *path)
{
	FILE *file = fopen(path, "re");
	u64 begin, end, pages = 0;
	char line[4352];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " /dev/xen/gntdev") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &begin, &end) == 2 && end > begin)
			pages += (end - begin) / PAGE;
	if (file)
		fclose(file);
	return pages;
}

static void read_comm(const char *path, char *comm, size_t size)
{
	char raw[64] = "";
	FILE *file = fopen(path, "re");

	if (file && !fgets(raw, sizeof(raw), file))
		raw[0] = '\0';
	if (file)
		fclose(file);
	raw[strcspn(raw, "\n")] = '\0';
	str_sanitize(comm, size, raw, sizeof(raw));
}

static void look_at_process(struct found *found, const char *root, const char *pid)
{
	struct found_process *process = &found->process[found->nr_processes];
	char path[600];

	snprintf(path, sizeof(path), "%s/proc/%.20s/maps", root, pid);
	process->pages = count_pages(path);
	if (!process->pages)
		return;
	snprintf(path, sizeof(path), "%s/proc/%.20s/comm", root, pid);
	read_comm(path, process->comm, sizeof(process->comm));
	process->pid = (u32)strtoul(pid, NULL, 10);
	found->nr_processes++;
}

static int by_pid(const void *a, const void *b)
{
	u32 x = ((const struct found_process *)a)->pid, y = ((const struct found_process *)b)->pid;

	return x < y ? -1 : x > y;
}

void found__processes(struct found *found, const char *root)
{
	const struct dirent *entry;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	/* cppcheck-suppress readdirCalled ; one thread */
	while (dir && found->nr_processes < FOUND_MAX && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_process(found, root, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(found->process, found->nr_processes, sizeof(found->process[0]), by_pid);
}

/* --- backends --- */

struct backend_walk {
	struct found *found;
	struct xenstore *xenstore;
	char path[200];
	const char *class;
	u16 frontend;
};

static bool each_device(void *ctx, const char *device)
{
	const struct backend_walk *walk = ctx;
	struct found_backend *backend = &walk->found->backend[walk->found->nr_backends];
	char path[sizeof(walk->path) + XENSTORE_NAME_MAX + 16];

	if (walk->found->nr_backends == FOUND_MAX)
		return false;
	snprintf(path, sizeof(path), "%s/%s/state", walk->path, device);
	snprintf(backend->device, sizeof(backend->device), "%s %s", walk->class, device);
	backend->state = xenstore__read_number(walk->xenstore, path);
	backend->frontend = walk->frontend;
	walk->found->nr_backends++;
	return true;
}

static bool each_frontend(void *ctx, const char *id)
{
	const struct backend_walk *class = ctx;
	struct backend_walk walk = *class;
	char *end;
	unsigned long domid = strtoul(id, &end, 10);

	if (*end || domid >= TABLE_OWN)
		return true;
	walk.frontend = (u16)domid;
	if ((size_t)snprintf(walk.path, sizeof(walk.path), "%s/%s", class->path, id) <
	    sizeof(walk.path))
		xenstore__each(walk.xenstore, walk.path, each_device, &walk);
	return true;
}

static bool each_class(void *ctx, const char *class)
{
	const struct backend_walk *all = ctx;
	struct backend_walk walk = *all;

	walk.class = class;
	if ((size_t)snprintf(walk.path, sizeof(walk.path), "%s/%s", all->path, class) <
	    sizeof(walk.path))
		xenstore__each(walk.xenstore, walk.path, each_frontend, &walk);
	return true;
}

static int by_frontend(const void *a, const void *b)
{
	const struct found_backend *x = a, *y = b;

	if (x->frontend != y->frontend)
		return x->frontend < y->frontend ? -1 : 1;
	return strcmp(x->device, y->device);
}

void found__backends(struct found *found, struct xenstore *xenstore, u16 own)
{
	struct backend_walk walk = {.found = found, .xenstore = xenstore};

	snprintf(walk.path, sizeof(walk.path), "/local/domain/%u/backend", own);
	xenstore__each(xenstore, walk.path, each_class, &walk);
	qsort(found->backend, found->nr_backends, sizeof(found->backend[0]), by_frontend);
}

/* --- zombies --- */

/*
 * Domids are given in turn, so that of a domain which ended long ago may be any below the first
 * reserved one.
 */
void found__zombies(struct found *found, struct table_reader *reader, struct xenstore *xenstore)
{
	struct table_size size;
	u32 domid;

	for (domid = 1; domid < TABLE_OWN && found->nr_zombies < FOUND_MAX; domid++)
		if (!table_reader__query(reader, (u16)domid, &size) &&
		    !xenstore__has_domain(xenstore, (u16)domid))
			found->zombie[found->nr_zombies++] = (u16)domid;
}
