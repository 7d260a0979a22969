// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "known/bugs.h"

#define QUBES  "https://github.com/QubesOS/qubes-issues/issues/"
#define KERNEL "https://git.kernel.org/torvalds/c/"
#define XSA(n) "https://xenbits.xen.org/xsa/advisory-" n ".html"

static const struct bug bugs[] = {
	{"G1", "stale ref: mapped after it was freed and granted again", BUG_OF_USER, NULL,
	 "Qubes GUI: an agent that frees a window's refs only after MSG_WINDOW_DUMP_ACK: qubes-gui-agent-linux from "
	 "commit b44a426 on with qubes-gui-daemon from 4.2.3 on (commit ce984fb), protocol 1.7. The agent of a "
	 "stubdomain speaks 1.0 and gets no ACK, Windows' agent says 1.8 and ignores it, and an agent that dies loses "
	 "its refs at once",
	 "xen-devel 2022-08-23 <YwSEXonOg1CMzeQv@itl-email>; " QUBES "9649"},
	{"G1k", "stale ref after the granting program was killed", BUG_OF_USER, NULL, NULL,
	 "xen-devel 2023-06-13 <ZIiHONDTTdZjcBXo@itl-email>"},
	{"G2", "backend still maps when the frontend takes its grant back (XSA-396)",
	 BUG_OF_GRANTER, "5.17 5.16.14 5.15.28 5.10.105 5.4.184 4.19.234 4.14.271 4.9.306",
	 "frontends detect the refused end and give the device up; the cause is in the backend",
	 XSA("396") "; " KERNEL "abf1fd5919d6; " KERNEL "31185df7e2b1"},
	{"G3", "frontend and backend disagree about persistent grants", BUG_OF_GRANTER,
	 "6.0 5.19.8 5.15.66 5.10.143",
	 "both ends advertise the user's setting, and keep it for the connection",
	 KERNEL "06ba5d2e943e; " KERNEL "9f5e0fe5d05f; " KERNEL "fe8f65b018ef"},
	{"G4", "persistent grants change over save and restore", BUG_OF_GRANTER, "4.2",
	 "blkfront asks the new backend for its features",
	 "xen-devel 2021-08-27 <20210827124731.byhwfxkehrfqtvyt@bitfolk.com>"},
	{"G5", "gntdev leaks the successful maps of a failed batch", BUG_OF_MAPPER,
	 "6.1 6.0.3 5.19.17 5.15.75 5.10.153 5.4.223 4.19.264 4.14.298 4.9.332",
	 "xen/gntdev: Prevent leaking grants", KERNEL "0991028cd495; " QUBES "7631"},
	{"G6", "gntdev fails on a split mapping: bad page map", BUG_OF_MAPPER,
	 "6.1 6.0.3 5.19.17 5.15.75 5.10.152", "xen/gntdev: Accommodate VMA splitting",
	 KERNEL "5c13a4a0291b; " QUBES "7664"},
	{"G7", "gntdev blocks while it unmaps: tasks and graphics hang", BUG_OF_MAPPER,
	 "5.19 5.18.8 5.15.51 5.10.129 5.4.204 4.19.251 4.14.287 4.9.322",
	 "xen/gntdev: Avoid blocking in unmap_grant_pages()", KERNEL "dbe97cff7dd9; " QUBES "7481"},
	{"G8", "gntdev warns when it unmaps pages that were never mapped", BUG_OF_MAPPER,
	 "5.19 5.18.13 5.15.56 5.10.134 5.4.208 4.19.254 4.14.290 4.9.325",
	 "xen/gntdev: Ignore failure to unmap INVALID_GRANT_HANDLE; it does not catch every case",
	 KERNEL "166d38632316; " QUBES "7670; " QUBES "7664"},
	{"G9", "gntdev crashes when an mmap fails", BUG_OF_MAPPER, "5.13 5.10.38",
	 "xen/gntdev: fix gntdev_mmap() error exit path",
	 KERNEL "970655aa9b42; https://github.com/QubesOS/qubes-linux-kernel/pull/380"},
	{"G10", "gntdev crashes when a file is closed while its pages are in use", BUG_OF_MAPPER,
	 NULL, NULL, QUBES "984"},
	{"G11", "gntdev notifies the peer before it clears the byte", BUG_OF_MAPPER,
	 "5.17 5.15.17 5.10.94", "xen/gntdev: fix unmap notification order", KERNEL "ce2f46f3531a"},
	{"G12", "gntdev cannot map a second page of one file in PVH and HVM domains", BUG_OF_MAPPER,
	 "5.3 5.2.7", "xen/gntdev.c: Replace vm_map_pages() with vm_map_pages_zero()",
	 QUBES "5199"},
	{"G13", "deferred grants are freed more slowly than new ones are deferred", BUG_OF_GRANTER,
	 "6.5 6.4.8 6.1.43 5.15.61q",
	 "xen: speed up grant-table reclaim; then /sys/module/grant_table/parameters/free_per_iteration sets the pace",
	 KERNEL "c04e9894846c; " QUBES "7359; " QUBES "7410"},
	{"G14", "the kernel gives up a grant that is still mapped, and never frees it",
	 BUG_OF_GRANTER, NULL, NULL,
	 "gnttab_add_deferred() in drivers/xen/grant-table.c; other kernels have no list of deferred grants"},
	{"G15", "a process keeps pages mapped that it does not use any more", BUG_OF_USER, NULL,
	 "Qubes GUI: qubes-gui-daemon commit b3bd97c releases the refs of unmapped windows",
	 QUBES "7539"},
	{"G16", "grant table, maptrack or gntalloc are full", BUG_OF_XEN, NULL,
	 "Grant table: max_grant_frames= of the domain's xl.cfg, or of xl.conf for all. Maptrack of a domain that maps: "
	 "max_maptrack_frames= there. For dom0, and as upper limits: Xen's options gnttab_max_frames= and "
	 "gnttab_max_maptrack_frames=. Xen 4.10 to 4.12 do not take them as defaults of other domains (a table stays at 32 "
	 "frames), 4.13 and later do; up to 4.9 there are no other settings. A program that grants: the guest's "
	 "xen_gntalloc.limit=",
	 QUBES "5519; " QUBES
	       "5674; xl.cfg(5), xl.conf(5), docs/misc/xen-command-line of Xen 4.9 to 4.22"},
	{"G17", "a dead domain is kept by a map", BUG_OF_USER, NULL, "end the process that maps it",
	 QUBES "2850; " QUBES "387"},
	{"G18", "one grant mapped twice, the second time over a live mapping", BUG_OF_MAPPER, NULL,
	 NULL, QUBES "7631"},
	{"G19", "frontends leak data to a hostile backend", BUG_OF_GRANTER,
	 "5.19 5.18.10 5.15.53 5.4.204 4.19.251 4.14.287",
	 "bounce buffers where the backend is not trusted",
	 XSA("403") "; CVE-2022-26365; CVE-2022-33740"},
	{"G20", "backends mishandle errors of single grants in a batch", BUG_OF_MAPPER,
	 "5.12 5.10.27", "gntdev and the backends look at the status of each operation",
	 XSA("361") "; " XSA("362") "; " XSA("365") "; " XSA("371")},
	{"G21", "races in Xen's own grant code", BUG_OF_XEN,
	 "4.22 4.21.2 4.20.4 4.19.6 4.18.6 4.17.7",
	 "the releases have all of XSA-394, -486, -500 and -501, distributions patch older ones; gnttab=max-ver:1 "
	 "avoids the races of version 2 (-486, -501)",
	 XSA("394") "; " XSA("486") " (CVE-2026-23558); " XSA("500") " (CVE-2026-62428); " XSA(
		 "501") " (CVE-2026-62435, CVE-2026-62436)"},
	{"G22", "closing an event channel hangs", BUG_OF_GRANTER, "6.6 6.1.57 5.15.135 5.10.198",
	 "xen/events: replace evtchn_rwlock with RCU",
	 XSA("441") "; CVE-2023-34324; " KERNEL "87797fad6cce"},
	{"G23", "a vchan ring is set up again while the peer maps the old one", BUG_OF_USER, NULL,
	 NULL, "libxenvchan: the server grants a new ring under the same port"},
	{"G24", "9pfs gives its refs back twice when its backend closes", BUG_OF_GRANTER,
	 "7.0 6.19.6 6.18.16 6.12.75 6.1.191",
	 "9p/xen: protect xen_9pfs_front_free against concurrent calls",
	 "CVE-2026-43249; " KERNEL "ce8ded2e61f4"},
	{"G25", "a ref that does not exist", BUG_OF_USER, NULL,
	 "the number is wrong, not old: garbage, 0xffffffff for an unset ref, a ref of another domain, or a "
	 "smaller grant table after a resume. Compare it with the size of the granter's table "
	 "('grantwatch table DOMID')",
	 "xen-devel 2022-05-02 <a3a01110-f330-bec9-24c6-81d0ec5cc59a>; xen/common/grant_table.c"},
};

