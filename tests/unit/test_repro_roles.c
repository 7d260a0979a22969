// SPDX-License-Identifier: GPL-2.0
/* Granter and mapper with a fake grant table in memory. The last freed ref is granted next. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/granter.h"
#include "repro/mapper.h"
#include "util/monotonic.h"
#include "util/xen_abi.h"

#define TABLE_SIZE 64

struct fake {
	char *page[TABLE_SIZE]; /* page granted by each ref, NULL none */
	bool writable[TABLE_SIZE];
	u32 free[TABLE_SIZE], nr_free;
	u32 limit;
	u32 armed, maps;       /* existing now */
	u32 tries, regrant_at; /* at this attempt to map, blkfront gets the last freed ref */
	/* indexed by index / page size */
	u32 alloc_ref[TABLE_SIZE * 4], arm_ref[4096], arm_count[4096];
	u32 next_alloc, next_arm;
	enum disturb disturbed; /* last kind */
};

static struct fake fake;

static char foreign[REPRO_PAGE_SIZE] = "root:x:0:0";

static int fake_open(void *ctx, enum side side)
{
	return side == SIDE_GRANTER ? 3 : 4;
}

static void fake_close(void *ctx, int fd)
{
}

static int fake_alloc(void *ctx, int fd, u32 domid, u32 count, bool writable, u32 *refs, u64 *index)
{
	u32 i;

	if (count > fake.limit || count > fake.nr_free)
		return -ENOSPC;
	*index = (u64)fake.next_alloc * REPRO_PAGE_SIZE;
	for (i = 0; i < count; i++) {
		refs[i] = fake.free[--fake.nr_free];
		fake.writable[refs[i]] = writable;
		fake.page[refs[i]] = foreign;
		fake.alloc_ref[fake.next_alloc++] = refs[i];
	}
	return 0;
}

static int fake_dealloc(void *ctx, int fd, u64 index, u32 count)
{
	return 0;
}

static int fake_arm(void *ctx, int fd, u32 domid, const u32 *refs, u32 count, u64 *index)
{
	u32 i;

	assert_true(fake.next_arm + count <= ARRAY_SIZE(fake.arm_ref));
	*index = (u64)fake.next_arm * REPRO_PAGE_SIZE;
	fake.arm_count[fake.next_arm] = count;
	for (i = 0; i < count; i++)
		fake.arm_ref[fake.next_arm++] = refs[i];
	fake.armed++;
	return 0;
}

static int fake_disarm(void *ctx, int fd, u64 index, u32 count)
{
	assert_int_equal(fake.arm_count[index / REPRO_PAGE_SIZE], count);
	fake.armed--;
	return 0;
}

/* The granter's pages are one piece of memory, to which its refs point. */
static int map_granter(u64 index, u32 count, void **addr)
{
	char *memory = calloc(count, REPRO_PAGE_SIZE);
	u32 i;

	assert_non_null(memory);
	for (i = 0; i < count; i++)
		fake.page[fake.alloc_ref[index / REPRO_PAGE_SIZE + i]] =
			memory + (size_t)i * REPRO_PAGE_SIZE;
	*addr = memory;
	return 0;
}

static int fake_map(void *ctx, int fd, u64 index, u32 count, bool write, void **addr)
{
	const u32 *refs = &fake.arm_ref[index / REPRO_PAGE_SIZE];
	char *copy;
	u32 i;

	if (fd == 3)
		return map_granter(index, count, addr);
	assert_int_equal(fake.arm_count[index / REPRO_PAGE_SIZE], count);
	if (++fake.tries == fake.regrant_at)
		fake.page[fake.free[fake.nr_free - 1]] = foreign;
	for (i = 0; i < count; i++)
		if (!fake.page[refs[i]])
			return -EINVAL;
	copy = malloc((size_t)count * REPRO_PAGE_SIZE);
	assert_non_null(copy);
	for (i = 0; i < count; i++)
		memcpy(copy + (size_t)i * REPRO_PAGE_SIZE, fake.page[refs[i]], REPRO_PAGE_SIZE);
	*addr = copy;
	fake.maps++;
	return 0;
}

