// SPDX-License-Identifier: GPL-2.0
/* What the kernel offers and allows. */
#include <errno.h>
#include <cap-ng.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "doctor/exam.h"
#include "record/ksyms.h"

#define BTF_DIR "/sys/kernel/btf"

/* --- privileges --- */

static const struct {
	int cap;
	const char *name, *need;
} caps[] = {
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "modules' types, /dev/xen"},
	{CAP_SYSLOG, "CAP_SYSLOG", "the kernel's addresses and log"},
};

void exam_check__privileges(struct exam *exam)
{
	unsigned int i;
	bool all = true;

	if (geteuid()) {
		exam__no(exam, NULL, WEIGHT_STOP,
			 "only root can use BPF, /dev/xen and the kernel's addresses",
			 "sudo grantwatch doctor", "not root (uid %u): nothing can be recorded",
			 geteuid());
		return;
	}
	capng_get_caps_process();
	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)caps[i].cap))
			continue;
		all = false;
		exam__no(
			exam, caps[i].name, WEIGHT_STOP,
			"this process or its container was started without it",
			"run it outside of the container, or start the container with the capability",
			"missing, needed for %s", caps[i].need);
	}
	if (all)
		exam__yes(exam, NULL, "root, with all capabilities for recording");
}

/* "none [integrity] confidentiality" */
void exam_check__lockdown(struct exam *exam)
{
	char line[128];

	if (!exam__read_line(exam, "/sys/kernel/security/lockdown", line, sizeof(line))) {
		exam__yes(exam, NULL, "not in this kernel, or not shown");
		return;
	}
	if (strstr(line, "[confidentiality]"))
		exam__no(
			exam, NULL, WEIGHT_STOP,
			"confidentiality forbids kprobes, and reads of kernel memory by BPF",
			"boot with lockdown=integrity or lockdown=none (with Secure Boot off if it enforces lockdown)",
			"confidentiality");
	else
		exam__yes(exam, NULL, "%s",
			  strstr(line, "[integrity]") ? "integrity; BPF is allowed" : "off");
}

void exam_check__bpf(struct exam *exam)
{
	if (!exam__exists(exam, "/proc/sys/kernel/unprivileged_bpf_disabled")) {
		exam__no(exam, NULL, WEIGHT_STOP, "the kernel was built without bpf(2)",
			 "use a kernel with CONFIG_BPF_SYSCALL=y", "this kernel has no BPF");
		return;
	}
	if (*exam->root || geteuid()) {
		exam__note(exam, NULL, "the kernel has it");
		return;
	}
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL) == 1)
		exam__yes(exam, NULL, "a program could be loaded");
	else
		exam__no(
			exam, NULL, WEIGHT_STOP, "bpf(2) refuses to load a program",
			"cat /sys/kernel/security/lockdown /proc/sys/kernel/perf_event_paranoid; run it outside of a container",
			"the kernel does not permit BPF");
}

/* --- types and symbols --- */

static const char *const btf_modules[] = {"xen_gntdev"};

void exam_check__btf(struct exam *exam)
{
	char path[128];
	unsigned int i;

	if (!exam__exists(exam, BTF_DIR "/vmlinux")) {
		exam__no(
			exam, NULL, WEIGHT_NONE,
			"the kernel was built without CONFIG_DEBUG_INFO_BTF, like Qubes' kernels",
			"none needed: the kprobe tier records the same events; 'grantwatch doctor --tier kprobe' tries it",
			"no " BTF_DIR "/vmlinux");
		return;
	}
	exam__yes(exam, NULL, "the kernel describes its types");
	for (i = 0; i < ARRAY_SIZE(btf_modules); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", btf_modules[i]);
		if (!exam__exists(exam, path))
			continue;
		snprintf(path, sizeof(path), BTF_DIR "/%s", btf_modules[i]);
		if (exam__exists(exam, path))
			exam__yes(exam, btf_modules[i], "the module describes its types");
		else
			exam__no(exam, btf_modules[i], WEIGHT_NONE,
				 "the kernel was built without CONFIG_DEBUG_INFO_BTF_MODULES",
				 "none needed: this module's functions are probed by kprobes",
				 "the module does not describe its types");
	}
}