const struct bug *bug__at(u32 i)
{
	return i < ARRAY_SIZE(bugs) ? &bugs[i] : NULL;
}

const struct bug *bug__find(const char *id)
{
	size_t len = strcspn(id, " "), i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (strlen(bugs[i].id) == len && !memcmp(bugs[i].id, id, len))
			return &bugs[i];
	return NULL;
}

/* --- versions --- */

struct version {
	u32 part[3]; /* 5, 15, 61 */
	bool exact;  /* the third is upstream's */
};

static bool parse(const char *text, struct version *version)
{
	unsigned int a, b, c = 0;
	int n = sscanf(text, "%4u.%4u.%6u", &a, &b, &c);

	if (n < 2)
		return false;
	*version = (struct version){{a, b, c}, n == 3};
	return true;
}

/*
 * Debian: "6.1.0-56-amd64", and the upstream version in "#1 SMP Debian 6.1.192-2". A third number 0
 * with more after it is a distribution's own count.
 */
static bool running(const char *release, const char *build, struct version *version)
{
	const char *debian = build ? strstr(build, "Debian ") : NULL;

	if (debian && parse(debian + strlen("Debian "), version))
		return true;
	if (!parse(release, version))
		return false;
	if (!version->part[2] && strchr(release, '-'))
		version->exact = false;
	return true;
}