static int fake_unmap(void *ctx, void *addr, u32 count)
{
	u32 i, refs[TABLE_SIZE], nr = 0;

	for (i = 0; i < count; i++)
		for (u32 ref = 0; ref < TABLE_SIZE; ref++)
			if (fake.page[ref] == (char *)addr + (size_t)i * REPRO_PAGE_SIZE)
				refs[nr++] = ref;
	for (i = 0; i < nr; i++) {
		fake.page[refs[i]] = NULL;
		fake.free[fake.nr_free++] = refs[i];
	}
	fake.maps -= !nr;
	free(addr);
	return 0;
}

static int fake_disturb(void *ctx, void **addr, u32 count, enum disturb how)
{
	fake.disturbed = how;
	return count == 3 ? -EPERM : 0;
}

static int fake_copy(void *ctx, int fd, const struct repro_copy *copy, s16 *status)
{
	u32 i;

	if (++fake.tries == fake.regrant_at)
		fake.page[fake.free[fake.nr_free - 1]] = foreign;
	for (i = 0; i < copy->count; i++) {
		char *granted = fake.page[copy->refs[i]],
		     *page = copy->pages + (size_t)i * REPRO_PAGE_SIZE;

		assert_int_equal(copy->domid, 7);
		status[i] = 0;
		if (!granted)
			status[i] = GNTST_bad_gntref;
		else if (copy->to_refs && !fake.writable[copy->refs[i]])
			status[i] = GNTST_permission_denied;
		else
			memcpy(copy->to_refs ? granted : page, copy->to_refs ? page : granted,
			       REPRO_PAGE_SIZE);
	}
	return 0;
}

static int fake_raise_limit(void *ctx, u32 count, struct outcome *out)
{
	if (fake.limit)
		return -ENOSPC;
	fake.limit = TABLE_SIZE;
	outcome__note(out, "raised");
	return 0;
}

static const struct repro_ops ops = {
	.open = fake_open,
	.close = fake_close,
	.alloc = fake_alloc,
	.dealloc = fake_dealloc,
	.arm = fake_arm,
	.disarm = fake_disarm,
	.map = fake_map,
	.unmap = fake_unmap,
	.disturb = fake_disturb,
	.copy = fake_copy,
	.raise_limit = fake_raise_limit,
};

static struct window window, window2;
static struct granter granter, granter2;
static struct mapper mapper;

static int set_up(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.limit = TABLE_SIZE;
	for (fake.nr_free = 0; fake.nr_free < TABLE_SIZE - 8; fake.nr_free++)
		fake.free[fake.nr_free] = TABLE_SIZE - 1 - fake.nr_free;
	memset(&window, 0, sizeof(window));
	memset(&window2, 0, sizeof(window2));
	granter__init(&granter, &ops, NULL, 5, &window);
	granter__init(&granter2, &ops, NULL, 5, &window2);
	mapper__init(&mapper, &ops, NULL, 7, &window);
	return 0;
}

static int tear_down(void **state)
{
	struct outcome ignored = {0};

	mapper__unmap(&mapper, &ignored);
	mapper__cleanup(&mapper);
	granter__free(&granter, &ignored);
	granter__free(&granter2, &ignored);
	return 0;
}

static struct outcome out;

#define DO(call)                           \
	do {                               \
		out = (struct outcome){0}; \
		call;                      \
	} while (0)
#define OK(call)                              \
	do {                                  \
		DO(call);                     \
		assert_int_equal(out.err, 0); \
	} while (0)
#define FAILS(error, call)                        \
	do {                                      \
		DO(call);                         \
		assert_int_equal(out.err, error); \
	} while (0)

