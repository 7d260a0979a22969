// SPDX-License-Identifier: GPL-2.0
/* Reports: hostile text in every format, fingerprints, pseudonyms, known messages and fixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "known/bugs.h"
#include "known/messages.h"
#include "known/programs.h"
#include "renderers/advice.h"
#include "util/escape.h"
#include "renderers/picture.h"
#include "renderers/redact.h"
#include "renderers/renderer.h"

/*
 * A newline, a terminal escape, a carriage return, a right-to-left override, broken UTF-8, markup
 * of every kind.
 */
#define EVIL                                                                                 \
	"\n\x1b[2J\r\x7f\xe2\x80\xae\xff\xc2<script>alert(1)</script>]]>&\"'`````</details>" \
	" @evil #1 [x](http://evil/) www.evil.com ![i](j) GH-1\nnot ok 1 - x\n# \x01"

static void set_evil(char *dst, size_t size)
{
	size_t len = min(size - 1, sizeof(EVIL) - 1);

	memcpy(dst, EVIL, len);
	dst[len] = '\0';
}

static void set_party(struct party *party, u16 domid)
{
	party->known = true;
	party->domid = domid;
	party->kind = KIND_GNTDEV;
	set_evil(party->comm, sizeof(party->comm));
	set_evil(party->func, sizeof(party->func));
	set_evil(party->stack, sizeof(party->stack));
}

static struct finding *evil_finding(enum finding_class class)
{
	struct finding *finding = calloc(1, sizeof(*finding));
	u32 i;

	finding->class = class;
	finding->id = 1;
	finding->count = 1;
	finding->granter = 5;
	finding->ref = 80;
	set_party(&finding->map_by, 0);
	set_party(&finding->owner, 5);
	set_party(&finding->previous_owner, 5);
	finding->nr_steps = 9;
	for (i = 0; i < finding->nr_steps; i++) {
		finding->steps[i].type = (enum step_type)(STEP_OTHER + i);
		finding->steps[i].ns = 1000 * i;
		finding->steps[i].err = 10;
		finding->steps[i].key = i == 5;
		set_evil(finding->steps[i].comm, sizeof(finding->steps[i].comm));
		set_evil(finding->steps[i].text, sizeof(finding->steps[i].text));
	}
	finding->nr_evidence = 1;
	finding->evidence[0].rule = "log";
	set_evil(finding->evidence[0].text, sizeof(finding->evidence[0].text));
	finding->nr_blind = 1;
	set_evil(finding->blind[0], sizeof(finding->blind[0]));
	finding->outcome = OUTCOME_DEVICE_LOST;
	set_evil(finding->outcome_text, sizeof(finding->outcome_text));
	set_evil(finding->fingerprint, sizeof(finding->fingerprint));
	if (class == CLASS_LOG_ONLY)
		finding->message = message__at(0);
	return finding;
}

static struct summary *evil_summary(void)
{
	struct summary *summary = calloc(1, sizeof(*summary));
	struct summary_side *side = &summary->side[0];

	summary->nr_sides = 1;
	side->domid = 5;
	set_evil(side->name, sizeof(side->name));
	set_evil(side->kernel, sizeof(side->kernel));
	set_evil(side->kernel_build, sizeof(side->kernel_build));
	set_evil(side->kernel_from, sizeof(side->kernel_from));
	set_evil(side->os, sizeof(side->os));
	set_evil(side->guest_type, sizeof(side->guest_type));
	set_evil(side->tier, sizeof(side->tier));
	set_evil(side->role, sizeof(side->role));
	set_evil(side->xen, sizeof(side->xen));
	set_evil(side->xen_build, sizeof(side->xen_build));
	set_evil(side->persistent, sizeof(side->persistent));
	summary->nr_blind = 1;
	set_evil(summary->blind[0], sizeof(summary->blind[0]));
	return summary;
}

static char *render(enum report_format format, const struct report *report, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	renderer__print(renderer__of(format), out, report);
	fclose(out);
	return text;
}

