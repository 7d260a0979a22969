// SPDX-License-Identifier: GPL-2.0
/* Logs: prefixes, decoding, streams and boots, incidents, redaction of unknown lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "explain/container.h"
#include "explain/decode.h"
#include "explain/log_parser.h"
#include "explain/prefix.h"
#include "explain/prose.h"
#include "explain/unknown.h"
#include "model/domid.h"
#include "rules/log_device.h"

#define PENDING "xen:grant_table: g.e. 0x1a3 still pending"

static void test_prefixes(void **state)
{
	static const struct {
		const char *prefix, *when;
		enum prefix_stream stream;
		u16 domid, caller;
		u32 repeats;
	} tries[] = {
		{"", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"[   12.345678] ", "[12.345678]", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"[  123.456789@3] ", "[123.456789]", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"Mar 30 12:53:08 host kernel: ", "Mar 30 12:53:08", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 1},
		{"[Mon Mar  2 12:53:08 2026] ", "Mar  2 12:53:08 2026", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 1},
		{"2026-03-30T12:53:08+0200 host kernel: ", "2026-03-30 12:53:08", STREAM_FILE,
		 DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"(XEN) [2026-04-02 10:11:12] (d6) [   12.345678] ", "2026-04-02 10:11:12",
		 STREAM_GUEST, 6, DOMID_UNKNOWN, 1},
		{"xenconsoled: uivm (3): [    1.093952] ", "[1.093952]", STREAM_GUEST, 3,
		 DOMID_UNKNOWN, 1},
		{"xenconsoled: uivm (x) ", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"(XEN) common/grant_table.c:1078:d3v0 ", "", STREAM_XEN, DOMID_UNKNOWN, 3, 1},
		{"(XEN) grant_table.c:567:d0 ", "", STREAM_XEN, DOMID_UNKNOWN, 0, 1},
		{"(XEN) d12v1 ", "", STREAM_XEN, DOMID_UNKNOWN, 12, 1},
		{"host kernel: message repeated 57 times: [ ", "", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 57},
		/* dmesg -d, -e; journalctl -o short-delta */
		{"[  742.819824 <    0.000006>] ", "[742.819824]", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 1},
		{"[  742.819824                ] ", "[742.819824]", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 1},
		{"[  742.819824 seconds] ", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"[Mar30 12:53] ", "Mar 30 12:53", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"[Mai30 12:53] ", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"2026/03/30 12:53:08 ", "2026/03/30 12:53:08", STREAM_FILE, DOMID_UNKNOWN,
		 DOMID_UNKNOWN, 1},
		/* journalctl -o short-unix, /dev/kmsg */
		{"1774875188.123456 host kernel: ", "2026-03-30 12:53:08", STREAM_FILE,
		 DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"6,1234,742819824,-;", "[742.819824]", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN,
		 1},
		{"6,1234,742819824,x;", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		/* invalid: month, time, domain */
		{"Mai 30 12:53:08 x", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"Mar 30 12-53-08 x", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
		{"(d99999) (dx) [1.x] ", "", STREAM_FILE, DOMID_UNKNOWN, DOMID_UNKNOWN, 1},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		struct prefix prefix;

		prefix__read(&prefix, tries[i].prefix, strlen(tries[i].prefix),
			     strlen(tries[i].prefix));
		assert_string_equal(prefix.when, tries[i].when);
		assert_int_equal(prefix.stream, tries[i].stream);
		assert_int_equal(prefix.domid, tries[i].domid);
		assert_int_equal(prefix.caller, tries[i].caller);
		assert_int_equal(prefix.repeats, tries[i].repeats);
	}
}

