// SPDX-License-Identifier: GPL-2.0
/* Joining of records that name the ref, which a patched hypervisor writes. */
#include "merge/join_named.h"
#include "test_join_host.h"

/*
 * If the trace has hypercalls, pairing and the named refs must agree. Without hypercalls the named
 * refs are enough.
 */
static void a_record_that_names_the_ref_needs_no_pairing(void **state)
{
	struct merge_event event;
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 maps = 0, unmaps = 0, way;

	for (way = 0; way < 2; way++, maps = unmaps = 0) {
		begin_io(&host);
		host.names = true;
		host.no_hypercalls = way;
		some_io(&host, 10);
		host__end(&host);
		pipeline = stored(&host);
		while (merge__next(&pipeline->merge, &event) == MERGE_EVENT) {
			const struct rec_batch *batch = (const void *)event.rec;
			u32 i;

			if (!event.rec ||
			    (event.rec->type != REC_MAP && event.rec->type != REC_UNMAP))
				continue;
			assert_non_null(event.instants);
			for (i = 0; i < batch->nr; i++) {
				const struct instant *instant = &event.instants[i];

				assert_true(instant->named);
				assert_true(instant->in >= batch->e.t_in &&
					    instant->out <= batch->e.t_out);
				if (event.rec->type == REC_UNMAP)
					unmaps++;
				else if (way)
					assert_int_equal(instant->tsc_hi, host.named[maps++]);
				else
					assert_int_equal(instant->tsc_hi, host.tsc[maps++]);
			}
		}
		assert_int_equal(maps, host.nr_maps);
		assert_int_equal(unmaps, host.nr_maps);
		summary = summarize(pipeline);
		assert_int_equal(summary->trace.named, 2 * host.nr_maps);
		assert_int_equal(summary->trace.paired, way ? 0 : 2 * host.nr_maps);
		assert_false(says(summary, "names another"));
		pipeline__free(pipeline);
		host__cleanup(&host);
	}
}

/* Two records have the same ref and handle, and the clock error allows both. Neither is used. */
static void an_ambiguous_name_is_not_used(void **state)
{
	const struct named like = {
		.granter = 5, .ref = 8, .handle = 3, .flags = 2, .kind = PAIR_MAP};
	struct named_list list = {0};
	struct named other;
	struct xt_rec rec = {.event = xt_event__find(0x0010f006), .nr_words = 5, .domid = 0};
	u32 words[5] = {5, 8, 2, 3, 0};

	rec.payload = (const u8 *)words;
	for (rec.tsc = 100; rec.tsc <= 300; rec.tsc += 100)
		assert_int_equal(named_list__add(&list, &rec, 0), 0);
	rec.domid = 1; /* records of other domains do not count */
	rec.tsc = 350;
	assert_int_equal(named_list__add(&list, &rec, 0), 0);
	assert_int_equal(list.records, 3);
	assert_int_equal(named_list__find(&list, &like, 150, 250)->tsc, 200);
	assert_null(named_list__find(&list, &like, 150, 300));
	other = like;
	other.ref = 9;
	assert_null(named_list__find(&list, &other, 150, 250));
	other = like;
	other.handle = 4;
	assert_null(named_list__find(&list, &other, 150, 250));
	other = like;
	other.flags = 6;
	assert_null(named_list__find(&list, &other, 150, 250));
	named_list__forget(&list, 250);
	assert_int_equal(named_list__find(&list, &like, 0, 400)->tsc, 300);
	named_list__cleanup(&list);
}

/* Memory is bounded, whatever the records name: the oldest are dropped. */
static void unused_names_take_bounded_memory(void **state)
{
	struct named_list list = {0};
	struct xt_rec rec = {.event = xt_event__find(0x0010f007), .nr_words = 5, .domid = 0};
	u32 words[5] = {5, 8, 3, 2, 0}, i;

	rec.payload = (const u8 *)words;
	for (i = 0; i < 3 * NAMED_MAX; i++) {
		rec.tsc = i;
		assert_int_equal(named_list__add(&list, &rec, 0), 0);
	}
	assert_true(list.nr - list.first <= NAMED_MAX && list.room <= 2 * NAMED_MAX);
	assert_true(list.dropped >= NAMED_MAX);
	named_list__cleanup(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_names_the_ref_needs_no_pairing),
		cmocka_unit_test(an_ambiguous_name_is_not_used),
		cmocka_unit_test(unused_names_take_bounded_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