const char *kernel__version(const char *release, const char *build, char *buf, size_t size)
{
	struct version version;

	if (!running(release, build, &version))
		snprintf(buf, size, "unknown");
	else if (version.exact)
		snprintf(buf, size, "%u.%u.%u", version.part[0], version.part[1], version.part[2]);
	else
		snprintf(buf, size, "%u.%u", version.part[0], version.part[1]);
	return buf;
}

static bool same_branch(const struct version *a, const struct version *b)
{
	return a->part[0] == b->part[0] && a->part[1] == b->part[1];
}

static bool from_branch_on(const struct version *run, const struct version *fixed)
{
	return run->part[0] > fixed->part[0] ||
	       (run->part[0] == fixed->part[0] && run->part[1] >= fixed->part[1]);
}

static const char *next(const char *pos)
{
	pos += strcspn(pos, " ");
	return pos + strspn(pos, " ");
}

static bool is_qubes(const char *pos)
{
	return strcspn(pos, "q") < strcspn(pos, " ");
}

const char *bug__versions(const struct bug *bug, char *buf, size_t size)
{
	const char *pos;
	size_t n = 0;

	buf[0] = '\0';
	for (pos = bug->fixed; pos && *pos && n < size; pos = next(pos))
		n += (size_t)snprintf(buf + n, size - n, "%s%.*s%s", n ? ", " : "",
				      (int)strcspn(pos, " q"), pos,
				      is_qubes(pos) ? " (Qubes' kernels)" : "");
	return buf;
}

enum fix_state bug__fixed(const struct bug *bug, const char *release, const char *build,
			  char *first, size_t size)
{
	struct version run, fixed;
	const char *pos = bug->fixed;

	if (!pos)
		return FIX_NONE;
	if (!running(release, build, &run))
		return FIX_UNKNOWN;
	/* The first is mainline's. */
	if (parse(pos, &fixed) && from_branch_on(&run, &fixed))
		return FIX_IN;
	for (; *pos; pos = next(pos)) {
		if (!parse(pos, &fixed) || !same_branch(&run, &fixed) ||
		    (is_qubes(pos) && !strstr(release, "qubes")))
			continue;
		if (!run.exact)
			return FIX_UNKNOWN;
		if (run.part[2] >= fixed.part[2])
			return FIX_IN;
		/* Distributions patch Xen without changing its version. */
		if (bug->side == BUG_OF_XEN)
			return FIX_UNKNOWN;
		snprintf(first, size, "%u.%u.%u", fixed.part[0], fixed.part[1], fixed.part[2]);
		return FIX_MISSING;
	}
	return FIX_UNKNOWN;
}