static char *render_evil_bytes(enum report_format format, enum finding_class class, size_t *size)
{
	struct finding *finding = evil_finding(class);
	struct summary *summary = evil_summary();
	const struct finding *list[] = {finding};
	struct report report = {.summary = summary, .findings = list, .nr = 1};
	char *text = render(format, &report, size);

	free(finding);
	free(summary);
	return text;
}

static char *render_evil(enum report_format format, enum finding_class class)
{
	size_t size;
	char *text = render_evil_bytes(format, class, &size);

	assert_int_equal(strlen(text), size);
	return text;
}

static void assert_printable(const char *format, const char *text)
{
	const char *pos;

	for (pos = text; *pos; pos++) {
		unsigned char c = (unsigned char)*pos;

		if (!strncmp(pos, "\xc2\xb1", 2))
			pos++;
		else if (c != '\n' && (c < 0x20 || c > 0x7e))
			fail_msg("%s report has byte %02x: %.60s", format, c, pos);
	}
}

static void assert_without(const char *format, const char *text, const char *what)
{
	const char *pos = strstr(text, what);

	if (pos)
		fail_msg("%s report has '%s': %.80s", format, what, pos);
}

static void test_no_control_bytes(void **state)
{
	u32 i, class;

	for (i = 0; report_format_names[i]; i++) {
		for (class = 0; class < CLASS_MAX && i != FORMAT_PERFETTO; class ++) {
			char *text = render_evil((enum report_format)i, (enum finding_class) class);

			assert_printable(report_format_names[i], text);
			assert_without(report_format_names[i], text, "\nnot ok 1 - x");
			free(text);
		}
	}
}

/* Other bytes of a trace are binary. */
static void test_no_control_bytes_in_traces(void **state)
{
	static const char *const raw[] = {"\x1b[", "[2J\r", "\xe2\x80\xae", "\xff\xc2", "\nnot ok"};
	static const char escaped[] = "\\x0a\\x1b[2J\\x0d\\x7f\\xe2\\x80\\xae\\xff\\xc2<script>";
	size_t size;
	char *trace = render_evil_bytes(FORMAT_PERFETTO, CLASS_STALE_MAP, &size);
	u32 i;

	assert_non_null(memmem(trace, size, escaped, strlen(escaped)));
	for (i = 0; i < ARRAY_SIZE(raw); i++)
		assert_null(memmem(trace, size, raw[i], strlen(raw[i])));
	free(trace);
}

static void test_markup(void **state)
{
	char *html = render_evil(FORMAT_HTML, CLASS_STALE_MAP);
	char *junit = render_evil(FORMAT_JUNIT, CLASS_STALE_MAP);
	char *md = render_evil(FORMAT_GITHUB, CLASS_STALE_MAP);
	const char *fence;

	assert_without("html", html, "<script");
	assert_without("junit", junit, "<script");
	assert_without("junit", junit, "]]>");
	assert_non_null(strstr(html, "&lt;script&gt;"));
	assert_non_null(strstr(html, "default-src 'none'"));
	assert_without("github", md, "`````");
	/* Outside of code blocks there is no mention, reference or link. */
	fence = strstr(md, "````");
	assert_non_null(fence);
	*strstr(md, "````") = '\0';
	assert_without("github", md, "<script");
	assert_without("github", md, "</details> ");
	/* Escaped it is \](http\: */
	assert_without("github", md, "](http:");
	assert_without("github", md, "@evil");
	assert_without("github", md, " #1");
	assert_without("github", md, "www.evil");
	free(html);
	free(junit);
	free(md);
}

static void test_picture_escapes(void **state)
{
	struct finding *finding = evil_finding(CLASS_STALE_MAP);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_true(picture__print(out, finding));
	finding->nr_steps = 0;
	assert_false(picture__print(out, finding));
	fclose(out);
	assert_printable("svg", text);
	assert_without("svg", text, "<script");
	free(text);
	free(finding);
}

