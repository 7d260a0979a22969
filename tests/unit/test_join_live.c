// SPDX-License-Identifier: GPL-2.0
/*
 * Joining while the trace and the captures arrive in pieces, as in `watch'. One trace is from the
 * lab.
 */
#include "pipeline/reporting.h"
#include "test_join_host.h"

static char *report(struct pipeline *pipeline)
{
	char *json = NULL;
	size_t size;
	FILE *out = open_memstream(&json, &size);

	pipeline__report(pipeline, &json_renderer, out, NULL);
	fclose(out);
	return json;
}

static u32 seed = 1;

static u32 next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Sends a random piece of @from. Returns false at its end. */
static bool trickle(int from, int to)
{
	char buf[8192];
	ssize_t n = read(from, buf, 1 + next_random() % sizeof(buf));

	return n > 0 && write(to, buf, (size_t)n) == n;
}

/*
 * Reports on inputs that arrive in pieces, as in `watch', with one ahead of the others. @from[0] is
 * the trace.
 */
static char *live(const int *from, u32 nr, u32 bias)
{
	struct pipeline *pipeline = pipeline__new(true);
	struct trace *source;
	int pipes[3][2];
	u32 i, open_ends = nr;
	char *json;

	for (i = 0; i < nr; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		if (i)
			pipeline__add(pipeline, feed__new(pipes[i][0], "capture", DOMID_UNKNOWN));
	}
	source = trace__new(pipes[0][0], "trace");
	pipeline__add_trace(pipeline, source);
	while (open_ends) {
		i = next_random() % 100 < bias ? 0 : 1 + next_random() % (nr - 1);
		while (pipes[i][1] < 0)
			i = (i + 1) % nr;
		if (!trickle(from[i], pipes[i][1])) {
			close(pipes[i][1]);
			close(from[i]);
			pipes[i][1] = -1;
			open_ends--;
		}
		for (i = 0; i + 1 < nr; i++)
			capture_stream__fill(&pipeline->feeds[i]->stream);
		trace__fill(source);
		pipeline__run(pipeline);
	}
	for (i = 0; i + 1 < nr; i++)
		while (!pipeline->feeds[i]->stream.eof)
			capture_stream__fill(&pipeline->feeds[i]->stream);
	while (!source->eof)
		trace__fill(source);
	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	json = report(pipeline);
	pipeline__free(pipeline);
	return json;
}

static void live_and_stored_give_the_same_bytes(void **state)
{
	struct pipeline *pipeline;
	struct host host;
	char *json;
	u32 i;

	begin_io(&host);
	some_io(&host, 20);
	host.probed = false;
	host__io(&host, 6, 100, 3);
	host.probed = true;
	some_io(&host, 20);
	host.traced = false;
	some_io(&host, 3);
	host__end(&host);
	pipeline = stored(&host);
	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	json = report(pipeline);
	for (i = 0; i < 60; i++) {
		int from[] = {trace_fd(&host), capture_fd(&host)};
		char *other = live(from, 2, 5 + i * 3 / 2);

		assert_string_equal(json, other);
		free(other);
	}
	free(json);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static int unpack(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	char command[200], buf[65536];
	FILE *pipe;
	size_t n;

	snprintf(command, sizeof(command), "xz -dc tests/captures/xentrace-race/%s.xz", name);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((n = fread(buf, 1, sizeof(buf), pipe)) > 0)
		assert_true(write(fd, buf, n) == (ssize_t)n);
	assert_int_equal(pclose(pipe), 0);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Recorded in the lab, where clocks jump by milliseconds and two vCPUs move between two pCPUs. */
static void the_race_as_the_lab_recorded_it(void **state)
{
	struct pipeline *pipeline = pipeline__new(false);
	struct summary *summary;
	char *json;
	u32 i;

	pipeline__add_trace(pipeline, trace__new(unpack("xentrace.bin"), "trace"));
	pipeline__add(pipeline, feed__new(unpack("d0.gwc"), "capture", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(unpack("d1.gwc"), "capture", DOMID_UNKNOWN));
	summary = summarize(pipeline);
	assert_int_equal(summary->exit_status, 2);
	assert_int_equal(summary->nr_blind, 0);
	assert_int_equal(summary->trace.ops, 664);
	assert_int_equal(summary->trace.paired, 664);
	assert_int_equal(summary->trace.nr_records_left, 0);
	json = report(pipeline);
	assert_non_null(strstr(json, "{\"rule\":\"trace\",\"text\":\"Xen's own record: "));
	for (i = 0; i < 10; i++) {
		int from[] = {unpack("xentrace.bin"), unpack("d0.gwc"), unpack("d1.gwc")};
		char *other = live(from, 3, 10 + 8 * i);

		assert_string_equal(json, other);
		free(other);
	}
	free(json);
	pipeline__free(pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_and_stored_give_the_same_bytes),
		cmocka_unit_test(the_race_as_the_lab_recorded_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