void exam_check__addresses(struct exam *exam)
{
	struct ksym_want want = {.name = "__per_cpu_offset"};
	char path[1024];
	FILE *file = fopen(exam__path(exam, "/proc/kallsyms", path, sizeof(path)), "re");
	struct ksyms *ksyms = file ? ksyms__read(file, &want, 1) : NULL;

	if (file)
		fclose(file);
	ksyms__free(ksyms);
	if (!ksyms)
		exam__no(exam, NULL, WEIGHT_STOP, "/proc/kallsyms cannot be read",
			 "use a kernel with CONFIG_KALLSYMS=y",
			 "the kernel does not list its functions");
	else if (want.count && !want.addr)
		exam__no(exam, NULL, WEIGHT_STOP, "/proc/kallsyms shows zeroes to this process",
			 "run as root; sysctl kernel.kptr_restrict=1",
			 "the kernel hides its addresses");
	else if (!want.count)
		exam__no(exam, NULL, WEIGHT_STOP, "/proc/kallsyms lists no variables",
			 "use a kernel with CONFIG_KALLSYMS_ALL=y",
			 "the kernel does not list its variables");
	else
		exam__yes(exam, NULL, "/proc/kallsyms has names and addresses");
}

void exam_check__tier(struct exam *exam)
{
	const bool btf = exam__exists(exam, BTF_DIR "/vmlinux");
	const bool kprobes = exam__exists(exam, "/sys/bus/event_source/devices/kprobe");

	exam->tier = exam->wanted != TIER_AUTO ? exam->wanted : btf ? TIER_BTF : TIER_KPROBE;
	if (exam->tier == TIER_BTF && !btf)
		exam__no(exam, NULL, WEIGHT_STOP,
			 "--tier btf was given, and this kernel has no BTF",
			 "grantwatch doctor --tier kprobe", "btf is not available");
	else if (exam->tier == TIER_KPROBE && !kprobes)
		exam__no(
			exam, NULL, WEIGHT_STOP, "there is no /sys/bus/event_source/devices/kprobe",
			"use a kernel with CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y, or with BTF",
			"kprobe is not available");
	else
		exam__yes(exam, NULL, "%s: %s", tier__name(exam->tier),
			  exam->wanted != TIER_AUTO ? "given with --tier"
			  : btf			    ? "the kernel has BTF: fentry and fexit"
						    : "the kernel has no BTF: kprobes");
}

/* --- modules, log, clock --- */

static const struct {
	const char *module, *use, *modprobe;
	bool in_dom0, in_guest;
} modules[] = {
	{"xen_gntdev", "user space maps grants through it", "modprobe xen-gntdev", true, true},
	{"xen_gntalloc", "user space grants pages through it", "modprobe xen-gntalloc", false,
	 true},
	{"xen_blkback", "serves disks", "modprobe xen-blkback", true, false},
	{"xen_netback", "serves networks", "modprobe xen-netback", true, false},
	{"xen_blkfront", "uses disks", "modprobe xen-blkfront", false, true},
	{"xen_netfront", "uses networks", "modprobe xen-netfront", false, true},
};

void exam_check__modules(struct exam *exam)
{
	const bool dom0 = exam->role == ROLE_DOM0;
	char path[128];
	unsigned int i;

	if (!exam__on_xen(exam))
		return;
	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", modules[i].module);
		if (exam__exists(exam, path))
			exam__yes(exam, modules[i].module, "there: %s", modules[i].use);
		else if (dom0 ? modules[i].in_dom0 : modules[i].in_guest)
			exam__no(
				exam, modules[i].module, WEIGHT_NONE,
				"not loaded yet, or not built", modules[i].modprobe,
				"not loaded (%s): it makes no calls, and is probed once it is loaded",
				modules[i].use);
	}
}

void exam_check__kernel_log(struct exam *exam)
{
	char path[1024];
	int fd = open(exam__path(exam, "/dev/kmsg", path, sizeof(path)),
		      O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		exam__yes(exam, NULL, "/dev/kmsg can be read");
		close(fd);
		return;
	}
	exam__no(exam, NULL, WEIGHT_NONE, strerror(errno),
		 "run as root; sysctl kernel.dmesg_restrict=0 for others",
		 "/dev/kmsg cannot be read: the capture will lack the kernel's messages");
}

void exam_check__clocksource(struct exam *exam)
{
	char name[64];

	if (!exam__read_line(exam,
			     "/sys/devices/system/clocksource/clocksource0/current_clocksource",
			     name, sizeof(name)))
		exam__note(exam, NULL, "unknown");
	else if (exam__on_xen(exam) && strcmp(name, "tsc") && strcmp(name, "xen"))
		exam__no(
			exam, NULL, WEIGHT_NONE,
			"every event reads the clock, and this clock is slow",
			"echo xen > /sys/devices/system/clocksource/clocksource0/current_clocksource",
			"%s", name);
	else
		exam__note(exam, NULL, "%s", name);
}
