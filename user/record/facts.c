// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/utsname.h>
#include <xenstore.h>

#include "record/facts.h"
#include "util/log.h"
#include "util/monotonic.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define BOOT_ID	    "/proc/sys/kernel/random/boot_id"
#define PERSISTENT  "/sys/module/xen_blkfront/parameters/feature_persistent"

struct facts {
	struct capture_writer *writer;
	u64 time;
	int err; /* the first one */
};

bool facts__read_line(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	char raw[512];
	bool ok;

	if (!file)
		return false;
	ok = fgets(raw, sizeof(raw), file);
	fclose(file);
	if (!ok)
		return false;
	raw[strcspn(raw, "\n")] = '\0';
	str_sanitize(buf, size, raw, sizeof(raw));
	return true;
}

bool facts__on_xen(void)
{
	char type[16];

	return facts__read_line("/sys/hypervisor/type", type, sizeof(type)) && !strcmp(type, "xen");
}

bool facts__is_dom0(void)
{
	char caps[256];

	return facts__read_line("/proc/xen/capabilities", caps, sizeof(caps)) &&
	       strstr(caps, "control_d");
}

bool facts__has_xenstore(void)
{
	if (!facts__on_xen())
		return false;
	return !facts__is_dom0() || !access("/run/xenstored/socket", F_OK) ||
	       !access("/var/run/xenstored/socket", F_OK);
}

static void add(struct facts *facts, const char *key, const char *value)
{
	int err = capture_writer__fact(facts->writer, facts->time, key, value);

	if (!facts->err)
		facts->err = err;
}

static void add_file(struct facts *facts, const char *key, const char *path)
{
	char value[512];

	if (facts__read_line(path, value, sizeof(value)))
		add(facts, key, value);
}

/*
 * Who provides the kernel. A boot loader in the domain passes its own name. Without one, the
 * toolstack started the domain, with its own kernel unless the domain's /boot has the same one.
 */
static void add_kernel(struct facts *facts, const struct utsname *uts)
{
	char cmdline[512], path[160];

	add(facts, "kernel", uts->release);
	add(facts, "kernel_build", uts->version);
	snprintf(path, sizeof(path), "/boot/vmlinuz-%.100s", uts->release);
	if (facts__read_line("/proc/cmdline", cmdline, sizeof(cmdline)) &&
	    strstr(cmdline, "BOOT_IMAGE="))
		add(facts, "kernel_from", "its own boot loader");
	else if (!access(path, F_OK))
		add(facts, "kernel_from", "the toolstack, same as in its /boot");
	else
		add(facts, "kernel_from", "the toolstack");
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" */
static void add_os(struct facts *facts)
{
	static const char lead[] = "PRETTY_NAME=";
	FILE *file = fopen("/etc/os-release", "re");
	char line[256], name[128];

	while (file && fgets(line, sizeof(line), file)) {
		const char *value = line + sizeof(lead) - 1;

		if (strncmp(line, lead, sizeof(lead) - 1))
			continue;
		value += *value == '"';
		str_sanitize(name, sizeof(name), value, strcspn(value, "\"\n"));
		add(facts, "os", name);
		break;
	}
	if (file)
		fclose(file);
}

/* The changeset, if the build has it, and the date of the build. */
static void add_xen_build(struct facts *facts)
{
	char changeset[128] = "", date[128] = "", build[300];

	facts__read_line("/sys/hypervisor/properties/changeset", changeset, sizeof(changeset));
	facts__read_line("/sys/hypervisor/compilation/compile_date", date, sizeof(date));
	if (!changeset[0] && !date[0])
		return;
	snprintf(build, sizeof(build), "%s%s%s%s", changeset[0] ? "changeset " : "", changeset,
		 changeset[0] && date[0] ? ", " : "", date);
	add(facts, "xen_build", build);
}

static void add_xen_version(struct facts *facts)
{
	char major[32], minor[32], extra[64] = "", version[160];

	if (!facts__read_line("/sys/hypervisor/version/major", major, sizeof(major)) ||
	    !facts__read_line("/sys/hypervisor/version/minor", minor, sizeof(minor)))
		return;
	facts__read_line("/sys/hypervisor/version/extra", extra, sizeof(extra));
	snprintf(version, sizeof(version), "%s.%s%s", major, minor, extra);
	add(facts, "xen", version);
}

static void add_guest(struct facts *facts)
{
	struct xs_handle *xs = xs_open(0);
	unsigned int len;
	char domid[16], *value;

	if (!xs) {
		pr_warn("no xenstore (%s): the capture will lack this domain's domid",
			strerror(errno));
		return;
	}
	value = xs_read(xs, XBT_NULL, "domid", &len);
	if (value) {
		str_sanitize(domid, sizeof(domid), value, len);
		add(facts, "domid", domid);
	}
	free(value);
	xs_close(xs);
}

/* The domid comes first: a collector checks it before it accepts anything else. */
static void add_role(struct facts *facts)
{
	if (facts__is_dom0()) {
		/* Not read from xenstore: a request would wait if its daemon has not started. */
		add(facts, "domid", "0");
		add(facts, "role", "dom0");
	} else {
		add_guest(facts);
		add(facts, "role", "guest");
	}
}

/*
 * Wall-clock time at CLOCK_MONOTONIC 0, s since 1970. Relates the capture to other boots of the
 * host, and to logs with dates.
 */
static void add_boot_time(struct facts *facts)
{
	struct timespec wall, mono;
	char value[40];
	s64 ns;

	if (clock_gettime(CLOCK_MONOTONIC, &mono) || clock_gettime(CLOCK_REALTIME, &wall))
		return;
	ns = (wall.tv_sec - mono.tv_sec) * (s64)NSEC_PER_SEC + wall.tv_nsec - mono.tv_nsec;
	if (ns < 0)
		return;
	snprintf(value, sizeof(value), "%" PRIu64 ".%09" PRIu64, (u64)ns / NSEC_PER_SEC,
		 (u64)ns % NSEC_PER_SEC);
	add(facts, "boot_time", value);
}

int facts__write(struct capture_writer *writer, const char *tier)
{
	struct facts facts = {.writer = writer, .time = now_mono()};
	struct utsname uts;
	char cpus[16];

	add_role(&facts);
	add(&facts, "tool", "grantwatch " GRANTWATCH_VERSION);
	add(&facts, "tier", tier);
	if (!uname(&uts))
		add_kernel(&facts, &uts);
	add_os(&facts);
	snprintf(cpus, sizeof(cpus), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	add(&facts, "cpus", cpus);
	add_file(&facts, "guest_type", "/sys/hypervisor/guest_type");
	add_file(&facts, "uuid", "/sys/hypervisor/uuid");
	add_file(&facts, "blkfront.feature_persistent", PERSISTENT);
	add_xen_version(&facts);
	add_xen_build(&facts);
	add_boot_time(&facts);
	add_file(&facts, "boot_id", BOOT_ID);
	return facts.err;
}

int facts__clocksource(struct capture_writer *writer, char *last, size_t size)
{
	char name[64];

	if (!facts__read_line(CLOCKSOURCE, name, sizeof(name)) || !strcmp(name, last))
		return 0;
	snprintf(last, size, "%s", name);
	return capture_writer__fact(writer, now_mono(), "clocksource", name);
}