static void test_clean(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	assert_int_equal(window.nr, 10);
	assert_int_equal(window.ref[0], 8);
	OK(mapper__arm(&mapper, false, &out));
	assert_int_equal(fake.armed, 1);
	OK(mapper__map(&mapper, &out));
	assert_int_equal(mapper__holds(&mapper), 10);
	OK(mapper__check(&mapper, &out));
	assert_string_equal(out.note, "10 as granted");
	OK(mapper__unmap(&mapper, &out));
	assert_int_equal(out.worked, 10);
	OK(mapper__disarm(&mapper, &out));
	OK(granter__free(&granter, &out));
	assert_int_equal(fake.armed + fake.maps, 0);
}

/* After half of a map is unmapped, later steps act on the other half. */
static void test_disturbed(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	FAILS(ENODATA, mapper__disturb(&mapper, DISTURB_MOVE, &out));
	OK(mapper__arm(&mapper, false, &out));
	OK(mapper__map(&mapper, &out));
	OK(mapper__disturb(&mapper, DISTURB_PROTECT, &out));
	assert_int_equal(fake.disturbed, DISTURB_PROTECT);
	assert_int_equal(mapper__holds(&mapper), 10);
	OK(mapper__disturb(&mapper, DISTURB_HALVE, &out));
	assert_int_equal(out.worked, 10);
	assert_int_equal(mapper__holds(&mapper), 5);
	OK(mapper__check(&mapper, &out));
	assert_string_equal(out.note, "5 as granted");
	OK(mapper__unmap(&mapper, &out));
	assert_int_equal(out.worked, 5);
	OK(mapper__disarm(&mapper, &out));
	OK(granter__free(&granter, &out));
}

static void test_not_disturbed(void **state)
{
	OK(granter__grant(&granter, 3, false, 1, &out));
	OK(mapper__arm(&mapper, false, &out));
	OK(mapper__map(&mapper, &out));
	FAILS(EPERM, mapper__disturb(&mapper, DISTURB_ZAP, &out));
	assert_int_equal(out.worked, 0);
	OK(mapper__unmap(&mapper, &out));
	OK(mapper__disarm(&mapper, &out));
	OK(granter__free(&granter, &out));
}

static void test_refused(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	OK(mapper__arm(&mapper, true, &out));
	assert_int_equal(fake.armed, 10);
	OK(granter__free(&granter, &out));
	FAILS(EINVAL, mapper__map(&mapper, &out));
	assert_true(out.nr == 10 && out.worked == 0);
	FAILS(ENODATA, mapper__check(&mapper, &out));
	OK(mapper__disarm(&mapper, &out));
	assert_int_equal(fake.armed, 0);
}

static void test_regranted(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	OK(mapper__arm(&mapper, false, &out));
	OK(granter__free(&granter, &out));
	OK(granter__grant(&granter2, 10, false, 2, &out));
	OK(mapper__map(&mapper, &out));
	FAILS(ESTALE, mapper__check(&mapper, &out));
	assert_string_equal(out.note, "10 of another window");
	OK(mapper__unmap(&mapper, &out));
	OK(granter__free(&granter2, &out));
}

/* blkfront gets the last freed ref while the mapper tries the refs it announced before. */
static void test_retry_armed(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	OK(mapper__arm(&mapper, true, &out));
	OK(granter__free(&granter, &out));
	fake.regrant_at = 1;
	OK(mapper__map_retry(&mapper, now_mono() + NSEC_PER_SEC, &out));
	assert_string_equal(out.note,
			    "ref 17 (0x11) after 1 tries in 1 rounds, with what was armed before");
	FAILS(ESTALE, mapper__check(&mapper, &out));
	assert_string_equal(out.note, "1 foreign");
	FAILS(EBUSY, mapper__map_retry(&mapper, 0, &out));
	OK(mapper__unmap(&mapper, &out));
	OK(mapper__disarm(&mapper, &out));
	assert_int_equal(fake.armed + fake.maps, 0);
}

/*
 * The ref is granted again later. The mapper announces all refs in each round, and only the ref
 * that was found stays announced.
 */
