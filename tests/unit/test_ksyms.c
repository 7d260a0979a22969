// SPDX-License-Identifier: GPL-2.0
/* Kernel symbols: addresses become functions, and stacks have no frames of BPF programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record/ksyms.h"

static const char symbols[] = "0000000000000000 A fixed_percpu_data\n"
			      "0000000000020ae0 A __preempt_count\n"
			      "ffffffff81000000 T _stext\n"
			      "ffffffff81000100 t gnttab_update_entry_v1\n"
			      "ffffffff81000200 T gnttab_grant_foreign_access\n"
			      "ffffffff81000300 t f.part.0\n"
			      "ffffffff81000400 t twice\n"
			      "ffffffff81000500 t twice\n"
			      "ffffffff82000000 D __per_cpu_offset\n"
			      "a line that is none\n"
			      "ffffffffc0201000 t bpf_prog_1234_grant\t[bpf]\n"
			      "ffffffffc0200000 t gntalloc_ioctl\t[xen_gntalloc]\n"
			      "ffffffffc0300000 t ftrace_trampoline\t[__builtin__ftrace]\n";

static struct ksyms *read_symbols(struct ksym_want *want, unsigned int nr)
{
	FILE *file = fmemopen((void *)(size_t)symbols, strlen(symbols), "r");
	struct ksyms *ksyms = ksyms__read(file, want, nr);

	fclose(file);
	assert_non_null(ksyms);
	return ksyms;
}

static void wanted_symbols_are_found(void **state)
{
	struct ksym_want want[] = {{.name = "__per_cpu_offset"},
				   {.name = "__preempt_count"},
				   {.name = "twice"},
				   {.name = "f"},
				   {.name = "gntalloc_ioctl"}};

	ksyms__free(read_symbols(want, ARRAY_SIZE(want)));
	assert_int_equal(want[0].addr, 0xffffffff82000000);
	assert_false(want[0].function);
	assert_int_equal(want[1].count, 1);
	assert_int_equal(want[1].addr, 0x20ae0);
	assert_int_equal(want[2].count, 2);
	assert_int_equal(want[3].count, 0); /* f.part.0 is another function */
	assert_true(want[4].function);
	assert_int_equal(want[4].addr, 0xffffffffc0200000);
}

static void an_address_lies_in_a_function(void **state)
{
	struct ksyms *ksyms = read_symbols(NULL, 0);
	struct ksym sym;

	assert_true(ksyms__find(ksyms, 0xffffffff8100027f, &sym));
	assert_string_equal(sym.name, "gnttab_grant_foreign_access");
	assert_null(sym.module);
	assert_int_equal(sym.offset, 0x7f);
	assert_true(ksyms__find(ksyms, 0xffffffffc0200010, &sym));
	assert_string_equal(sym.module, "xen_gntalloc");
	assert_false(ksyms__find(ksyms, 0xffffffff80ffffff, &sym));
	assert_false(ksyms__find(ksyms, 0x1000, &sym));
	ksyms__free(ksyms);
}

static const char *const tops[] = {"gnttab_update_entry_v1", "gnttab_end_foreign_access_ref_v1"};

static void stacks_begin_at_the_probed_function(void **state)
{
	/*
	 * The BPF program, the trampoline, the function, its caller. The last frame's call is the
	 * end of its function.
	 */
	const u64 ip[] = {0xffffffffc0201040, 0xffffffffc0300044, 0xffffffff81000105,
			  0xffffffff81000300, 0xffffffffc02001d4};
	struct ksyms *ksyms = read_symbols(NULL, 0);
	unsigned int top;
	char text[256];

	top = ksyms__find_top(ksyms, ip, ARRAY_SIZE(ip), tops, ARRAY_SIZE(tops));
	assert_int_equal(top, 2);
	ksyms__format_stack(ksyms, ip + top, ARRAY_SIZE(ip) - top, text, sizeof(text));
	assert_string_equal(text, "gnttab_update_entry_v1+0x5; gnttab_grant_foreign_access+0x100; "
				  "gntalloc_ioctl+0x1d4 [xen_gntalloc]");
	assert_int_equal(ksyms__find_top(ksyms, ip, 2, tops, ARRAY_SIZE(tops)), 2);
	ksyms__free(ksyms);
}

static void a_trampoline_entered_by_a_jump_hides_the_function(void **state)
{
	const u64 ip[] = {0xffffffffc020ab46, 0xffffffffc020ac46, 0xffffffff81000200,
			  0xffffffffc02001d4, 0xffffffff81000105};
	struct ksyms *ksyms = read_symbols(NULL, 0);

	assert_int_equal(ksyms__find_top(ksyms, ip, ARRAY_SIZE(ip), tops, ARRAY_SIZE(tops)), 2);
	/* as seen by a kprobe */
	assert_int_equal(ksyms__find_top(ksyms, ip + 2, 3, tops, ARRAY_SIZE(tops)), 2);
	ksyms__free(ksyms);
}

