// SPDX-License-Identifier: GPL-2.0
/*
 * In a PV domain gntdev maps into the process's own page table, and registers an MMU notifier for
 * the addresses. Its gntdev_invalidate (Linux 5.4: mn_invl_range_start) unmaps for every caller of
 * the notifier: munmap(2), exit, mprotect(2). Only the caller's name tells them apart. In other
 * domains the kernel has a mapping of its own, which lasts until the last user of the map is gone.
 */
#include "model/stack_frame.h"
#include "model/teardown.h"

/* The callers of the notifier, by the first letters: what the compiler inlined varies. */
static const struct {
	const char *prefix;
	enum teardown teardown;
} callers[] = {
	{"unmap_vmas", TEARDOWN_MUNMAP},
	{"unmap_region", TEARDOWN_MUNMAP},
	{"vms_", TEARDOWN_MUNMAP},
	{"do_munmap", TEARDOWN_MUNMAP},
	{"__do_munmap", TEARDOWN_MUNMAP},
	{"do_mas_", TEARDOWN_MUNMAP},
	{"do_vmi_", TEARDOWN_MUNMAP},
	{"exit_mmap", TEARDOWN_EXIT},
	{"change_p", TEARDOWN_PROTECT}, /* change_protection, change_pmd_range, ... */
	{"mprotect_fixup", TEARDOWN_PROTECT},
	{"move_page_tables", TEARDOWN_MOVE},
	{"move_vma", TEARDOWN_MOVE},
	{"zap_page_range", TEARDOWN_ZAP},
	{"zap_vma_range", TEARDOWN_ZAP},
	{"madvise_", TEARDOWN_ZAP},
	{"clear_refs_write", TEARDOWN_CLEAR_REFS},
};

/* Functions that unmap without a notifier, or end all there is; of one stack the innermost. */
static const struct {
	const char *func;
	enum teardown teardown;
} ways[] = {
	{"__mmu_notifier_release", TEARDOWN_EXIT}, {"gntdev_vma_close", TEARDOWN_MUNMAP},
	{"gntdev_release", TEARDOWN_RELEASE},	   {"gntdev_ioctl", TEARDOWN_WITHDRAW},
	{"gntdev_mmap", TEARDOWN_FAILED},
};

static enum teardown by_caller(const struct stack_frame *frame)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(callers); i++)
		if (stack_frame__starts(frame, callers[i].prefix))
			return callers[i].teardown;
	return TEARDOWN_OTHER;
}

enum teardown teardown__from_stack(const char *frames, char *func, size_t size)
{
	struct stack_frame frame;
	bool notified = false;
	const char *pos = frames;
	size_t i;

	if (size)
		func[0] = '\0';
	while ((pos = stack_frame__next(pos, &frame)) && !stack_frame__is_interrupt(&frame)) {
		if (notified) {
			stack_frame__copy(&frame, func, size);
			return by_caller(&frame);
		}
		notified = stack_frame__is(&frame, "__mmu_notifier_invalidate_range_start");
		for (i = 0; i < ARRAY_SIZE(ways); i++)
			if (stack_frame__is(&frame, ways[i].func))
				return ways[i].teardown;
	}
	return TEARDOWN_UNKNOWN;
}

static const struct {
	const char *name, *text;
} losses[NR_TEARDOWNS] = {
	[TEARDOWN_PROTECT] = {"protect", "a change of its protection, as mprotect makes"},
	[TEARDOWN_MOVE] = {"move", "a move to other addresses, as mremap makes"},
	[TEARDOWN_ZAP] = {"zap", "the removal of its page table entries, as madvise makes"},
	[TEARDOWN_CLEAR_REFS] = {"clear-refs", "a write to /proc/PID/clear_refs"},
	[TEARDOWN_OTHER] = {"other", "the kernel's memory management"},
};

const char *teardown__name(enum teardown teardown)
{
	return losses[teardown].name ? losses[teardown].name : "";
}

const char *teardown__text(enum teardown teardown)
{
	return losses[teardown].text ? losses[teardown].text : "";
}
