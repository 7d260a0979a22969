// SPDX-License-Identifier: GPL-2.0
/*
 * Playing a script without Xen: order across two sides, expected failures, and a peer that breaks
 * the protocol.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "repro/player.h"
#include "util/log.h"
#include "util/monotonic.h"

/* The performed steps of all processes, in order. */
struct diary {
	u32 nr;
	char entry[64][64];
};

struct stage {
	struct diary *diary; /* shared between the processes */
	enum verb failing;
	struct window granted, told;
};

static struct stage stage;

static void perform(void *ctx, const struct script_step *step, struct outcome *out)
{
	u32 at = __atomic_fetch_add(&stage.diary->nr, 1, __ATOMIC_SEQ_CST);
	u32 i;

	assert_true(at < ARRAY_SIZE(stage.diary->entry));
	step__format(step, stage.diary->entry[at], sizeof(stage.diary->entry[at]));
	out->start = now_mono();
	if (step->verb == VERB_GRANT) {
		stage.granted = (struct window){.nonce = 11};
		for (i = 0; i < step->count; i++) {
			stage.granted.ref[i] = i % 3 ? i : 60000 - i;
			stage.granted.serial[i] = at;
		}
		stage.granted.nr = step->count;
	}
	if (step->verb == stage.failing)
		out->err = EINVAL;
	if (step->verb == VERB_ARM && stage.told.nr != 8100)
		out->err = EBADMSG;
	outcome__note(out, "a note");
}

static struct window *window(void *ctx, enum actor actor)
{
	return actor__side(actor) == SIDE_GRANTER ? &stage.granted : &stage.told;
}

static const struct player_ops ops = {.perform = perform, .window = window};

