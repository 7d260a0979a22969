/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other domains' grant tables, read where they are: Xen shares a table's frames with the control
 * domain, read-only.
 *
 * What is mapped is exactly what exists, because asking for more makes Xen grow the guest's table.
 * A mapping keeps the frames of a dead domain from being freed, so it has to go as soon as the
 * domain does. The status frames of version 2 are copied at once and never kept: a guest that goes
 * back to version 1 while they are mapped is crashed by Xen. The guest writes these pages whenever
 * it likes: each entry is loaded once, and nothing that it says is trusted.
 *
 * Privileges: root of the control domain (/dev/xen/privcmd). The own domain's table cannot be read
 * this way.
 */
#ifndef GRANTWATCH_XEN_TABLE_H
#define GRANTWATCH_XEN_TABLE_H

#include "util/types.h"
#include "util/xen_abi.h"

#define TABLE_FRAME_BYTES  4096u
#define TABLE_V1_PER_FRAME 512u
#define TABLE_V2_PER_FRAME 256u
#define TABLE_MAX_FRAMES   8192u /* four times what Qubes allows; more is not read */

/* Bits of an entry's flags, the same for both versions. */
#define ENTRY_TYPE_MASK	 GTF_type_mask
#define ENTRY_PERMIT	 GTF_permit_access /* may be mapped by .peer */
#define ENTRY_TRANSFER	 GTF_accept_transfer
#define ENTRY_TRANSITIVE GTF_transitive
#define ENTRY_READONLY	 GTF_readonly
#define ENTRY_READING	 GTF_reading /* Xen: mapped, or being copied from */
#define ENTRY_WRITING	 GTF_writing /* Xen: mapped for writing, or being copied to */
#define ENTRY_SUB_PAGE	 GTF_sub_page
#define ENTRY_MARKS	 (ENTRY_READING | ENTRY_WRITING)
#define ENTRY_NO_MARKS	 0x8000u /* not Xen's: READING and WRITING are not known, as of version 2 */

/* One entry as it was at one moment. */
struct table_entry {
	u64 frame; /* guest frame; of a PV domain the machine frame */
	u16 flags; /* ENTRY_* */
	u16 peer;  /* domid that it is granted to */
};

/* Offered to somebody; anything else is free, or a way of transfer that is no mapping. */
static inline bool table_entry__is_live(const struct table_entry *entry)
{
	return (entry->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT;
}

struct table_size {
	u32 version;	/* 1 or 2 */
	u32 nr_frames;	/* that exist now */
	u32 max_frames; /* that it may grow to */
};

struct table_reader;

/* NULL with errno set: EACCES or ENOENT without /dev/xen/privcmd. */
struct table_reader *table_reader__new(void);
void table_reader__free(struct table_reader *reader);

#define TABLE_OWN DOMID_SELF /* the domain that asks */

/*
 * Xen's word on the size of @domid's table (TABLE_OWN allowed). 0; -ESRCH: no such domain; -EPERM:
 * not ours to ask; other -errno.
 */
int table_reader__query(struct table_reader *reader, u16 domid, struct table_size *size);

/* What -errno of the functions here means, and what to do about it. */
const char *table__why(int err);

struct table;

/*
 * Map @domid's table. 0 and *@table, or -errno as above. Memory: address space for the frames that
 * exist, nothing else.
 */
int table__open(struct table_reader *reader, u16 domid, struct table **table);

/*
 * Follow the table if it has grown or changed its version. 0, or -errno: then nothing is mapped any
 * more.
 */
int table__follow(struct table *table);

/* Unmap; NULL is fine. */
void table__close(struct table *table);

/*
 * @nr_frames of @version in memory, for tests and measurements. @status may be NULL. NULL without
 * memory.
 */
struct table *table__over(const void *shared, const u16 *status, u32 version, u32 nr_frames);

const struct table_size *table__size(const struct table *table);
u32 table__nr_entries(const struct table *table);

/*
 * The frames themselves, for scans, in parts; NULL: no such part. The first entry of part @i is @i
 * times that of part 1.
 */
const void *table__part(const struct table *table, u32 i, size_t *bytes);

/*
 * Copy the status frames of a version 2 table, so that entries tell READING and WRITING. 0 (also
 * for version 1, which needs none), or -errno: then they don't.
 */
int table__copy_status(struct table *table);

/* Whether entries tell READING and WRITING. */
bool table__knows_status(const struct table *table);

/* The entry of @ref, by one load of each word. False beyond the table's end. */
bool table__entry(const struct table *table, u32 ref, struct table_entry *entry);

#endif
