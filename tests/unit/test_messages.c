// SPDX-License-Identifier: GPL-2.0
/* The table of known messages. Each row has a line from a source or a real log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "known/bugs.h"
#include "known/message_format.h"
#include "known/messages.h"
#include "model/domid.h"

#define NO_DOMAIN DOMID_UNKNOWN

/* A line and the expected match: row, ref, domains, text for the report. */
static const struct {
	const char *line, *id;
	u32 ref;
	u16 granter, mapper;
	const char *text; /* NULL: the whole line */
} lines[] = {
	/* context */
	{"Linux version 6.1.75-1.fc37.qubes.x86_64 (u@h) #1 SMP", "linux-version", NO_REF,
	 NO_DOMAIN, NO_DOMAIN, "Linux version 6.1.75-1.fc37.qubes.x86_64 "},
	{"CPU: 0 PID: 1108 Comm: x Tainted: G           O 3.12.23-1.pvops.qubes.x86_64 #1",
	 "linux-tainted", NO_REF, NO_DOMAIN, NO_DOMAIN, "Tainted: "},
	{"CPU: 2 PID: 37 Comm: xenwatch Not tainted 5.4.0-yocto-standard #1", "linux-not-tainted",
	 NO_REF, NO_DOMAIN, NO_DOMAIN, "Not tainted 5.4.0-yocto-standard"},
	{"(XEN) Xen version 4.19.5 (user@host) (gcc) debug=y Mon", "xen-version", NO_REF, NO_DOMAIN,
	 NO_DOMAIN, "Xen version 4.19.5 "},
	{"Xen version: 4.17.2 (preserve-AD)", "linux-on-xen", NO_REF, NO_DOMAIN, NO_DOMAIN,
	 "Xen version: 4.17.2 "},
	{"xen_version            : 4.17.3", "xen-version", NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	{"-- Boot 0123456789abcdef0123456789abcdef --", "boot", NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	{"-- Reboot --", "boot", NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	{"INFO: task xenstored:123 blocked for more than 120 seconds.", "hung-task", NO_REF,
	 NO_DOMAIN, NO_DOMAIN, "INFO: task xenstored:123 blocked for more than"},
	{"host last message repeated 12 times", "last-repeated", NO_REF, NO_DOMAIN, NO_DOMAIN,
	 "last message repeated 12 times"},
	{"gnttab_usage_print_all [ key 'g' pressed", "debug-key", NO_REF, NO_DOMAIN, NO_DOMAIN,
	 "gnttab_usage_print_all ["},
	{"gnttab_usage_print_all ] done", "debug-key-end", NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	{"      -------- active --------       -------- shared --------", "debug-key-heading",
	 NO_REF, NO_DOMAIN, NO_DOMAIN, "-------- active --------"},
	{"[ref] localdom mfn      pin          localdom gmfn     flags", "debug-key-heading",
	 NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	{"grant-table for remote d4611 (v1)", "debug-key-domain", NO_REF, 4611, NO_DOMAIN, NULL},
	{"grant-table for remote domain:    5 (v1)", "debug-key-domain", NO_REF, 5, NO_DOMAIN,
	 NULL},
	{"  64 frames (64 max), 0 maptrack frames (1024 max)", "debug-key-limits", NO_REF,
	 NO_DOMAIN, NO_DOMAIN, "64 frames (64 max), 0 maptrack frames (1024 max)"},
	{"no active grant table entries", "debug-key-none", NO_REF, NO_DOMAIN, NO_DOMAIN, NULL},
	/* the text before and after the format, and <text>, is not in the report */
	{"[  12.3] blkfront: xvdb disabled for further use", "device-disabled", NO_REF, NO_DOMAIN,
	 NO_DOMAIN, "xvdb disabled for further use"},
	{"vif vif-0 eth0: Grant still in use by backend domain", "frontend-in-use", NO_REF,
	 NO_DOMAIN, NO_DOMAIN, "eth0: Grant still in use by backend domain"},
	{"xen:grant_table: WARNING: g.e. 0x1f4 still in use!", "end-in-use", 0x1f4, NO_DOMAIN,
	 NO_DOMAIN, "WARNING: g.e. 0x1f4 still in use!"},
	{"xen:grant_table: g.e. 0 still pending", "still-pending", 0, NO_DOMAIN, NO_DOMAIN,
	 "g.e. 0 still pending"},
	{"deferring g.e. 0x50", "deferring", 0x50, NO_DOMAIN, NO_DOMAIN, NULL},
	{"addr:00007f vm_flags:140440fb file:gntdev fault:0x0 mmap:gntdev_mmap", "bad-page-map",
	 NO_REF, NO_DOMAIN, NO_DOMAIN, "file:gntdev fault:"},
	{"WARNING: CPU: 1 PID: 7 at drivers/xen/gntdev.c:406 __unmap_grant_pages_done",
	 "gntdev-warning", NO_REF, NO_DOMAIN, NO_DOMAIN, "WARNING: ...drivers/xen/gntdev.c:406"},
	{"WARNING: drivers/xen/gntdev.c:406 at __unmap_grant_pages_done+0x1/0x2", "gntdev-warning",
	 NO_REF, NO_DOMAIN, NO_DOMAIN, "WARNING: ...drivers/xen/gntdev.c:406"},
	{"RIP: e030:gntdev_mmap+0x1", "gntdev-mmap-oops", NO_REF, NO_DOMAIN, NO_DOMAIN,
	 "RIP: ...gntdev_mmap+"},
	{" ? unmap_grant_pages+0x50/0x90 [xen_gntdev]", "gntdev-unmap-stack", NO_REF, NO_DOMAIN,
	 NO_DOMAIN, " unmap_grant_pages+"},
	{"(XEN) common/grant_table.c:1078:d0v1 Bad ref 0x7f for d5", "xen-bad-ref", 0x7f, 5,
	 NO_DOMAIN, "Bad ref 0x7f for d5"},
	{"(XEN) Bad flags (0) or dom (0); expected d0", "xen-bad-flags", NO_REF, NO_DOMAIN, 0,
	 "Bad flags (0) or dom (0); expected d0"},
	{"(XEN) avc:  denied  { copy } for source=d1 target=d4 scontext=s:r:t tclass=grant",
	 "xen-flask", NO_REF, 4, 1,
	 "avc:  denied  { copy } for source=d1 target=d4 ...tclass=grant"},
	{"xen be: qdisk-51712: can't map grant ref 772 (Cannot allocate memory, 1024 maps)",
	 "qemu-map", 772, NO_DOMAIN, NO_DOMAIN,
	 "qdisk-51712: can't map grant ref 772 (..., 1024 maps)"},
};

static void test_messages(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *line = lines[i].line;
		struct message_match match;
		char text[200];

		if (message__match(line, strlen(line), &match) != LINE_KNOWN)
			fail_msg("unknown message: %s", line);
		assert_string_equal(match.message->id, lines[i].id);
		assert_int_equal(match__ref(&match), lines[i].ref);
		assert_int_equal(match__domain(&match, HOLE_GRANTER), lines[i].granter);
		assert_int_equal(match__domain(&match, HOLE_MAPPER), lines[i].mapper);
		match__text(&match, true, text, sizeof(text));
		assert_string_equal(text, lines[i].text ? lines[i].text : line);
	}
}

/* Every row has a format with a fixed text to search for. tests/messages.txt has its lines. */
static void test_rows(void **state)
{
	const struct known_message *message;
	const char *id;
	u32 i;

	for (i = 0; (message = message__at(i)); i++) {
		struct format format;

		assert_int_equal(format__parse(&format, message->format), 0);
		if (format.token[format.anchor].len < 4)
			fail_msg("format with too little fixed text: %s", message->format);
		for (id = message->bugs; *id; id += strcspn(id, " "), id += strspn(id, " "))
			assert_non_null(bug__find(id));
		assert_true(message->meaning && message->from && message->id);
		assert_true(!message->caller || message->origin == ORIGIN_XEN);
	}
}

static void test_other_lines(void **state)
{
	static const struct {
		const char *line;
		enum message_verdict verdict;
	} tries[] = {
		{"", LINE_OTHER},
		{"usb 1-1: new high-speed USB device", LINE_OTHER},
		{"usb 1-1: hub disabled for further use", LINE_OTHER},
		{"isabled for further use", LINE_OTHER},
		{"secret5.0: disabled for further use", LINE_OTHER},
		{"sda disabled for further use", LINE_OTHER},
		{"(XEN) common/grant_table.c:1300:d0v1 Entry of d5 went away", LINE_UNKNOWN},
		{"Bad grant reference", LINE_UNKNOWN},
		{"resolver: couldn't find 12", LINE_OTHER},
		{"virsh: Could not find domain 5", LINE_OTHER},
		{"(XEN) grant_table.c:1078:d0v1 couldn't find 12", LINE_KNOWN},
		{"Bad ref for d5", LINE_OTHER},
		{"g.e. 0x still pending", LINE_UNKNOWN},
	};
	struct message_match match;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++)
		assert_int_equal(message__match(tries[i].line, strlen(tries[i].line), &match),
				 tries[i].verdict);
	assert_null(message__find("Linux version 6.1.75 (u@h) #1"));
	assert_null(message__find(" evtchn_release+0x2d/0xb0"));
}

/* Numbers that are not 32-bit refs. */
static void test_impossible_refs(void **state)
{
	static const struct {
		const char *line;
		u32 ref;
	} tries[] = {
		{"g.e. 0xfffffffff still pending", NO_REF},
		{"(XEN) Bad ref 0xffffffff for d6", NO_REF},
		{"g.e. 0xffffffffffffffffffff still pending", NO_REF},
		{"backed has not unmapped grant: 4294967294", 4294967294},
	};
	struct message_match match;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		message__match(tries[i].line, strlen(tries[i].line), &match);
		assert_non_null(match.message);
		assert_true(match__has_ref(&match));
		assert_int_equal(match__ref(&match), tries[i].ref);
	}
}

/* The report has only the text that matches the format, without free text and program names. */
static void test_privacy(void **state)
{
	static const char *const secrets[] = {
		"secret secret: RIP: secret gntdev_mmap+0x1/0x2 secret",
		"secret.log:INFO: task secret:12 blocked for more than secret",
		"{\"secret\":\"g.e. 0x50 still pending\",\"_HOSTNAME\":\"secret\"}",
	};
	struct message_match match;
	char text[200];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(secrets); i++) {
		message__match(secrets[i], strlen(secrets[i]), &match);
		assert_non_null(match.message);
		match__text(&match, false, text, sizeof(text));
		assert_null(strstr(text, "secret"));
		match__text(&match, false, text, 10);
		assert_true(strlen(text) < 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),    cmocka_unit_test(test_rows),
		cmocka_unit_test(test_other_lines), cmocka_unit_test(test_impossible_refs),
		cmocka_unit_test(test_privacy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