static void test_decode(void **state)
{
	static const struct {
		const char *in, *out;
	} tries[] = {
		{"\x1b[0;1;31mg.e. 5\x1b[0m", "g.e. 5"},
		{"\x1b]0;title\ag.e. 5", "g.e. 5"},
		{"a &lt;b&gt; &amp; &#39;c&#x27; &unknown;", "a <b> & 'c' &unknown;"},
		{"<b>g.e.</b> <4>5 a < b", "g.e. <4>5 a < b"},
		{"\\u003c4\\u003e g.e.\\n \\\"x\\\" \\u001b[0m", "<4> g.e.  \"x\" "},
		{"\x1b", ""},
		{"{\"MESSAGE\" : [103, 46,101,46],\"x\":1", "{\"MESSAGE\" : [g.e.],\"x\":1"},
		{"{\"MESSAGE\":[103,4", "{\"MESSAGE\":[g"},
		{"\x1b[12", ""},
		{"\\u00", "\\u00"},
		{"&#", "&#"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		char line[100];
		size_t len = strlen(tries[i].in);

		memcpy(line, tries[i].in, len);
		len = decode__line(line, len);
		line[len] = '\0';
		assert_string_equal(line, tries[i].out);
	}
}

static void test_loosely(void **state)
{
	static const struct {
		const char *in, *out;
	} tries[] = {
		{"a=20b=3D", "a b="},
		{"  a \t b\xc2\xa0"
		 "c  ",
		 "a b c "},
		{"a=2", "a=2"},
		{"a=zz", "a=zz"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		char line[100];
		size_t len = strlen(tries[i].in);

		memcpy(line, tries[i].in, len);
		len = decode__loosely(line, len);
		line[len] = '\0';
		assert_string_equal(line, tries[i].out);
	}
}

static void test_devices(void **state)
{
	char label[64];

	assert_int_equal(log_device__number("xvdb"), 51728);
	assert_int_equal(log_device__number("backend/vbd/5/51728"), 51728);
	assert_int_equal(log_device__number("vbd-5-51728"), 51728);
	assert_int_equal(log_device__number("vif-5-0"), 0);
	assert_true(log_device__may_be("xvdb", "vbd-51728"));
	assert_false(log_device__may_be("xvda", "vbd-51728"));
	assert_false(log_device__may_be("xvda", "eth0"));
	assert_true(log_device__may_be("", "eth0"));
	assert_string_equal(log_device__label("vbd-51728", label, sizeof(label)),
			    "vbd-51728 (xvdb)");
	assert_string_equal(log_device__label("eth0", label, sizeof(label)), "eth0");
}

/* --- incidents --- */

/* Returns the rules after reading @lines as a log of @domid. The caller frees them. */
static struct rules *read_log(u16 domid, const char *const *lines, u32 nr)
{
	struct rules *rules = rules__new();
	struct log_parser *parser = log_parser__new(rules, domid, false);
	char line[400];
	u32 i;

	for (i = 0; i < nr; i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		log_parser__line(parser, line, strlen(line));
	}
	log_parser__end(parser);
	log_parser__free(parser);
	return rules;
}
#define READ_LOG(domid, ...)                                \
	read_log(domid, (const char *const[]){__VA_ARGS__}, \
		 ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static const struct finding *finding_at(struct rules *rules, u32 i)
{
	assert_true(i < rules__findings(rules)->nr);
	return rules__findings(rules)->item[i];
}

/* A kernel version holds for one boot of one stream. */
static void test_stretches(void **state)
{
	struct rules *rules =
		READ_LOG(DOMID_UNKNOWN, "[    0.0] Linux version 5.15.57 (a@b) #1 SMP",
			 "[  100.0] " PENDING,
			 "[    1.0] xen:grant_table: g.e. 0x1a4 still pending",
			 "[    0.0] Linux version 6.1.75 (a@b) #1 SMP", "[  100.0] " PENDING,
			 "(XEN) (d5) [    0.0] Linux version 4.19.94 (a@b) #1",
			 "(XEN) (d5) [  100.0] " PENDING, "(XEN) (d7) [  100.0] " PENDING);

	assert_int_equal(rules__findings(rules)->nr, 5);
	assert_string_equal(finding_at(rules, 0)->stretch->kernel, "5.15.57");
	/* The time goes back: another boot, whose kernel version is not in the log. */
	assert_string_equal(finding_at(rules, 1)->stretch->kernel, "");
	assert_string_equal(finding_at(rules, 2)->stretch->kernel, "6.1.75");
	assert_string_equal(finding_at(rules, 3)->stretch->kernel, "4.19.94");
	assert_int_equal(finding_at(rules, 3)->granter, 5);
	assert_string_equal(finding_at(rules, 4)->stretch->kernel, "");
	assert_int_equal(finding_at(rules, 4)->granter, 7);
	rules__free(rules);
}

/* A new boot of Xen is a new boot of all domains, and sets their version of Xen. */
static void test_xen_boots(void **state)
{
	struct rules *rules =
		READ_LOG(DOMID_UNKNOWN, "(XEN) Xen version 4.17.2 (a@b) (gcc) debug=n",
			 "[    0.0] Linux version 5.15.57 (a@b) #1 SMP", "(d5) [  100.0] " PENDING,
			 "(XEN) Xen version 4.19.0 (a@b) (gcc) debug=n", "[  200.0] " PENDING,
			 "(d5) [  200.0] " PENDING);

	assert_int_equal(rules__findings(rules)->nr, 3);
	assert_string_equal(finding_at(rules, 0)->stretch->xen, "4.17.2");
	assert_string_equal(finding_at(rules, 1)->stretch->xen, "4.19.0");
	assert_string_equal(finding_at(rules, 1)->stretch->kernel, "");
	assert_string_equal(finding_at(rules, 2)->stretch->xen, "4.19.0");
	rules__free(rules);
}

/* Boots and hosts that only the log collector's prefixes distinguish. */
static void test_boots_and_hosts(void **state)
{
	struct rules *rules = READ_LOG(
		DOMID_UNKNOWN, "Mar 30 12:53:08 one kernel: Linux version 5.15.57 (a@b) #1 SMP",
		"Mar 30 12:53:09 two kernel: " PENDING, "Mar 30 12:53:10 one kernel: " PENDING,
		"-- Boot 0123456789abcdef0123456789abcdef --",
		"Mar 30 12:54:10 one kernel: " PENDING,
		"{\"_BOOT_ID\":\"1111111111111111\",\"MESSAGE\":\"Linux version 6.1.1 (x)\"}",
		"{\"MESSAGE\":\"" PENDING "\",\"_BOOT_ID\":\"1111111111111111\"}",
		"{\"MESSAGE\":\"" PENDING "\",\"_BOOT_ID\":\"2222222222222222\"}");

	assert_int_equal(rules__findings(rules)->nr, 5);
	assert_string_equal(finding_at(rules, 0)->stretch->kernel, "");
	assert_string_equal(finding_at(rules, 1)->stretch->kernel, "5.15.57");
	assert_string_equal(finding_at(rules, 2)->stretch->kernel, "");
	assert_string_equal(finding_at(rules, 3)->stretch->kernel, "6.1.1");
	assert_string_equal(finding_at(rules, 4)->stretch->kernel, "");
	rules__free(rules);
}

static void test_incidents(void **state)
{
	struct rules *rules =
		READ_LOG(5, "[ 10.0] xen:grant_table: WARNING: g.e. 0x50 still in use!",
			 "[ 10.0] deferring g.e. 0x50 (pfn 0xffffffffffffffff)",
			 "[ 10.1] xvda: backed has not unmapped grant: 80",
			 "[ 10.2] blkfront: xvda disabled for further use",
			 /* another device, another page, and much later */
			 "[ 11.0] blkfront: xvdb disabled for further use",
			 "[ 12.0] deferring g.e. 0x60 (pfn 0x1234)",
			 "[ 500.0] usb 1-1: disabled for further use");

	assert_int_equal(rules__findings(rules)->nr, 3);
	assert_int_equal(finding_at(rules, 0)->class, CLASS_DEVICE_LOST);
	assert_int_equal(finding_at(rules, 0)->count, 4);
	assert_string_equal(finding_at(rules, 0)->device, "xvda");
	assert_true(finding_at(rules, 0)->no_page);
	assert_int_equal(finding_at(rules, 1)->class, CLASS_DEVICE_LOST);
	assert_string_equal(finding_at(rules, 1)->device, "xvdb");
	assert_int_equal(finding_at(rules, 2)->class, CLASS_LOG_ONLY);
	assert_true(finding_at(rules, 2)->has_page);
	rules__free(rules);
}

static void test_wrapped(void **state)
{
	struct rules *rules =
		READ_LOG(DOMID_UNKNOWN, "> [  123.456789] xen:grant_table: g.e. 0x1a3 still",
			 "> pending",
			 "> [  124.0] blkfront: xv=", "da disabled for =", "further use",
			 "> [ 225.0] xvdb: backed", "> has not unmapped grant:", "> 81",
			 /* not a wrapped message: the second line has a prefix */
			 "[ 226.0] xen:grant_table: g.e. 0x1a5 still", "[ 226.1] pending");

	assert_int_equal(rules__findings(rules)->nr, 3);
	assert_int_equal(finding_at(rules, 0)->ref, 0x1a3);
	assert_string_equal(finding_at(rules, 1)->device, "xvda");
	assert_int_equal(finding_at(rules, 2)->ref, 81);
	assert_int_equal(rules__counters(rules)->unknown_lines, 1);
	rules__free(rules);
}

/*
 * The calling domain is the mapper if the message's row says so. During a domain's destruction the
 * mapper is unknown.
 */
static void test_roles(void **state)
{
	struct rules *rules =
		READ_LOG(0, "(XEN) common/grant_table.c:1078:d3v0 Bad ref 0x1a3 for d5",
			 "(XEN) grant_table.c:3702:d0v0 Grant release 0x3 ref 0x11d flags 0x2 d6");

	assert_int_equal(rules__findings(rules)->nr, 2);
	assert_int_equal(finding_at(rules, 0)->granter, 5);
	assert_int_equal(finding_at(rules, 0)->mapper, 3);
	assert_int_equal(finding_at(rules, 1)->granter, 6);
	assert_int_equal(finding_at(rules, 1)->mapper, DOMID_UNKNOWN);
	rules__free(rules);
}

static void test_hung_task(void **state)
{
	struct rules *rules =
		READ_LOG(DOMID_UNKNOWN, "[ 1.0]  evtchn_release+0x2d/0xb0 [xen_evtchn]");

	assert_int_equal(rules__findings(rules)->nr, 0);
	rules__free(rules);
	rules = READ_LOG(DOMID_UNKNOWN, "[ 1.0] INFO: task x:1 blocked for more than 120 seconds.",
			 "[ 1.0]  evtchn_release+0x2d/0xb0 [xen_evtchn]");
	assert_int_equal(rules__findings(rules)->nr, 1);
	rules__free(rules);
}

static void test_unknown(void **state)
{
	static const char line[] = "Mar 30 host kernel: [ 1.0] grant_table.c:12:d0v1 grant of "
				   "my-bank by Alice failed, status 12 (0x1a)";
	char text[LOG_SAMPLE];

	unknown__redact(line, strlen(line), text, sizeof(text));
	assert_string_equal(text, "grant_table.c:12:d0v1 grant of _ by _ failed, status 12 (0x1a)");
	unknown__redact(line, strlen(line), text, 8);
	assert_true(strlen(text) < 8);
}

static void note_quote(void *ctx, const struct message_match *match, const char *from,
		       const char *to)
{
	u32 *nr = ctx;

	nr[0]++;
	nr[1] += prose__quotes(match, from, to);
}

/* Prose is not a log. Anything that may be a log is read. */
static void test_prose(void **state)
{
	static const struct {
		const char *line;
		u32 messages, quoted;
	} tries[] = {
		{"I saw a \"backed has not unmapped grant: 80\" error", 1, 1},
		{"and then it said xvda disabled for further use", 1, 1},
		{"\"xvda disabled for further use\" is what it says", 1, 1},
		{"subject: [BUG] xvda disabled for further use", 1, 1},
		{"my dmesg says WARNING: g.e. 0x10 still in use!", 1, 1},
		{"pr_err(\"xengnttab_map_domain_grant_refs failed\");", 1, 1},
		{"pr_err(dev, \"xengnttab_map_domain_grant_refs failed\",", 1, 1},
		{"exception Failure(\"Failed to map grant ref\")", 1, 0},
		{"a, \"xvda disabled for further use\", b", 1, 0},
		{"xvda disabled for further use", 1, 0},
		{"blkfront: xvda disabled for further use", 1, 0},
		{"`xvda disabled for further use`", 1, 0},
		{"net eth0: disabled for further use", 1, 0},
		{"host login: xvda disabled for further use", 1, 0},
		{"msg=\"xvda disabled for further use\" host=a", 1, 0},
		{"\"a\",\"xvda disabled for further use\",\"b\"", 1, 0},
		{"Mar 30 12:53:08 a box of mine xvda disabled for further use", 1, 0},
		{"[   12.345678] it is xvda disabled for further use", 1, 0},
		{"backed has not unmapped grant: 80 xvda disabled for further use", 2, 0},
		{"gnttab: error: mmap failed: Invalid argument", 1, 0},
		{"WARNING: CPU: 1 at drivers/xen/gntdev.c:399 unmap_pages+0x1", 1, 0},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		u32 nr[2] = {0};
		bool begun;

		message__each(tries[i].line, strlen(tries[i].line), note_quote, nr, &begun);
		assert_int_equal(nr[0], tries[i].messages);
		assert_int_equal(nr[1], tries[i].quoted);
	}
}

/* Joins @lines and writes the results to @out, separated by "|". */
static void join_all(const char *const *lines, size_t nr, char *out)
{
	struct container container = {0};
	char text[256], *line;
	size_t i, len;

	for (i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "%s", lines[i]);
		line = text;
		len = strlen(text);
		if (container__join(&container, &line, &len))
			out += sprintf(out, "%.*s|", (int)len, line);
	}
	while (container__rest(&container, &line, &len))
		out += sprintf(out, "%.*s|", (int)len, line);
	container__free(&container);
}

static void test_container_parts(void **state)
{
#define STAMP "2026-03-30T12:53:08.123456789Z "
	static const char *const cri[] = {STAMP "stdout P a",
					  STAMP "stderr F x",
					  STAMP "stdout P b",
					  STAMP "stdout F:t c",
					  STAMP "stdout Pd",
					  "e",
					  "",
					  STAMP "stderr P f"};
	static const char *const docker[] = {"{\"log\":\"a\"}", "{\"log\":\"b\\n\"}",
					     "{\"log\":\"c \\\"\",\"x\":1}",
					     "{\"log\":\"d\\n\",\"y\":2}"};
	static const char *const bytes[] = {"  \"MESSAGE\" : [", "  65,", "  66", "  ],", "  {"};
	char out[512];

	join_all(cri, ARRAY_SIZE(cri), out);
	assert_string_equal(out, STAMP "stderr F x|" STAMP "stdout P abc|" STAMP
				       "stdout Pd|e||" STAMP "stderr P f|");
	join_all(docker, ARRAY_SIZE(docker), out);
	assert_string_equal(out, "{\"log\":\"a\"}|{\"log\":\"b\\n\"}|"
				 "{\"log\":\"c \\\"d\\n\",\"y\":2}|");
	join_all(bytes, ARRAY_SIZE(bytes), out);
	assert_string_equal(out, "  \"MESSAGE\" : [  65,  66  ],|  {|");
}

static void test_container_lines(void **state)
{
	static const char text[] = "a\\nb#012c<br>d</P >e<brx>f\\g#01<";
	char out[128] = "";
	const char *line = text;
	size_t len = strlen(text), next, n;

	while (len) {
		n = container__split(line, len, &next);
		sprintf(out + strlen(out), "%.*s|", (int)n, line);
		line += next;
		len -= next;
	}
	assert_string_equal(out, "a|b|c|d|e<brx>f\\g#01<|");
}

/* A line full of anchors takes time proportional to its length. */
static void test_long_text(void **state)
{
	static const char anchor[] = "drivers/xen/gntdev.c:";
	const size_t len = 40000 * strlen(anchor);
	char *line = malloc(len + 1);
	u32 nr[2] = {0};
	bool begun;
	size_t i;

	for (i = 0; i < len; i += strlen(anchor))
		memcpy(line + i, anchor, strlen(anchor));
	alarm(30);
	message__each(line, len, note_quote, nr, &begun);
	alarm(0);
	assert_int_equal(nr[0], 0);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),	cmocka_unit_test(test_decode),
		cmocka_unit_test(test_loosely),		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_stretches),	cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_wrapped),		cmocka_unit_test(test_hung_task),
		cmocka_unit_test(test_roles),		cmocka_unit_test(test_xen_boots),
		cmocka_unit_test(test_boots_and_hosts), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_prose),		cmocka_unit_test(test_container_parts),
		cmocka_unit_test(test_container_lines), cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
