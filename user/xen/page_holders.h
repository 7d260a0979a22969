/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Holders of other domains' pages, found without records: processes by their address space,
 * backends by xenstore, and domains that cannot end.
 */
#ifndef GRANTWATCH_XEN_PAGE_HOLDERS_H
#define GRANTWATCH_XEN_PAGE_HOLDERS_H

#include "xen/table.h"
#include "xen/xenstore.h"

#define FOUND_MAX 1024u

/* A process with gntdev mappings. Its address space does not show of which refs. */
struct found_process {
	u32 pid;
	char comm[16];
	u64 pages;
};

/* A backend in this domain that serves a frontend. */
struct found_backend {
	u16 frontend;
	char device[2 * XENSTORE_NAME_MAX + 2]; /* "vbd 51712" */
	long state;				/* XenbusState, 4 connected, -1 unknown */
};

struct found {
	struct found_process process[FOUND_MAX];
	struct found_backend backend[FOUND_MAX];
	u16 zombie[FOUND_MAX]; /* domains that Xen still has and xenstore has not */
	u32 nr_processes, nr_backends, nr_zombies;
};

/* Finds processes in /proc below @root ("" for the system's own). */
void found__processes(struct found *found, const char *root);

/* Of domain @own. */
void found__backends(struct found *found, struct xenstore *xenstore, u16 own);

/* Asks Xen about every domid, which takes some milliseconds. */
void found__zombies(struct found *found, struct table_reader *reader, struct xenstore *xenstore);

#endif
