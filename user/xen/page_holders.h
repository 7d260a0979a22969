/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who holds other domains' pages, as far as it can be found without having seen them mapped:
 * processes by their address space, backends by xenstore, and domains that are kept from ending.
 */
#ifndef GRANTWATCH_XEN_PAGE_HOLDERS_H
#define GRANTWATCH_XEN_PAGE_HOLDERS_H

#include "xen/table.h"
#include "xen/xenstore.h"

#define FOUND_MAX 1024u

/* A process that has gntdev mappings; of which domain's refs its address space does not tell. */
struct found_process {
	u32 pid;
	char comm[16];
	u64 pages;
};

/* A backend of this domain's that serves a frontend. */
struct found_backend {
	u16 frontend;
	char device[2 * XENSTORE_NAME_MAX + 2]; /* "vbd 51712" */
	long state;				/* XenbusState, 4: connected; -1 not known */
};

struct found {
	struct found_process process[FOUND_MAX];
	struct found_backend backend[FOUND_MAX];
	u16 zombie[FOUND_MAX]; /* Xen still has them, xenstore does not */
	u32 nr_processes, nr_backends, nr_zombies;
};

/* Look at /proc below @root ("" for the system's own). */
void found__processes(struct found *found, const char *root);

/* Of domain @own. */
void found__backends(struct found *found, struct xenstore *xenstore, u16 own);

/* Ask Xen for every domid: some milliseconds. */
void found__zombies(struct found *found, struct table_reader *reader, struct xenstore *xenstore);

#endif
