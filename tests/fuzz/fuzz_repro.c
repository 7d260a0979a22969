// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes from the other side of a repro: messages, the refs in them, and a
 * script. Accepted messages and refs stay the same after writing and reading. The messages of a
 * line do not depend on the size of pieces.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "repro/channel.h"
#include "repro/script.h"
#include "repro/window.h"
#include "util/log.h"
#include "util/monotonic.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check_message(const char *line)
{
	struct message msg, again;
	char text[2 * MESSAGE_MAX];

	if (message__parse(&msg, line))
		return;
	if (msg.side >= NR_SIDES || msg.type >= NR_MESSAGES)
		abort();
	message__format(&msg, text, sizeof(text));
	if (message__parse(&again, text) || memcmp(&msg, &again, sizeof(msg)))
		abort();
}

static void check_ranges(const char *text)
{
	static struct window window, again;
	char ranges[2 * MESSAGE_MAX], shown[100];
	u32 first = 0;

	window.nr = again.nr = 0;
	if (window__append(&window, text, 1, WINDOW_MAX))
		return;
	while (first < window.nr) {
		u32 next = window__ranges(&window, first, ranges, sizeof(ranges));

		if (next <= first || window__append(&again, ranges, 1, WINDOW_MAX))
			abort();
		first = next;
	}
	if (again.nr != window.nr || memcmp(window.ref, again.ref, window.nr * sizeof(u32)))
		abort();
	window__describe(&window, shown, sizeof(shown));
}

static void check_script(const char *text)
{
	struct script script, again;
	char *lines, *end;
	u32 i;

	if (script__parse(&script, "fuzz", text))
		return;
	if (!script.nr || script.nr > SCRIPT_STEPS_MAX || !script.repeat)
		abort();
	lines = end = calloc(script.nr, 200);
	for (i = 0; i < script.nr; i++) {
		step__format(&script.step[i], end, 199);
		end += strlen(end);
		*end++ = '\n';
	}
	if (script__parse(&again, "fuzz", lines))
		abort();
	again.repeat = script.repeat;
	if (script__hash(&script) != script__hash(&again))
		abort();
	free(lines);
}

/* Returns a hash of all messages received from @data, which arrives in pieces of @piece bytes. */
static u64 receive(const u8 *data, size_t size, size_t piece)
{
	u64 hash = 0xcbf29ce484222325u, deadline = now_mono() + 60 * NSEC_PER_SEC;
	struct channel *channel;
	char line[MESSAGE_MAX];
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		abort();
	channel = channel__open_fds(SIDE_MAPPER, fds[0], fds[1]);
	for (;;) {
		const char *c;
		size_t n = min(piece, size);

		if (n && write(fds[1], data, n) != (ssize_t)n)
			abort();
		data += n;
		size -= n;
		if (!size && fds[1] >= 0) {
			close(fds[1]);
			fds[1] = -1;
		}
		/* With a deadline of 0 it returns what has arrived. */
		err = channel->ops->receive(channel, line, sizeof(line), size ? 0 : deadline);
		if (err == -ETIMEDOUT)
			continue;
		if (err)
			break;
		for (c = line; *c; c++)
			hash = (hash ^ (u8)*c) * 0x100000001b3u;
		hash = (hash ^ '\n') * 0x100000001b3u;
	}
	if (err != -EPIPE)
		abort();
	channel__close(channel);
	close(fds[0]);
	return hash;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	log_level = -1;
	check_message(text);
	check_ranges(text);
	check_script(text);
	if (receive(data, size, 700) != receive(data, size, 1 + size % 61))
		abort();
	free(text);
	return 0;
}
