// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of doctor, on directories in place of /proc, /sys and xenstore. Each missing thing is
 * reported with its reason and a remedy.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "doctor/exam.h"
#include "record/points.h"
#include "util/options.h"

static char root[64];

static void put(const char *path, const char *text)
{
	char name[512], *pos;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (pos = strchr(name + 1, '/'); pos; pos = strchr(pos + 1, '/')) {
		*pos = '\0';
		mkdir(name, 0755);
		*pos = '/';
	}
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void take_away(const char *path)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s%s'", root, path);
	assert_int_equal(system(command), 0);
}

/* Writes /proc/kallsyms with each probed function once, except @without, and with @more. */
static void put_symbols_and(const char *without, const char *more)
{
	char text[16384] = "ffffffff81000000 R __per_cpu_offset\n";
	unsigned int i, k;

	for (i = 0; i < nr_points; i++) {
		for (k = 0; k < i && strcmp(points[i].function, points[k].function); k++)
			;
		if (k == i && (!without || strcmp(points[i].function, without)))
			sprintf(text + strlen(text), "ffffffff8100%04x T %s\n", 16 * (i + 1),
				points[i].function);
	}
	if (more)
		sprintf(text + strlen(text), "ffffffff81ffff00 t %s\n", more);
	put("/proc/kallsyms", text);
}

static void put_symbols(const char *without)
{
	put_symbols_and(without, NULL);
}

