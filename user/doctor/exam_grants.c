// SPDX-License-Identifier: GPL-2.0
/* Xen's trace, this domain's grant table, and the limits of the drivers. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor/exam.h"
#include "sources/child.h"
#include "sources/xentrace_child.h"
#include "xen/table.h"

#define ANSWER_MS 2000

/* --- the trace --- */

/* Reads the output of @argv, for up to two seconds, as one string. Returns its length. */
static size_t ask_program(char *const argv[], char *buf, size_t size)
{
	struct child child;
	size_t len = 0;
	int tries;

	if (child__start(&child, argv))
		return 0;
	for (tries = 0; tries < 100 && len + 1 < size; tries++) {
		struct pollfd fd = {child.fd, POLLIN, 0};
		ssize_t n;

		if (poll(&fd, 1, ANSWER_MS) != 1)
			break;
		n = read(child.fd, buf + len, size - len - 1);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	close(child.fd);
	child__stop(&child);
	return len;
}

/* Reads Xen's build configuration, if Xen shows it. */
static void check_buffer(struct exam *exam)
{
	static char config[65536];
	char *const argv[] = {"xenhypfs", "cat", "/buildinfo/config", NULL};

	if (*exam->root || !ask_program(argv, config, sizeof(config)))
		exam__note(
			exam, "buffer",
			"whether this Xen has trace buffers is unknown; 'grantwatch watch --xentrace on' tries it");
	else if (strstr(config, "CONFIG_TRACEBUFFER=y"))
		exam__yes(exam, "buffer", "Xen was built with trace buffers");
	else
		exam__no(
			exam, "buffer", WEIGHT_NONE,
			"Xen was built without CONFIG_TRACEBUFFER, as Qubes' is",
			"none needed; for the hypervisor's own order on Qubes R4.3: qubes-dom0-update xen-hypervisor-debug",
			"this Xen has no trace buffers");
}

void exam_check__trace(struct exam *exam)
{
	const char *obstacle;
	char why[160];

	if (exam->role != ROLE_DOM0)
		return;
	obstacle = *exam->root ? NULL : xentrace_child__obstacle(why, sizeof(why));
	if (obstacle)
		exam__no(exam, NULL, WEIGHT_NONE, obstacle,
			 strstr(obstacle, "program")
				 ? "apt install xen-utils-common, or dnf install xen-runtime"
			 : strstr(obstacle, "reads")
				 ? "end the process that reads it"
				 : "none needed: clocks and frames give the order",
			 "Xen's trace cannot be read");
	else
		exam__yes(exam, NULL, "xentrace is installed and no other process reads the trace");
	check_buffer(exam);
}

/* --- the table --- */

static void tell_table(struct exam *exam, struct table_reader *reader)
{
	struct table_size size;
	u32 entries;

	if (table_reader__query(reader, TABLE_OWN, &size)) {
		exam__no(exam, NULL, WEIGHT_NONE,
			 "Xen refused GNTTABOP_query_size or GNTTABOP_get_version",
			 "xl dmesg | tail", "size and version are not known");
		return;
	}
	entries = size.version == 2 ? TABLE_V2_PER_FRAME : TABLE_V1_PER_FRAME;
	if (size.nr_frames < size.max_frames || !size.max_frames)
		exam__yes(exam, NULL, "version %u, %u of at most %u frames (%u of %u entries)",
			  size.version, size.nr_frames, size.max_frames, size.nr_frames * entries,
			  size.max_frames * entries);
	else
		exam__no(
			exam, NULL, WEIGHT_NONE,
			"the table has reached its maximum size; grants fail once it is full",
			"raise max_grant_frames in the domain's configuration, or gnttab_max_frames on Xen's command line",
			"version %u, all of %u frames in use", size.version, size.max_frames);
}

void exam_check__grant_table(struct exam *exam)
{
	struct table_reader *reader;

	if (!exam__on_xen(exam) || *exam->root)
		return;
	reader = table_reader__new();
	if (!reader) {
		exam__no(exam, NULL, WEIGHT_NONE, strerror(errno),
			 "run as root; modprobe xen-privcmd", "/dev/xen/privcmd cannot be opened");
		return;
	}
	tell_table(exam, reader);
	table_reader__free(reader);
}

/* --- the drivers' limits --- */

void exam_check__limits(struct exam *exam)
{
	static const struct {
		const char *subject, *path, *what;
	} limits[] = {
		{"gntalloc", "/sys/module/xen_gntalloc/parameters/limit",
		 "pages that can be granted by user space"},
		{"gntdev", "/sys/module/xen_gntdev/parameters/limit",
		 "pages that one call can map"},
		{"grant_table", "/sys/module/grant_table/parameters/free_per_iteration",
		 "deferred entries that are looked at in one go"},
	};
	char value[32];
	unsigned int i;

	if (!exam__on_xen(exam))
		return;
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (exam__read_line(exam, limits[i].path, value, sizeof(value)))
			exam__note(exam, limits[i].subject, "%s %s (echo N > %s)", value,
				   limits[i].what, limits[i].path);
}
