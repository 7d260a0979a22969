// SPDX-License-Identifier: GPL-2.0
/*
 * One trace, read by xenalyze and by grantwatch. Both must count the same records of each kind, and
 * have the same grants of the same vCPUs in the same order. GRANTWATCH_XENTRACE names a trace of a
 * real host to compare instead of the generated one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_xentrace_gen.h"
#include "test_xentrace_run.h"

/* The beginning of a record of each kind in xenalyze's --dump-all, after the vCPU. */
static const struct {
	const char *event;
	const char *text;
} kinds[] = {
	{"lost_records", "lost_records count"},
	{"runstate_change", "runstate_change "},
	{"continue_running", "runstate_continue "},
	{"pv_hypercall_v2", "hypercall "},
	{"pv_hypercall_subcall", " hypercall "},
	{"page_grant_map", "grant-map domain "},
	{"page_grant_unmap", "grant-unmap domain "},
	{"page_grant_transfer", "grant-transfer domain "},
	{"set_p2m_entry", "set_p2m_entry "},
	{"decrease_reservation", "decrease_reservation "},
	{"sched_switch_infnext", "sched_switch next "},
	{"sched_switch_infcont", "sched_switch continue "},
	{"sched_dom_add", "sched_init_domain "},
	{"sched_dom_rem", "sched_destroy_domain "},
	{"sched_sleep", "vcpu_sleep "},
	{"sched_wake", "vcpu_wake "},
	{"sched_yield", "vcpu_yield "},
	{"sched_block", "vcpu_block "},
	{"dom_add", "creating domain "},
	{"dom_rem", "destroying domain "},
	{"pv_trap64", "trap "},
	{"pv_page_fault64", "page_fault"},
	{"pv_emulate_privop64", "emulate privop"},
	{"vmexit64", "vmexit "},
	{"vmmcall", "vmcall "},
	{"vmentry", "vmentry"},
	{"irq_handled", "irq_handled "},
	{"pm_idle_entry", "pm_idle_start "},
};

struct counts {
	u64 nr[ARRAY_SIZE(kinds)];
	char *grants; /* lines such as "d0v2 grant-map domain 5\n" */
	size_t grants_size;
	FILE *out;
};

static void counts__init(struct counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	counts->out = open_memstream(&counts->grants, &counts->grants_size);
}

static void count_own(const struct xt_rec *rec, void *arg)
{
	struct counts *counts = arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (rec->event->name && !strcmp(kinds[i].event, rec->event->name))
			counts->nr[i]++;
	if (rec->domid == XT_UNKNOWN)
		return;
	if (rec->event->kind == XT_GRANT_MAP || rec->event->kind == XT_GRANT_UNMAP)
		fprintf(counts->out, "d%dv%d grant-%smap domain %u\n", rec->domid, rec->vcpu,
			rec->event->kind == XT_GRANT_MAP ? "" : "un", xt_rec__word(rec, 0));
}

/* "   0.000000106 x d0v2 hypercall 14 …", with columns for pCPUs and flags before the vCPU. */
static void count_line(struct counts *counts, const char *line)
{
	const char *vcpu = line, *text;
	int domid, nr, end = 0;
	size_t i;

	while ((vcpu = strstr(vcpu, " d"))) {
		vcpu++;
		if (sscanf(vcpu, "d%dv%d%n", &domid, &nr, &end) == 2 && vcpu[end] == ' ')
			break;
		if (!strncmp(vcpu, "d?v? ", 5)) {
			domid = 32768;
			end = 4;
			break;
		}
	}
	if (!vcpu)
		return;
	text = vcpu + end + 1;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(text, kinds[i].text, strlen(kinds[i].text)))
			counts->nr[i]++;
	/* 32768 is xenalyze's domain for unknown. */
	if (domid != 32768 && (!strncmp(text, "grant-map", 9) || !strncmp(text, "grant-unmap", 11)))
		fprintf(counts->out, "%s", vcpu);
}

static void count_theirs(struct counts *counts, const char *path)
{
	char command[400], *line = NULL;
	size_t size = 0;
	FILE *in;

	snprintf(command, sizeof(command), "exec xenalyze --svm-mode --dump-all '%s' 2>/dev/null",
		 path);
	in = popen(command, "r");
	assert_non_null(in);
	while (getline(&line, &size, in) > 0)
		count_line(counts, line);
	assert_int_equal(pclose(in), 0);
	free(line);
}

