// SPDX-License-Identifier: GPL-2.0
/* Messages between the two sides of repro, over a line that may carry other text as well. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "repro/channel.h"
#include "util/monotonic.h"

static void assert_round_trip(const struct message *msg, const char *line)
{
	char buf[MESSAGE_MAX], again[MESSAGE_MAX];
	struct message back;

	message__format(msg, buf, sizeof(buf));
	assert_string_equal(buf, line);
	assert_int_equal(message__parse(&back, buf), 0);
	message__format(&back, again, sizeof(again));
	assert_string_equal(again, line);
}

static void test_messages(void **state)
{
	struct message hello = {
		.type = MSG_HELLO, .side = SIDE_MAPPER, .version = 1, .id = UINT64_MAX, .hash = 5};
	struct message join = {.type = MSG_JOIN, .id = 7};
	struct message refs = {.type = MSG_REFS,
			       .round = 1,
			       .step = 2,
			       .nonce = 3,
			       .serial = 4,
			       .first = 5,
			       .total = 6,
			       .text = "8-9"};
	struct message done = {
		.type = MSG_DONE, .side = SIDE_MAPPER, .step = 3, .err = 22, .text = ""};
	struct message stop = {.type = MSG_STOP, .text = "a \x1b[31m\nword"};

	assert_round_trip(&hello, "gw-repro mapper hello 1 18446744073709551615 5");
	assert_round_trip(&join, "gw-repro granter join 7");
	assert_round_trip(&refs, "gw-repro granter refs 1 2 3 4 5 6 8-9");
	assert_round_trip(&done, "gw-repro mapper done 0 3 22 ");
	assert_round_trip(&stop, "gw-repro granter stop a ?[31m?word");
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"gw-repro",
		"gw-repro ",
		"gw-repro granter",
		"gw-repro granter ",
		"gw-repro  granter join 7",
		"gw-repro daemon join 7",
		"gw-repro granter join",
		"gw-repro granter join ",
		"gw-repro granter join 7 8",
		"gw-repro granter join 7 ",
		"gw-repro granter join -7",
		"gw-repro granter join 18446744073709551616",
		"gw-repro granter join 99999999999999999999999",
		"gw-repro granter joint 7",
		"gw-repro granter done 0 0 4096 x",
		"gw-repro granter done 0 4294967296 0 x",
		"gw-repro granter done 0 0 0",
		"gw-repro granter refs 0 0 0 0 0 65537 1",
		"gw-repro granter refs 0 0 0 0 0",
		"gw-repro granter stop",
		"[   12.3] gw-repro granter join 7",
	};
	struct message msg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(message__parse(&msg, bad[i]), -EINVAL);
}

struct line {
	int pair[2];
	struct channel *channel; /* at pair[0] */
};

static struct line line__new(enum side side)
{
	struct line line;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, line.pair), 0);
	line.channel = channel__open_fds(side, line.pair[0], line.pair[0]);
	assert_non_null(line.channel);
	return line;
}

static void line__free(struct line *line)
{
	channel__close(line->channel);
	close(line->pair[0]);
	if (line->pair[1] >= 0)
		close(line->pair[1]);
}

static void put(struct line *line, const char *text)
{
	assert_int_equal(write(line->pair[1], text, strlen(text)), strlen(text));
}

static u64 soon(void)
{
	return now_mono() + 50 * NSEC_PER_MSEC;
}

/*
 * Noise on the line: kernel messages, echoes, carriage returns, lines without end. Only complete
 * messages of the other side are received.
 */
static void test_noise(void **state)
{
	struct line line = line__new(SIDE_GRANTER);
	struct message msg;
	char noise[3000];

	memset(noise, 'x', sizeof(noise));
	put(&line, "[    1.0] blkfront: hello\n\n");
	put(&line, "gw-repro granter done 0 0 0 an echo\n");
	assert_int_equal(write(line.pair[1], noise, sizeof(noise)), sizeof(noise));
	put(&line, "gw-repro mapper join 1\n"); /* the end of that line */
	put(&line, "gw-repro mapper join 2\r\ngw-repro map");
	assert_int_equal(channel__receive(line.channel, &msg, soon()), 0);
	assert_true(msg.type == MSG_JOIN && msg.id == 2 && msg.side == SIDE_MAPPER);
	assert_int_equal(channel__receive(line.channel, &msg, soon()), -ETIMEDOUT);
	put(&line, "per join 3\n");
	assert_int_equal(channel__receive(line.channel, &msg, soon()), 0);
	assert_true(msg.id == 3);
	close(line.pair[1]);
	line.pair[1] = -1;
	assert_int_equal(channel__receive(line.channel, &msg, soon()), -EPIPE);
	line__free(&line);
}

/* Joins as @ours, with a child as @theirs and @hash. Returns 0 if both joined. */
static int join_both(enum side ours, enum side theirs, u64 hash)
{
	struct line line = line__new(ours);
	int pid, status, err;

	pid = fork();
	if (!pid) {
		struct channel *channel = channel__open_fds(theirs, line.pair[1], line.pair[1]);

		close(line.pair[0]);
		_exit(channel__join(channel, hash, now_mono() + NSEC_PER_SEC) ? 1 : 0);
	}
	close(line.pair[1]);
	line.pair[1] = -1;
	err = channel__join(line.channel, 42, now_mono() + NSEC_PER_SEC);
	line__free(&line);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Both sides fail, one of them perhaps because the other has ended. */
	assert_int_equal(!!err, !!WEXITSTATUS(status));
	return err;
}

static void test_join(void **state)
{
	assert_int_equal(join_both(SIDE_GRANTER, SIDE_MAPPER, 42), 0);
	assert_int_equal(join_both(SIDE_MAPPER, SIDE_GRANTER, 42), 0);
	assert_int_equal(join_both(SIDE_MAPPER, SIDE_GRANTER, 43), -EPROTO);
	assert_int_not_equal(join_both(SIDE_MAPPER, SIDE_MAPPER, 42), 0);
}

/* A hello of an earlier run does not count, as its sender never answers ours. */
static void test_leftovers(void **state)
{
	struct line line = line__new(SIDE_GRANTER);

	put(&line,
	    "gw-repro mapper hello 1 5 42\ngw-repro mapper join 99\ngw-repro mapper done 0 0 0 \n");
	assert_int_equal(channel__join(line.channel, 42, soon()), -ETIMEDOUT);
	line__free(&line);
}

static void test_version(void **state)
{
	struct line line = line__new(SIDE_GRANTER);
	char text[128];
	int pid, status;

	pid = fork();
	if (!pid) {
		struct message msg;
		struct channel *peer = channel__open_fds(SIDE_MAPPER, line.pair[1], line.pair[1]);

		if (channel__receive(peer, &msg, now_mono() + NSEC_PER_SEC) ||
		    msg.type != MSG_HELLO)
			_exit(1);
		snprintf(text, sizeof(text),
			 "gw-repro mapper hello 2 5 42\ngw-repro mapper join %llu\n",
			 (unsigned long long)msg.id);
		_exit(write(line.pair[1], text, strlen(text)) < 0);
	}
	assert_int_equal(channel__join(line.channel, 42, now_mono() + NSEC_PER_SEC), -EPROTO);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	line__free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),  cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_noise),	  cmocka_unit_test(test_join),
		cmocka_unit_test(test_leftovers), cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests_name("repro-channel", tests, NULL, NULL);
}
