// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "doctor/exam.h"
#include "record/facts.h"
#include "util/options.h"

/* In the order of running and printing. */
/* clang-format off */
static const struct {
	const char *name;
	void (*run)(struct exam *exam);
} checks[] = {
	{"role", exam_check__role}, /* what this machine is to Xen */
	{"privileges", exam_check__privileges}, /* what we may do */
	{"lockdown", exam_check__lockdown}, /* kernel lockdown */
	{"bpf", exam_check__bpf}, /* BPF, which the probes are made of */
	{"btf", exam_check__btf}, /* the kernel's own types, for the btf tier */
	{"addresses", exam_check__addresses}, /* where functions are */
	{"tier", exam_check__tier}, /* how functions are probed */
	{"modules", exam_check__modules}, /* the drivers that grant and map */
	{"probe", exam_check__probes}, /* each function that is probed */
	{"kernel-log", exam_check__kernel_log}, /* the kernel's messages about grants */
	{"clocksource", exam_check__clocksource}, /* the clock of this domain */
	{"xenstore", exam_check__xenstore}, /* domains' names and devices */
	{"xen", exam_check__xen}, /* the hypervisor */
	{"trace", exam_check__trace}, /* the hypervisor's own trace */
	{"grant-table", exam_check__grant_table}, /* version and size of this domain's grant table */
	{"limits", exam_check__limits}, /* what /dev/xen/gntalloc and /dev/xen/gntdev allow */
	{"persistent", exam_check__persistent}, /* persistent grants of each disk */
};
/* clang-format on */

void exam__run(struct exam *exam)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		exam->check = checks[i].name;
		checks[i].run(exam);
	}
}

int exam__status(const struct exam *exam)
{
	enum weight worst = WEIGHT_NONE;
	u32 i;

	for (i = 0; i < exam->nr; i++)
		if (exam->answer[i].state == ANSWER_NO)
			worst = max(worst, exam->answer[i].weight);
	return worst == WEIGHT_STOP    ? EXIT_UNSUPPORTED
	       : worst == WEIGHT_BLIND ? EXIT_BLIND
				       : EXIT_CLEAN;
}

bool exam__may_record(const struct exam *exam)
{
	return exam__status(exam) != EXIT_UNSUPPORTED;
}

const char *role__name(enum role role)
{
	static const char *const names[] = {
		[ROLE_NOT_XEN] = "not-xen",
		[ROLE_DOM0] = "dom0",
		[ROLE_DRIVER_DOMAIN] = "driver-domain",
		[ROLE_GUEST] = "guest",
	};

	return names[role];
}

static struct answer *add(struct exam *exam, const char *subject, enum answer_state state,
			  const char *fmt, va_list args)
{
	static struct answer spare; /* beyond the limit, which no machine reaches */
	struct answer *answer = exam->nr < EXAM_ANSWERS ? &exam->answer[exam->nr++] : &spare;

	memset(answer, 0, sizeof(*answer));
	answer->check = exam->check;
	answer->state = state;
	snprintf(answer->subject, sizeof(answer->subject), "%s", subject ? subject : "");
	vsnprintf(answer->text, sizeof(answer->text), fmt, args);
	return answer;
}

void exam__yes(struct exam *exam, const char *subject, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(exam, subject, ANSWER_YES, fmt, args);
	va_end(args);
}

void exam__note(struct exam *exam, const char *subject, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(exam, subject, ANSWER_NOTE, fmt, args);
	va_end(args);
}

void exam__no(struct exam *exam, const char *subject, enum weight weight, const char *why,
	      const char *mend, const char *fmt, ...)
{
	struct answer *answer;
	va_list args;

	va_start(args, fmt);
	answer = add(exam, subject, ANSWER_NO, fmt, args);
	va_end(args);
	answer->weight = weight;
	snprintf(answer->why, sizeof(answer->why), "%s", why);
	snprintf(answer->mend, sizeof(answer->mend), "%s", mend);
}

const char *exam__path(const struct exam *exam, const char *path, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", exam->root, path);
	return buf;
}

bool exam__exists(const struct exam *exam, const char *path)
{
	char buf[1024];

	return !access(exam__path(exam, path, buf, sizeof(buf)), F_OK);
}

bool exam__read_line(const struct exam *exam, const char *path, char *buf, size_t size)
{
	char name[1024];

	return facts__read_line(exam__path(exam, path, name, sizeof(name)), buf, size);
}