static int set_up(void **state)
{
	memset(&stage, 0, sizeof(stage));
	stage.failing = NR_VERBS;
	stage.diary = mmap(NULL, sizeof(*stage.diary), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return stage.diary == MAP_FAILED;
}

static int tear_down(void **state)
{
	return munmap(stage.diary, sizeof(*stage.diary));
}

/* Opens the report, which tests/system/schema.sh validates. The two sides are two processes. */
static FILE *open_report(void)
{
	const char *dir = getenv("GRANTWATCH_TEST_REPORTS");
	char path[256] = "/dev/null";

	if (dir)
		snprintf(path, sizeof(path), "%s/repro-%d.ndjson", dir, getpid());
	return fopen(path, "a");
}

static int play(const char *text, struct channel *channel)
{
	struct repro_report report = {.file = open_report(), .json = true};
	struct script script;
	struct player player = {
		.script = &script,
		.ops = &ops,
		.report = &report,
		.channel = channel,
		.limit = 2 * NSEC_PER_SEC,
	};
	int err;

	assert_non_null(report.file);
	assert_int_equal(script__parse(&script, "test", text), 0);
	report__begin(&report, "test", &script);
	err = player__run(&player);
	report__end(&report, "test", !err);
	fclose(report.file);
	return err;
}

/*
 * Plays both sides, each in its own process. Returns the mapper's result, and sets the granter's.
 */
static int play_both(const char *text, int *granter_err)
{
	int pair[2], pid, status, err;
	struct channel *channel;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (!pid) {
		close(pair[0]);
		_exit(-play(text, channel__open_fds(SIDE_GRANTER, pair[1], pair[1])));
	}
	close(pair[1]);
	channel = channel__open_fds(SIDE_MAPPER, pair[0], pair[0]);
	err = play(text, channel);
	channel__close(channel);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*granter_err = -WEXITSTATUS(status);
	return err;
}

static void assert_diary(const char *const *entries, u32 nr)
{
	u32 i;

	for (i = 0; i < nr && i < stage.diary->nr; i++)
		assert_string_equal(stage.diary->entry[i], entries[i]);
	assert_int_equal(stage.diary->nr, nr);
}

#define DIARY(...)                                                  \
	do {                                                        \
		static const char *const entries[] = {__VA_ARGS__}; \
		assert_diary(entries, ARRAY_SIZE(entries));         \
	} while (0)

#define SCRIPT                                                                                     \
	"granter grant 8100; granter tell; mapper arm; granter free; granter wait 0; mapper map; " \
	"granter idle; "                                                                           \
	"mapper unmap; mapper disarm"

#define ORDER                                                                               \
	"granter grant 8100", "mapper arm", "granter free", "granter wait 0", "mapper map", \
		"granter idle", "mapper unmap", "mapper disarm"

static void test_alone(void **state)
{
	assert_int_equal(play(SCRIPT, NULL), 0);
	DIARY(ORDER);
	assert_memory_equal(stage.told.ref, stage.granted.ref, 8100 * sizeof(u32));
}

static void test_two_sides(void **state)
{
	int granter;

	assert_int_equal(play_both(SCRIPT, &granter), 0);
	assert_int_equal(granter, 0);
	DIARY(ORDER);
	assert_int_equal(stage.told.nr, 8100);
	assert_int_equal(stage.told.ref[0], 60000);
	assert_int_equal(stage.told.ref[8099], 8099);
	assert_true(stage.told.nonce == 11);
}

/* A second window is sent after the first, and at most a window's length at a time. */
static void test_tell_more(void **state)
{
	static const char script[] = "granter grant 3; granter tell; granter2 grant 4; granter2 "
				     "tell more; mapper wait 0";
	int granter;

	assert_int_equal(play_both(script, &granter), 0);
	assert_int_equal(granter, 0);
	assert_int_equal(stage.told.nr, 7);
	assert_int_equal(stage.told.ref[3], 60000);
	assert_int_equal(stage.told.serial[2], 0);
	assert_int_equal(stage.told.serial[3], 1);
	stage.told.nr = stage.diary->nr = 0;
	assert_int_equal(play(script, NULL), 0);
	assert_int_equal(stage.told.nr, 7);
	assert_int_equal(stage.told.serial[3], 1);
}

static void test_rounds(void **state)
{
	int granter;

	assert_int_equal(play_both("repeat 3 every 0.01;" SCRIPT, &granter), 0);
	assert_int_equal(granter, 0);
	DIARY(ORDER, ORDER, ORDER);
}

static void test_expected_failure(void **state)
{
	int granter;

	stage.failing = VERB_MAP;
	assert_int_equal(play_both("granter grant 4; mapper !map; mapper unmap; granter ?free",
				   &granter),
			 0);
	assert_int_equal(granter, 0);
	assert_int_equal(stage.diary->nr, 4);
}

/* Both sides stop at an unexpected result, whichever side has it. */
static void test_unexpected(void **state)
{
	int granter;

	stage.failing = VERB_MAP;
	assert_int_equal(play_both("granter grant 4; mapper map; mapper unmap; granter free",
				   &granter),
			 -ECANCELED);
	assert_int_equal(granter, -ECANCELED);
	DIARY("granter grant 4", "mapper map");
	stage.diary->nr = 0;
	assert_int_equal(play_both("granter grant 4; mapper !unmap; granter free", &granter),
			 -ECANCELED);
	assert_int_equal(granter, -ECANCELED);
	DIARY("granter grant 4", "mapper !unmap");
}

static void test_tell_nothing(void **state)
{
	assert_int_equal(play("granter tell", NULL), -ECANCELED);
	assert_int_equal(play("granter !tell", NULL), 0);
}

/* Plays the mapper's side against a granter that sends @lines. Returns the result. */
static int against(const char *lines, const char *script)
{
	int pair[2], err;
	struct channel *channel;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	channel = channel__open_fds(SIDE_MAPPER, pair[0], pair[0]);
	assert_int_equal(write(pair[1], lines, strlen(lines)), strlen(lines));
	shutdown(pair[1], SHUT_WR);
	err = play(script, channel);
	channel__close(channel);
	close(pair[0]);
	close(pair[1]);
	return err;
}

#define G "gw-repro granter "

static void test_hostile_peer(void **state)
{
	static const char told[] = "granter grant 4; granter tell; mapper wait 0";

	assert_int_equal(
		against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8-11\n" G "done 0 1 0 \n", told), 0);
	assert_int_equal(stage.told.nr, 4);
	/* more refs than the script grants: in one message, in the last, by their total */
	assert_int_equal(against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8-12\n", told), -EPROTO);
	assert_int_equal(against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 5 8-12\n", told), -EPROTO);
	assert_int_equal(against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8-11\n" G
				   "refs 0 1 9 1 4 4 5\n",
				 told),
			 -EPROTO);
	/* too few refs, none, a gap, a changed total */
	assert_int_equal(against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8-10\n" G "done 0 1 0 \n",
				 told),
			 -EPROTO);
	assert_int_equal(against(G "done 0 0 0 \n" G "done 0 1 0 \n", told), -EPROTO);
	assert_int_equal(
		against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8\n" G "refs 0 1 9 1 2 4 9\n", told),
		-EPROTO);
	assert_int_equal(against(G "done 0 0 0 \n" G "refs 0 1 9 1 0 4 8\n" G
				   "refs 0 1 9 1 1 3 9-10\n",
				 told),
			 -EPROTO);
	/* out of order */
	assert_int_equal(against(G "refs 0 0 9 1 0 4 8-11\n", told), -EPROTO);
	assert_int_equal(against(G "done 0 1 0 \n", told), -EPROTO);
	assert_int_equal(against(G "done 1 0 0 \n", told), -EPROTO);
	/* a granter that has ended, or stops */
	assert_int_equal(against("", told), -EPIPE);
	assert_int_equal(against(G "stop enough\n", told), -ECONNABORTED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_alone),	      T(test_two_sides),	T(test_rounds),
		T(test_tell_more),    T(test_expected_failure), T(test_unexpected),
		T(test_tell_nothing), T(test_hostile_peer),
	};

	return cmocka_run_group_tests_name("repro-play", tests, NULL, NULL);
}