static void test_mail_columns(void **state)
{
	char *text = render_evil(FORMAT_MAIL, CLASS_NEAR_MISS), *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *pos;

		for (pos = line; *pos; pos++)
			assert_true((unsigned char)*pos < 0x80);
		/* Only a single long word may exceed the width. */
		if (strlen(line) > 76 && strchr(line + strspn(line, " *"), ' '))
			assert_true(strlen(strrchr(line, ' ')) > 60 || strlen(line) < 78);
	}
	free(text);
}

static void test_wrap(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print_wrapped(out, ESCAPE_PLAIN, "* ", "  ", 12,
		      "aa bb cc dd ee aaaaaaaaaaaaaaaa b \xc2\xb1 c");
	fclose(out);
	assert_string_equal(text, "* aa bb cc\n  dd ee\n  aaaaaaaaaaaaaaaa\n  b \xc2\xb1 c\n");
	free(text);
	/* A number keeps its unit, and a bound its sign. */
	out = open_memstream(&text, &size);
	print_wrapped(out, ESCAPE_PLAIN, "", "", 12, "at 5.123456 s \xc2\xb1 0.6 ms, 10 maps 7 s");
	print_wrapped(out, ESCAPE_ASCII, "", "", 12, "aa bbb \xc2\xb1 0.6 ms  12 \xc2\xb1  3");
	fclose(out);
	assert_string_equal(text, "at\n5.123456 s\n\xc2\xb1 0.6 ms, 10\nmaps 7 s\n"
				  "aa bbb\n+- 0.6 ms 12\n+- 3\n");
	free(text);
}

/* --- fingerprints --- */

static struct finding base_finding(void)
{
	struct finding finding = {
		.class = CLASS_STALE_MAP, .granter = 5, .ref = 80, .generation = 2};

	finding.map_by =
		(struct party){.known = true, .kind = KIND_GNTDEV, .comm = "Xorg", .pid = 12};
	finding.owner = (struct party){.known = true, .domid = 5, .kind = KIND_BLKFRONT};
	finding.previous_owner = (struct party){
		.known = true, .domid = 5, .kind = KIND_GNTALLOC, .comm = "qubes-gui"};
	finding.nr_evidence = 1;
	finding.evidence[0].rule = "identity";
	return finding;
}

static char *fingerprint(const struct finding *finding)
{
	static char buf[4][96];
	static u32 n;

	n = (n + 1) % 4;
	finding__fingerprint(finding, buf[n], sizeof(buf[n]));
	return buf[n];
}

static void test_fingerprint_same(void **state)
{
	struct finding a = base_finding(), b = base_finding();

	assert_string_equal(fingerprint(&a), "gw1:stale-map:gntdev/Xorg:gntalloc/qubes-gui");
	b.granter = 17;
	b.ref = 1073;
	b.generation = 9;
	b.when = 12345;
	b.map_by.pid = 999;
	b.count = 3;
	b.owner.kind = KIND_NETFRONT; /* the owner does not count */
	b.evidence[0].rule = "order";
	snprintf(b.map_by.func, sizeof(b.map_by.func), "gntdev_mmap");
	snprintf(b.map_by.stack, sizeof(b.map_by.stack), "gntdev_mmap+0x5");
	assert_string_equal(fingerprint(&a), fingerprint(&b));
	snprintf(a.map_by.comm, sizeof(a.map_by.comm), "qemu-dm-5");
	snprintf(b.map_by.comm, sizeof(b.map_by.comm), "qemu-dm-17");
	assert_string_equal(fingerprint(&a), fingerprint(&b));
}