static void a_stack_is_cut_between_frames(void **state)
{
	const u64 ip[] = {0xffffffff81000105, 0xffffffff81000210, 0xffffffffc02001d4};
	struct ksyms *ksyms = read_symbols(NULL, 0);
	char text[64];
	size_t len = ksyms__format_stack(ksyms, ip, ARRAY_SIZE(ip), text, sizeof(text));

	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "gnttab_update_entry_v1+0x5; gnttab_grant_foreign_access+0x10");
	ksyms__free(ksyms);
}

/*
 * gntdev_mmap is probed. Its trampoline lies after the last function of gntalloc, and called
 * gntalloc_ioctl again.
 */
static void a_trampoline_is_no_function(void **state)
{
	const u64 ip[] = {0xffffffff81000105, 0xffffffffc0200026, 0xffffffffc020ab46,
			  0xffffffffc0200005, 0xffffffff81000210, 0xffffffff81000220};
	struct ksyms *ksyms = read_symbols(NULL, 0);
	struct ksym sym;
	char text[256];

	assert_false(ksyms__find(ksyms, ip[2], &sym));
	ksyms__format_stack(ksyms, ip, ARRAY_SIZE(ip), text, sizeof(text));
	assert_string_equal(text, "gnttab_update_entry_v1+0x5; gntalloc_ioctl+0x26 [xen_gntalloc]; "
				  "gnttab_grant_foreign_access+0x10; "
				  "gnttab_grant_foreign_access+0x20");
	ksyms__free(ksyms);
}

static void hidden_addresses_find_nothing(void **state)
{
	static const char hidden[] = "0000000000000000 T _stext\n0000000000000000 t a\n";
	FILE *file = fmemopen((void *)(size_t)hidden, strlen(hidden), "r");
	struct ksyms *ksyms = ksyms__read(file, NULL, 0);
	struct ksym sym;

	fclose(file);
	assert_false(ksyms__find(ksyms, 0xffffffff81000000, &sym));
	ksyms__free(ksyms);
}

/* Symbols of the kernel are sorted. Modules come in any order, and may lie below the kernel. */
static void functions_come_in_any_order(void **state)
{
	static const char any[] = "ffffffff81000000 T _text\n"
				  "ffffffff81000000 t first\n"
				  "ffffffff81000100 t second\n"
				  "ffffffff81000200 t third\n"
				  "ffffffffc0200100 t b\t[two]\n"
				  "ffffffffc0200000 t a\t[two]\n"
				  "ffffffffc0100000 t c\t[one]\n"
				  "ffffffff81000080 t below\t[low]\n";
	static const char *const names[] = {"first", "below", "second", "third", "c", "a", "b"};
	static const u64 addrs[] = {0xffffffff81000001, 0xffffffff81000081, 0xffffffff81000101,
				    0xffffffff81000201, 0xffffffffc0100001, 0xffffffffc0200001,
				    0xffffffffc0200101};
	FILE *file = fmemopen((void *)(size_t)any, strlen(any), "r");
	struct ksyms *ksyms = ksyms__read(file, NULL, 0);
	struct ksym sym;
	unsigned int i;

	fclose(file);
	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		assert_true(ksyms__find(ksyms, addrs[i], &sym));
		assert_string_equal(sym.name, names[i]);
		assert_int_equal(sym.offset, 1);
	}
	ksyms__free(ksyms);
}

/* Search among many names, for names that differ only in the middle. */
static void many_symbols_are_wanted(void **state)
{
	static char text[200 * 32], name[60][16];
	struct ksym_want want[60];
	unsigned int i, len = 0;
	FILE *file;

	for (i = 0; i < 200; i++)
		len += (unsigned int)snprintf(text + len, sizeof(text) - len,
					      "ffffffff8100%04x T f%03u_end\n", i * 16, i);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		snprintf(name[i], sizeof(name[i]), "f%03u_end", i * 3 + 30);
		want[i] = (struct ksym_want){.name = name[i]};
	}
	file = fmemopen(text, len, "r");
	ksyms__free(ksyms__read(file, want, ARRAY_SIZE(want)));
	fclose(file);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(want[i].count, i * 3 + 30 < 200);
		if (want[i].count)
			assert_int_equal(want[i].addr, 0xffffffff81000000 + (i * 3 + 30) * 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted_symbols_are_found),
		cmocka_unit_test(an_address_lies_in_a_function),
		cmocka_unit_test(stacks_begin_at_the_probed_function),
		cmocka_unit_test(a_trampoline_entered_by_a_jump_hides_the_function),
		cmocka_unit_test(a_stack_is_cut_between_frames),
		cmocka_unit_test(a_trampoline_is_no_function),
		cmocka_unit_test(hidden_addresses_find_nothing),
		cmocka_unit_test(functions_come_in_any_order),
		cmocka_unit_test(many_symbols_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