static void pv_domain(struct trace_gen *gen, u32 cpu)
{
	u32 domid = 1 + gen__random(gen, 3), i, n = 1 + gen__random(gen, 8);

	gen__switch_in(gen, cpu, domid, cpu);
	GEN_REC(gen, cpu, 0x21002, domid << 16 | cpu);
	gen__grant_op(gen, cpu, 0, n);
	for (i = 0; i < n; i++)
		gen__map(gen, cpu, 5 + i);
	GEN_REC(gen, cpu, 0x20100d, 0x0040000d, 2);
	GEN_REC(gen, cpu, 0x20200e, 0x01100014, 1, n);
	for (i = 0; i < n; i++)
		gen__unmap(gen, cpu, 5 + i);
	GEN_REC(gen, cpu, 0x201103, 0, 0, 14);
	GEN_REC(gen, cpu, 0x201104, 0, 0, 1, 2, 3);
	GEN_REC(gen, cpu, 0x201106, 0, 0);
	GEN_REC(gen, cpu, 0x28005, domid, cpu);
	GEN_REC(gen, cpu, 0x28006, domid, cpu);
	GEN_REC(gen, cpu, 0x2800f, 0x7fff, cpu, 0, 5);
	gen__switch_out(gen, cpu, domid, cpu);
}

static void hvm_domain(struct trace_gen *gen, u32 cpu)
{
	u32 domid = 11 + gen__random(gen, 3), i;

	gen__switch_in(gen, cpu, domid, cpu);
	for (i = gen__random(gen, 4); i; i--) {
		GEN_REC(gen, cpu, 0x81102, 0x81, 0x1234, 0);
		gen__rec_no_tsc(gen, cpu, 0x82012, 1, (u32[]){20});
		gen__rec_no_tsc(gen, cpu, 0x10f004, 6, (u32[]){1, 0, 2, 0, 13, domid});
		gen__map(gen, cpu, 5);
		gen__map(gen, cpu, 6);
		gen__rec(gen, cpu, 0x81001, 0, NULL);
	}
	gen__switch_out(gen, cpu, domid, cpu);
}

static void idle_domain(struct trace_gen *gen, u32 cpu)
{
	gen__switch_in(gen, cpu, 0x7fff, cpu);
	GEN_REC(gen, cpu, 0x28011, 0x7fff, cpu, 5, 6);
	GEN_REC(gen, cpu, 0x21002, 0x7fff << 16 | cpu);
	GEN_REC(gen, cpu, 0x802008, 1, 2, 3);
	GEN_REC(gen, cpu, 0x28003, 1, 0);
	GEN_REC(gen, cpu, 0x28004, 1, 0);
	GEN_REC(gen, cpu, 0x28001, 20);
	GEN_REC(gen, cpu, 0x41001, 20);
	GEN_REC(gen, cpu, 0x41002, 20);
	GEN_REC(gen, cpu, 0x28002, 20);
	gen__rec_no_tsc(gen, cpu, 0x1f002, 3, (u32[]){1, 2, 3});
	gen__switch_out(gen, cpu, 0x7fff, cpu);
}

static void make_trace(struct trace_gen *gen)
{
	u32 i, cpu;

	for (i = 0; i < 3000; i++) {
		cpu = gen__random(gen, 4);
		switch (gen__random(gen, 3)) {
		case 0:
			pv_domain(gen, cpu);
			break;
		case 1:
			hvm_domain(gen, cpu);
			break;
		default:
			idle_domain(gen, cpu);
			break;
		}
		if (!gen__random(gen, 50))
			gen__poll(gen);
	}
	gen__poll(gen);
}

static u8 *read_bytes(const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	struct gen_bytes bytes = {0};
	u8 part[65536];
	size_t n;

	if (!in)
		fail_msg("cannot read %s", path);
	while ((n = fread(part, 1, sizeof(part), in)))
		gen_bytes__add(&bytes, part, n);
	fclose(in);
	*len = bytes.len;
	return bytes.data;
}

static void compare(const char *path)
{
	struct counts own, theirs;
	size_t len, i;
	u8 *data = read_bytes(path, &len);

	counts__init(&own);
	counts__init(&theirs);
	run__decode(data, len, 65536, 0, count_own, &own);
	count_theirs(&theirs, path);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (own.nr[i] != theirs.nr[i])
			fail_msg("%s: %llu records here, %llu in xenalyze", kinds[i].event,
				 (unsigned long long)own.nr[i], (unsigned long long)theirs.nr[i]);
	fclose(own.out);
	fclose(theirs.out);
	assert_true(own.grants_size > 0);
	assert_true(!strcmp(own.grants, theirs.grants));
	free(own.grants);
	free(theirs.grants);
	free(data);
}

static void counts_and_order_are_xenalyzes(void **state)
{
	const char *given = getenv("GRANTWATCH_XENTRACE");
	char path[] = "/tmp/grantwatch-xentrace-XXXXXX";
	struct trace_gen gen;
	int fd;

	(void)state;
	if (system("command -v xenalyze > /dev/null")) {
		print_message("skipped: no xenalyze here (Debian package xen-utils-common)\n");
		skip();
	}
	if (given) {
		compare(given);
		return;
	}
	gen__init(&gen, 5);
	make_trace(&gen);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, gen.out.data, gen.out.len), gen.out.len);
	close(fd);
	compare(path);
	unlink(path);
	gen__cleanup(&gen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_order_are_xenalyzes),
	};

	return cmocka_run_group_tests_name("xentrace-xenalyze", tests, NULL, NULL);
}