static void test_fingerprint_different(void **state)
{
	struct finding a = base_finding(), b = base_finding();

	b.class = CLASS_NEAR_MISS;
	assert_string_not_equal(fingerprint(&a), fingerprint(&b));
	b = base_finding();
	b.killed = true;
	assert_string_not_equal(fingerprint(&a), fingerprint(&b));
	b = base_finding();
	snprintf(b.map_by.comm, sizeof(b.map_by.comm), "pacat-simple-vc");
	assert_string_not_equal(fingerprint(&a), fingerprint(&b));
	b = base_finding();
	b.previous_owner.kind = KIND_BLKFRONT;
	assert_string_not_equal(fingerprint(&a), fingerprint(&b));
	/* An unknown program differs as well, without its name. */
	snprintf(b.map_by.comm, sizeof(b.map_by.comm), "my-secret-vm");
	assert_null(strstr(fingerprint(&b), "secret"));
	assert_non_null(strstr(fingerprint(&b), "gntdev/program:"));
	a.class = b.class = CLASS_DOUBLE_MAP;
	snprintf(a.map_by.comm, 16, "Xorg");
	snprintf(a.previous_owner.comm, 16, "xl");
	snprintf(b.map_by.comm, 16, "xl");
	snprintf(b.previous_owner.comm, 16, "Xorg");
	assert_string_equal(fingerprint(&a), fingerprint(&b));
}

/* --- pseudonyms --- */

static void test_redact(void **state)
{
	struct summary *summary = calloc(1, sizeof(*summary));
	struct finding *finding = calloc(1, sizeof(*finding)), *same;
	char pseudonym[24];

	*finding = base_finding();
	snprintf(finding->map_by.comm, 16, "maps");
	finding->nr_steps = 1;
	snprintf(finding->steps[0].comm, 16, "maps");
	snprintf(finding->steps[0].text, 200, "gntdev in maps (pid 3) maps ref 80 of work-mail");
	finding->evidence[0].rule = "log";
	snprintf(finding->evidence[0].text, 320, "BUG: Bad page map in process secretd  pte:0");
	summary->nr_sides = 1;
	summary->side[0].domid = 5;
	snprintf(summary->side[0].name, 64, "work-mail");
	same = malloc(sizeof(*same));
	*same = *finding;
	redact__finding(finding, summary);
	redact__finding(same, summary);
	assert_memory_equal(finding, same, sizeof(*same));
	program__public("maps", pseudonym, sizeof(pseudonym));
	assert_string_equal(finding->map_by.comm, pseudonym);
	assert_string_equal(finding->previous_owner.comm, "qubes-gui");
	assert_null(strstr(finding->evidence[0].text, "secretd"));
	assert_null(strstr(finding->steps[0].text, "work-mail"));
	assert_non_null(strstr(finding->steps[0].text, "(pid 3) maps ref 80 of d5"));
	assert_null(strstr(finding->steps[0].text, "in maps "));
	redact__summary(summary);
	assert_string_equal(summary->side[0].name, "");
	free(same);
	free(finding);
	free(summary);
}

static void test_programs(void **state)
{
	char buf[24], name[24];

	assert_true(program__is_known("kworker/0:1"));
	assert_true(program__is_known("5.xvda-0"));
	assert_true(program__is_known("vif12.0-q1-gues"));
	assert_false(program__is_known("vif"));
	assert_false(program__is_known("Xorg2"));
	assert_false(program__is_known(""));
	assert_string_equal(program__class("5.xvda-0", buf, sizeof(buf)), "N.xvda-N");
	assert_string_equal(program__class("secret", buf, sizeof(buf)), "program");
	/* A program has one pseudonym, and another program another. A pseudonym is not replaced. */
	snprintf(name, sizeof(name), "%s", program__public("secret", buf, sizeof(buf)));
	assert_string_equal(program__public("secret", buf, sizeof(buf)), name);
	assert_string_not_equal(program__public("secret2", buf, sizeof(buf)), name);
	assert_string_equal(program__public("program-2.17", buf, sizeof(buf)), "program-2.17");
	assert_non_null(program__protocol("Xorg"));
	assert_null(program__protocol("unheard-of"));
}