/* A complete dom0 with a kernel like Qubes'. */
static int set_up(void **state)
{
	snprintf(root, sizeof(root), "/tmp/test_doctor.XXXXXX");
	assert_non_null(mkdtemp(root));
	put("/sys/hypervisor/type", "xen\n");
	put("/sys/hypervisor/guest_type", "PV\n");
	put("/sys/hypervisor/version/major", "4\n");
	put("/sys/hypervisor/version/minor", "17\n");
	put("/sys/hypervisor/version/extra", ".6\n");
	put("/proc/xen/capabilities", "control_d\n");
	put("/proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
	put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put("/sys/bus/event_source/devices/kprobe/type", "6\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	put("/sys/module/xen_gntdev/parameters/limit", "65536\n");
	put("/sys/module/xen_blkback/parameters/feature_persistent", "Y\n");
	put("/sys/module/xen_netback/refcnt", "1\n");
	put("/dev/kmsg", "");
	put("/store/domid/value", "0\n");
	put("/store/name/value", "Domain-0\n");
	put_symbols(NULL);
	return 0;
}

static int tear_down(void **state)
{
	take_away("");
	return 0;
}

static struct exam *examine(enum tier wanted)
{
	struct exam *exam = calloc(1, sizeof(*exam));
	char xenstore[100];

	assert_non_null(exam);
	snprintf(xenstore, sizeof(xenstore), "%s/store", root);
	exam->root = root;
	exam->wanted = wanted;
	exam->xenstore = xenstore__open_files(xenstore);
	exam__run(exam);
	return exam;
}

static void done(struct exam *exam)
{
	xenstore__close(exam->xenstore);
	free(exam);
}

static const struct answer *find(const struct exam *exam, const char *check, const char *subject)
{
	u32 i;

	for (i = 0; i < exam->nr; i++)
		if (!strcmp(exam->answer[i].check, check) &&
		    !strcmp(exam->answer[i].subject, subject ? subject : ""))
			return &exam->answer[i];
	return NULL;
}

static void expect(const struct exam *exam, const char *check, const char *subject,
		   enum answer_state state)
{
	const struct answer *answer = find(exam, check, subject);

	if (!answer)
		fail_msg("no answer for %s %s", check, subject ? subject : "");
	if (answer->state != state)
		fail_msg("%s %s: %s", check, subject ? subject : "", answer->text);
}

/* Returns the exit status without the check of privileges, which depends on the test's user. */
static int status_of(struct exam *exam)
{
	u32 i;

	for (i = 0; i < exam->nr; i++)
		if (!strcmp(exam->answer[i].check, "privileges"))
			exam->answer[i].weight = WEIGHT_NONE;
	return exam__status(exam);
}

static void a_complete_dom0_is_clean(void **state)
{
	struct exam *exam = examine(TIER_AUTO);

	assert_int_equal(exam->role, ROLE_DOM0);
	assert_int_equal(exam->tier, TIER_KPROBE);
	expect(exam, "role", NULL, ANSWER_YES);
	expect(exam, "btf", NULL, ANSWER_NO);
	expect(exam, "tier", NULL, ANSWER_YES);
	expect(exam, "addresses", NULL, ANSWER_YES);
	expect(exam, "probe", "gnttab_map_refs", ANSWER_YES);
	expect(exam, "probe", "gntdev_ioctl", ANSWER_YES);
	expect(exam, "modules", "xen_gntdev", ANSWER_YES);
	expect(exam, "limits", "gntdev", ANSWER_NOTE);
	expect(exam, "xenstore", NULL, ANSWER_YES);
	/*
	 * The kprobe tier sees announcements by gntdev_ioctl. The btf tier's point has no answer
	 * here.
	 */
	assert_null(find(exam, "probe", "gntdev_add_map"));
	assert_int_equal(status_of(exam), EXIT_CLEAN);
	done(exam);
}

/* One thing is removed or replaced at a time: the answer that changes, and the exit status. */
static const struct loss {
	const char *path, *instead, *check, *subject;
	int status;
} losses[] = {
	{"/sys/hypervisor/type", NULL, "role", NULL, EXIT_UNSUPPORTED},
	{"/sys/hypervisor/type", "kvm\n", "role", NULL, EXIT_UNSUPPORTED},
	{"/proc/sys/kernel/unprivileged_bpf_disabled", NULL, "bpf", NULL, EXIT_UNSUPPORTED},
	{"/sys/kernel/security/lockdown", "none integrity [confidentiality]\n", "lockdown", NULL,
	 EXIT_UNSUPPORTED},
	{"/sys/bus/event_source/devices/kprobe", NULL, "tier", NULL, EXIT_UNSUPPORTED},
	{"/proc/kallsyms", NULL, "addresses", NULL, EXIT_UNSUPPORTED},
	{"/proc/kallsyms", "0000000000000000 R __per_cpu_offset\n", "addresses", NULL,
	 EXIT_UNSUPPORTED},
	{"/proc/kallsyms", "ffffffff81000000 T do_exit\n", "addresses", NULL, EXIT_UNSUPPORTED},
	{"/store/domid", NULL, NULL, NULL, EXIT_CLEAN}, /* dom0's domid is 0 */
	{"/sys/module/xen_netback", NULL, "modules", "xen_netback", EXIT_CLEAN},
	{"/dev/kmsg", NULL, "kernel-log", NULL, EXIT_CLEAN},
	{"/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n",
	 "clocksource", NULL, EXIT_CLEAN},
};

static void a_missing_thing_is_reported(void **state)
{
	unsigned int i;

	tear_down(NULL);
	for (i = 0; i < ARRAY_SIZE(losses); i++) {
		struct exam *exam;

		set_up(NULL);
		take_away(losses[i].path);
		if (losses[i].instead)
			put(losses[i].path, losses[i].instead);
		exam = examine(TIER_AUTO);
		if (losses[i].check)
			expect(exam, losses[i].check, losses[i].subject, ANSWER_NO);
		if (status_of(exam) != losses[i].status)
			fail_msg("without %s: exit status %d", losses[i].path, exam__status(exam));
		done(exam);
		tear_down(NULL);
	}
	set_up(NULL);
}

static void a_missing_function_is_a_blind_spot(void **state)
{
	struct exam *exam;

	put_symbols("gnttab_unmap_refs");
	exam = examine(TIER_AUTO);
	expect(exam, "probe", "gnttab_unmap_refs", ANSWER_NO);
	expect(exam, "probe", "gnttab_map_refs", ANSWER_YES);
	assert_int_equal(status_of(exam), EXIT_BLIND);
	done(exam);
	/* A kernel that cannot suspend never resumes. */
	put_symbols("gnttab_resume");
	exam = examine(TIER_AUTO);
	assert_null(find(exam, "probe", "gnttab_resume"));
	assert_int_equal(status_of(exam), EXIT_CLEAN);
	done(exam);
	/* A kernel with suspend has inlined the function, so a resume would not be recorded. */
	put_symbols_and("gnttab_resume", "xen_suspend");
	exam = examine(TIER_AUTO);
	expect(exam, "probe", "gnttab_resume", ANSWER_NO);
	assert_int_equal(status_of(exam), EXIT_BLIND);
	done(exam);
}

static void an_unavailable_tier_is_refused(void **state)
{
	struct exam *exam = examine(TIER_BTF);

	expect(exam, "tier", NULL, ANSWER_NO);
	assert_int_equal(status_of(exam), EXIT_UNSUPPORTED);
	done(exam);
}

static void a_module_may_be_loaded_later(void **state)
{
	struct exam *exam;

	take_away("/sys/module/xen_gntdev");
	exam = examine(TIER_AUTO);
	expect(exam, "probe", "gntdev_ioctl", ANSWER_NOTE);
	expect(exam, "modules", "xen_gntdev", ANSWER_NO);
	assert_int_equal(status_of(exam), EXIT_CLEAN);
	done(exam);
}

static void guests_and_driver_domains_are_distinguished(void **state)
{
	struct exam *exam;

	put("/proc/xen/capabilities", "\n");
	put("/store/domid/value", "5");
	exam = examine(TIER_AUTO);
	assert_int_equal(exam->role, ROLE_GUEST);
	expect(exam, "modules", "xen_gntalloc", ANSWER_NO);
	expect(exam, "persistent", NULL, ANSWER_NOTE);
	done(exam);
	put("/store/backend/vbd/7/51712/frontend/value", "/local/domain/7/device/vbd/51712");
	exam = examine(TIER_AUTO);
	assert_int_equal(exam->role, ROLE_DRIVER_DOMAIN);
	expect(exam, "persistent", "d7 vbd 51712", ANSWER_NOTE);
	done(exam);
	take_away("/store/domid");
	exam = examine(TIER_AUTO);
	expect(exam, "xenstore", NULL, ANSWER_NO);
	assert_int_equal(status_of(exam), EXIT_BLIND);
	done(exam);
}

static void persistent_grants_are_reported_for_each_disk(void **state)
{
	const struct answer *answer;
	struct exam *exam;

	put("/store/device/vbd/51712/backend/value", "/back/51712");
	put("/store/device/vbd/51728/backend/value", "/back/51728");
	put("/store/device/vbd/51712/feature-persistent/value", "1");
	put("/store/back/51712/feature-persistent/value", "1");
	put("/store/back/51728/feature-persistent/value", "1");
	exam = examine(TIER_AUTO);
	answer = find(exam, "persistent", "vbd 51712");
	assert_non_null(answer);
	assert_string_equal(answer->text, "persistent grants on");
	answer = find(exam, "persistent", "vbd 51728");
	assert_non_null(answer);
	assert_string_equal(answer->text, "persistent grants off: only the backend offers them");
	done(exam);
}

static void names_in_xenstore_cannot_lead_elsewhere(void **state)
{
	struct exam *exam;

	put("/store/name/value", "evil\033[2J\xe2\x80\xae<b>");
	exam = examine(TIER_AUTO);
	assert_string_equal(find(exam, "xenstore", "name")->text, "evil?[2J??"
								  "?<b>");
	done(exam);
}

static void domains_are_found_by_name(void **state)
{
	char dir[100];
	struct xenstore *xenstore;

	put("/store/local/domain/0/name/value", "Domain-0");
	put("/store/local/domain/5/name/value", "work");
	put("/store/local/domain/6/name/value", "twin");
	put("/store/local/domain/7/name/value", "twin");
	snprintf(dir, sizeof(dir), "%s/store", root);
	xenstore = xenstore__open_files(dir);
	assert_int_equal(xenstore__find_domain(xenstore, "work"), 5);
	assert_int_equal(xenstore__find_domain(xenstore, "wor"), -1);
	assert_int_equal(xenstore__find_domain(xenstore, "twin"), -2);
	xenstore__close(xenstore);
}

static void every_no_has_a_reason_and_a_remedy(void **state)
{
	struct exam *exam;
	u32 i, nos = 0;

	take_away("/sys");
	take_away("/proc/sys");
	take_away("/dev");
	put("/sys/hypervisor/type", "xen\n");
	exam = examine(TIER_BTF);
	for (i = 0; i < exam->nr; i++) {
		if (exam->answer[i].state != ANSWER_NO)
			continue;
		nos++;
		assert_true(strlen(exam->answer[i].text) > 3);
		assert_true(strlen(exam->answer[i].why) > 10);
		assert_true(strlen(exam->answer[i].mend) > 10);
	}
	assert_true(nos > 5);
	done(exam);
}

static void json_is_an_object_a_line(void **state)
{
	struct exam *exam = examine(TIER_AUTO);
	char *text = NULL, *line, *save = NULL;
	json_t *object = NULL;
	u32 lines = 0;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	exam__print_json(exam, out);
	fclose(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_decref(object);
		object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(object);
		assert_int_equal(json_integer_value(json_object_get(object, "schema")), 1);
		lines++;
	}
	assert_int_equal(lines, exam->nr + 1);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "doctor");
	assert_string_equal(json_string_value(json_object_get(object, "role")), "dom0");
	assert_int_equal(json_integer_value(json_object_get(object, "exit")), exam__status(exam));
	json_decref(object);
	free(text);
	done(exam);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_complete_dom0_is_clean),
		TEST(a_missing_thing_is_reported),
		TEST(a_missing_function_is_a_blind_spot),
		TEST(an_unavailable_tier_is_refused),
		TEST(a_module_may_be_loaded_later),
		TEST(guests_and_driver_domains_are_distinguished),
		TEST(persistent_grants_are_reported_for_each_disk),
		TEST(names_in_xenstore_cannot_lead_elsewhere),
		TEST(domains_are_found_by_name),
		TEST(every_no_has_a_reason_and_a_remedy),
		TEST(json_is_an_object_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