static void test_retry_later(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	OK(mapper__arm(&mapper, false, &out));
	OK(granter__free(&granter, &out));
	fake.regrant_at = 35;
	OK(mapper__map_retry(&mapper, now_mono() + NSEC_PER_SEC, &out));
	assert_string_equal(out.note, "ref 17 (0x11) after 42 tries in 6 rounds");
	assert_int_equal(fake.armed, 1);
	assert_int_equal(mapper__holds(&mapper), 1);
}

static void test_retry_in_vain(void **state)
{
	OK(granter__grant(&granter, 2, false, 1, &out));
	OK(granter__free(&granter, &out));
	FAILS(EINVAL, mapper__map_retry(&mapper, now_mono() + NSEC_PER_MSEC / 10, &out));
	assert_int_equal(fake.armed + fake.maps, 0);
}

static void test_copies(void **state)
{
	FAILS(ENODATA, mapper__copy(&mapper, false, &out));
	OK(granter__grant(&granter, 10, true, 1, &out));
	FAILS(ENODATA, mapper__check(&mapper, &out));
	OK(mapper__copy(&mapper, false, &out));
	assert_true(out.nr == 10 && out.worked == 10);
	OK(mapper__check(&mapper, &out));
	assert_string_equal(out.note, "10 as granted");
	OK(mapper__copy(&mapper, true, &out));
	FAILS(ENODATA, mapper__check(&mapper, &out));
	OK(mapper__copy(&mapper, false, &out));
	FAILS(ESTALE, mapper__check(&mapper, &out));
	assert_string_equal(out.note, "10 zero");
	OK(granter__free(&granter, &out));
	FAILS(EINVAL, mapper__copy(&mapper, false, &out));
	assert_string_equal(out.note, "10 refused, the first one, ref 8, with status -3");
	FAILS(EINVAL, mapper__copy_retry(&mapper, false, now_mono() + NSEC_PER_MSEC / 10, &out));
	OK(granter__grant(&granter, 10, false, 2, &out));
	FAILS(EINVAL, mapper__copy(&mapper, true, &out));
	assert_non_null(strstr(out.note, "with status -8"));
}

/* blkfront gets the last freed ref. */
static void test_copy_retry(void **state)
{
	OK(granter__grant(&granter, 10, false, 1, &out));
	OK(granter__free(&granter, &out));
	fake.regrant_at = 5;
	OK(mapper__copy_retry(&mapper, false, now_mono() + 10 * NSEC_PER_SEC, &out));
	assert_string_equal(out.note, "ref 17 (0x11) after 5 rounds");
	assert_int_equal(out.worked, 1);
	FAILS(ESTALE, mapper__check(&mapper, &out));
	assert_string_equal(out.note, "1 foreign");
}

static void test_limit(void **state)
{
	fake.limit = 0;
	OK(granter__grant(&granter, 10, false, 1, &out));
	assert_string_equal(out.note, "raised");
	FAILS(EBUSY, granter__grant(&granter, 10, false, 1, &out));
	FAILS(ENOSPC, granter__grant(&granter2, 60, false, 2, &out));
	assert_int_equal(window2.nr, 0);
	FAILS(ENODATA, granter__free(&granter2, &out));
}

static void test_out_of_order(void **state)
{
	FAILS(ENODATA, mapper__arm(&mapper, false, &out));
	FAILS(ENODATA, mapper__map(&mapper, &out));
	FAILS(ENODATA, mapper__map_retry(&mapper, 0, &out));
	FAILS(ENODATA, mapper__unmap(&mapper, &out));
	FAILS(ENODATA, mapper__disarm(&mapper, &out));
	OK(granter__grant(&granter, 1, false, 1, &out));
	OK(mapper__arm(&mapper, false, &out));
	FAILS(EBUSY, mapper__arm(&mapper, true, &out));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_clean),	   T(test_refused),	 T(test_disturbed),   T(test_not_disturbed),
		T(test_regranted), T(test_retry_armed),	 T(test_retry_later), T(test_retry_in_vain),
		T(test_limit),	   T(test_out_of_order), T(test_copies),      T(test_copy_retry),
	};

	return cmocka_run_group_tests_name("repro-roles", tests, NULL, NULL);
}