/* Rows refer only to existing things. */
static void test_tables(void **state)
{
	const struct known_message *message;
	const struct bug *bug;
	const char *id;
	u32 i;

	for (i = 0; (message = message__at(i)); i++) {
		for (id = message->bugs; *id; id += strcspn(id, " "), id += strspn(id, " "))
			assert_non_null(bug__find(id));
	}
	for (i = 0; (bug = bug__at(i)); i++) {
		assert_true(bug->refs && bug->refs[0]);
		/* A row with a fix has a reference to look it up. */
		if (bug->fixed)
			assert_true(strstr(bug->refs, "http") ||
				    strstr(bug->refs, "xen-devel") != NULL);
	}
	for (i = 0; i < 2 * CLASS_MAX; i++) {
		const struct finding finding = {.class = (enum finding_class)(i / 2),
						.copied = i % 2};
		const struct advice *advice = advice__of(&finding);

		assert_true(advice->happened && advice->fault && advice->remedy);
		for (id = advice->bugs; id && *id; id += strcspn(id, " "), id += strspn(id, " "))
			assert_non_null(bug__find(id));
	}
}

/* --- versions --- */

static void test_fixes(void **state)
{
	static const struct {
		const char *bug, *release, *build;
		enum fix_state state;
		const char *first;
	} tries[] = {
		{"G5", "5.15.57-1.fc32.qubes.x86_64", "", FIX_MISSING, "5.15.75"},
		{"G5", "5.15.75", "", FIX_IN, ""},
		{"G5", "6.1.0-56-amd64", "#1 SMP Debian 6.1.192-1", FIX_IN, ""},
		{"G5", "5.10.0-32-amd64", "#1 SMP Debian 5.10.223-1", FIX_IN, ""},
		{"G5", "5.4.0-32-amd64", "#1 SMP Debian 5.4.19-1", FIX_MISSING, "5.4.223"},
		{"G5", "4.4.19", "", FIX_UNKNOWN, ""},
		{"G5", "4.19.264", "", FIX_IN, ""},
		{"G7", "5.15.50-1.fc32.qubes.x86_64", "", FIX_MISSING, "5.15.51"},
		{"G7", "5.15.51", "", FIX_IN, ""},
		{"G7", "4.9.322", "", FIX_IN, ""},
		{"G8", "5.4.207", "", FIX_MISSING, "5.4.208"},
		{"G8", "4.19.254", "", FIX_IN, ""},
		{"G8", "4.14.289", "", FIX_MISSING, "4.14.290"},
		{"G8", "4.9.325", "", FIX_IN, ""},
		{"G13", "6.4.7", "", FIX_MISSING, "6.4.8"},
		{"G5", "7.3.4+deb13-amd64", "", FIX_IN, ""},
		{"G13", "6.1.0-9-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1", FIX_MISSING,
		 "6.1.43"},
		{"G13", "6.1.0-9-amd64", "", FIX_UNKNOWN, ""},
		{"G13", "6.1.43", "", FIX_IN, ""},
		{"G13", "5.15.57-1.fc32.qubes.x86_64", "", FIX_MISSING, "5.15.61"},
		{"G13", "5.15.57", "", FIX_UNKNOWN, ""},
		{"G1", "5.15.57", "", FIX_NONE, ""},
		{"G3", "garbage", "", FIX_UNKNOWN, ""},
		{"G5", "5.10.0-18-amd64", "#1 SMP Debian 5.10.140-1", FIX_MISSING, "5.10.153"},
		{"G24", "6.12.74+deb13-amd64", "", FIX_MISSING, "6.12.75"},
		{"G24", "7.0.1", "", FIX_IN, ""},
		/* Xen's own versions: a distribution's patches do not change the version. */
		{"G21", "4.19.6", "", FIX_IN, ""},
		{"G21", "4.19.5", "", FIX_UNKNOWN, ""},
		{"G21", "4.22.0", "", FIX_IN, ""},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		char first[32] = "";

		assert_int_equal(bug__fixed(bug__find(tries[i].bug), tries[i].release,
					    tries[i].build, first, sizeof(first)),
				 tries[i].state);
		assert_string_equal(first, tries[i].first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_control_bytes),
		cmocka_unit_test(test_no_control_bytes_in_traces),
		cmocka_unit_test(test_markup),
		cmocka_unit_test(test_picture_escapes),
		cmocka_unit_test(test_mail_columns),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_fingerprint_same),
		cmocka_unit_test(test_fingerprint_different),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_fixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
