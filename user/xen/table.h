/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other domains' grant tables, read in place: Xen shares a table's frames with the control domain,
 * read-only. Only existing frames are mapped, because asking for more makes Xen grow the guest's
 * table. A mapping keeps the frames of a dead domain allocated, so it must end with the domain. The
 * status frames of version 2 are copied and unmapped at once: Xen crashes a guest that goes back to
 * version 1 while they are mapped. The guest may write these pages at any time: each entry is
 * loaded once, and its contents are not trusted. Needs root in the control domain
 * (/dev/xen/privcmd). A domain cannot read its own table this way.
 */
#ifndef GRANTWATCH_XEN_TABLE_H
#define GRANTWATCH_XEN_TABLE_H

#include "util/types.h"
#include "util/xen_abi.h"

#define TABLE_FRAME_BYTES  4096u
#define TABLE_V1_PER_FRAME 512u
#define TABLE_V2_PER_FRAME 256u
#define TABLE_MAX_FRAMES   8192u /* maximum of frames read, four times Qubes' limit */

/* Bits of an entry's flags, the same for both versions. */
#define ENTRY_TYPE_MASK	 GTF_type_mask
#define ENTRY_PERMIT	 GTF_permit_access /* may be mapped by .peer */
#define ENTRY_TRANSFER	 GTF_accept_transfer
#define ENTRY_TRANSITIVE GTF_transitive
#define ENTRY_READONLY	 GTF_readonly
#define ENTRY_READING	 GTF_reading /* set by Xen: mapped, or being copied from */
#define ENTRY_WRITING	 GTF_writing /* set by Xen: mapped for writing, or being copied to */
#define ENTRY_SUB_PAGE	 GTF_sub_page
#define ENTRY_MARKS	 (ENTRY_READING | ENTRY_WRITING)
#define ENTRY_NO_MARKS	 0x8000u /* not Xen's: READING and WRITING are unknown, as in version 2 */

/* One entry at one moment. */
struct table_entry {
	u64 frame; /* guest frame, for a PV domain machine frame */
	u16 flags; /* ENTRY_* */
	u16 peer;  /* domid of the grantee */
};

/* Whether the entry is granted. Others are free or for a transfer, which is no mapping. */
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

/*
 * Returns NULL with errno set: EACCES or ENOENT without /dev/xen/privcmd. For tests, the variable
 * GRANTWATCH_TABLES names a directory with files instead of Xen's tables.
 */
struct table_reader *table_reader__new(void);

/* Whether that variable is set. */
bool table_reader__uses_files(void);
void table_reader__free(struct table_reader *reader);

#define TABLE_OWN DOMID_SELF /* the domain that asks */

/*
 * Asks Xen for the size of @domid's table (TABLE_OWN allowed). Returns 0, -ESRCH without such a
 * domain, -EPERM without the right, or another -errno.
 */
int table_reader__query(struct table_reader *reader, u16 domid, struct table_size *size);

/* Returns the meaning of -errno of these functions, with advice. */
const char *table__why(int err);

struct table;

/*
 * Maps @domid's table. Returns 0 and sets *@table, or -errno as above. Uses address space for
 * existing frames only.
 */
int table__open(struct table_reader *reader, u16 domid, struct table **table);

/*
 * Follows a table that grew or changed its version. Returns 0, or -errno, and nothing is mapped
 * then.
 */
int table__follow(struct table *table);

/* Unmap; NULL is fine. */
void table__close(struct table *table);

/*
 * A table of @nr_frames of @version in memory, for tests and measurements. @status may be NULL.
 * Returns NULL without memory.
 */
struct table *table__over(const void *shared, const u16 *status, u32 version, u32 nr_frames);

const struct table_size *table__size(const struct table *table);
u32 table__nr_entries(const struct table *table);

/*
 * Returns part @i of the mapped frames for scans, NULL after the last. The first entry of part @i
 * is @i times the number of entries in part 0.
 */
const void *table__part(const struct table *table, u32 i, size_t *bytes);

/*
 * Copies the status frames of a version 2 table, so that entries have READING and WRITING. Returns
 * 0 (also for version 1, which needs none), or -errno.
 */
int table__copy_status(struct table *table);

/* Whether entries have READING and WRITING. */
bool table__knows_status(const struct table *table);

/* Reads the entry of @ref, by one load of each word. Returns false beyond the table's end. */
bool table__entry(const struct table *table, u32 ref, struct table_entry *entry);

#endif
