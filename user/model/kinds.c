// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "model/kinds.h"
#include "model/policy.h"
#include "model/stack_frame.h"

#define HAS_TASK 1
#define GIVES_UP 2
#define FRONTEND 4  /* a driver whose grants only its own backend maps */
#define COPIED	 16 /* its backend copies its grants */
#define BORROWS	 32 /* its backend can write the refs which it ends */
#define BACKEND	 8  /* a driver that maps only what its own frontend announces in xenstore */

/* Module names are as in /proc/modules. Function prefixes are for kernels with built-in drivers. */
static const struct {
	const char *name;
	const char *module;
	const char *prefix;
	const char *prefix2;
	u32 flags;
} kinds[KIND_MAX] = {
	[KIND_UNKNOWN] = {"unknown", NULL, NULL, NULL, 0},
	[KIND_TOOLSTACK] = {"toolstack", NULL, NULL, NULL, FRONTEND},
	[KIND_GNTALLOC] = {"gntalloc", "xen_gntalloc", "gntalloc_", "__del_gref", HAS_TASK},
	[KIND_GNTDEV] = {"gntdev", "xen_gntdev", "gntdev_", "unmap_grant_pages", HAS_TASK},
	[KIND_BLKFRONT] = {"blkfront", "xen_blkfront", "blkif_", "blkfront_", GIVES_UP | FRONTEND},
	[KIND_BLKBACK] = {"blkback", "xen_blkback", "xen_blkbk_", "xen_blkif_", BACKEND},
	[KIND_NETFRONT] = {"netfront", "xen_netfront", "xennet_", "netfront_",
			   GIVES_UP | FRONTEND | COPIED},
	[KIND_NETBACK] = {"netback", "xen_netback", "xenvif_", "netback_", BACKEND},
	[KIND_SCSIFRONT] = {"scsifront", "xen_scsifront", "scsifront_", NULL, GIVES_UP | FRONTEND},
	[KIND_SCSIBACK] = {"scsiback", "xen_scsiback", "scsiback_", NULL, BACKEND},
	[KIND_USBFRONT] = {"usbfront", "xen_hcd", "xenhcd_", NULL, GIVES_UP | FRONTEND},
	[KIND_PCIFRONT] = {"pcifront", "xen_pcifront", "pcifront_", "pcifront", FRONTEND},
	[KIND_PCIBACK] = {"pciback", "xen_pciback", "xen_pcibk_", NULL, BACKEND},
	[KIND_TPMFRONT] = {"tpmfront", "xen_tpmfront", "tpmfront_", NULL, FRONTEND},
	[KIND_KBDFRONT] = {"kbdfront", "xen_kbdfront", "xenkbd_", NULL, FRONTEND},
	[KIND_DISPLFRONT] = {"displfront", "drm_xen_front", "xen_drm_front", NULL, FRONTEND},
	[KIND_SNDFRONT] = {"sndfront", "snd_xen_front", "xen_snd_front", NULL, FRONTEND},
	[KIND_9PFRONT] = {"9pfront", "9pnet_xen", "xen_9pfs_", NULL, FRONTEND | BORROWS},
	[KIND_PVCALLSFRONT] = {"pvcallsfront", "pvcalls_front", "pvcalls_front_", NULL,
			       FRONTEND | BORROWS},
	[KIND_PVCALLSBACK] = {"pvcallsback", "pvcalls_back", "pvcalls_back_", NULL, BACKEND},
	[KIND_CONSOLE] = {"console", NULL, "xencons_", "xen_console", FRONTEND},
	[KIND_GRANT_DMA] = {"grant-dma", NULL, "xen_grant_dma_", NULL, GIVES_UP},
	[KIND_XENBUS] = {"xenbus", NULL, "xenbus_", "xb_", 0},
};

/*
 * Which backend serves which owner. SERVES_BACKEND: a user-space process may serve the kernel
 * frontend through gntdev. SERVES_NO: a frontend's grants are never meant for another frontend's
 * backend driver. Pairs that are not listed are SERVES_UNKNOWN: dma-bufs, frontends in user space,
 * third-party backends.
 */
struct serving {
	enum kind owner, mapper;
	enum serves serves;
};

static const struct serving serves_table[] = {
	{KIND_GNTALLOC, KIND_GNTDEV, SERVES_YES},
	{KIND_TOOLSTACK, KIND_GNTDEV, SERVES_YES},
	{KIND_TOOLSTACK, KIND_XENBUS, SERVES_YES},
	{KIND_BLKFRONT, KIND_BLKBACK, SERVES_YES},
	{KIND_BLKFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_NETFRONT, KIND_NETBACK, SERVES_YES},
	{KIND_NETFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_SCSIFRONT, KIND_SCSIBACK, SERVES_YES},
	{KIND_SCSIFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_USBFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_PCIFRONT, KIND_PCIBACK, SERVES_YES},
	{KIND_TPMFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_KBDFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_DISPLFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_SNDFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_9PFRONT, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_PVCALLSFRONT, KIND_PVCALLSBACK, SERVES_YES},
	{KIND_CONSOLE, KIND_GNTDEV, SERVES_BACKEND},
	{KIND_GRANT_DMA, KIND_GNTDEV, SERVES_BACKEND},
};

/*
 * User-space backends of Xen's and Qubes' toolstacks, by the comm of the mapping process, and the
 * frontends that each serves. The kernel's xenstore ring belongs to no frontend.
 */
#define ALL   UINT32_MAX
#define OF(k) (1u << KIND_##k)

static const struct {
	const char *comm;
	u32 owners;
} known_backends[] = {
	{"qemu*", ALL},
	{"xl", ALL},
	{"libxl*", ALL},
	{"vhost-device*", ALL},
	{"tapdisk*", OF(BLKFRONT)},
	{"blktap*", OF(BLKFRONT)},
	{"xen-blkback*", OF(BLKFRONT)},
	{"xenconsoled", OF(CONSOLE)},
	{"xenstored", 0},
	{"oxenstored", 0},
	{"xen-9pfsd", OF(9PFRONT)},
	{"displ_be", OF(DISPLFRONT) | OF(KBDFRONT)},
	{"snd_be", OF(SNDFRONT)},
	{"swtpm*", OF(TPMFRONT)},
	{"vtpmmgr*", OF(TPMFRONT)},
};

const char *kind__name(enum kind kind)
{
	return kinds[kind < KIND_MAX ? kind : KIND_UNKNOWN].name;
}

enum kind kind__by_name(const char *name)
{
	enum kind kind;

	for (kind = 0; kind < KIND_MAX; kind++)
		if (!strcmp(kinds[kind].name, name))
			return kind;
	return KIND_UNKNOWN;
}

bool kind__has_task(enum kind kind)
{
	return kind < KIND_MAX && kinds[kind].flags & HAS_TASK;
}

bool kind__gives_up(enum kind kind)
{
	return kind < KIND_MAX && kinds[kind].flags & GIVES_UP;
}

bool kind__is_backend(enum kind kind)
{
	return kind < KIND_MAX && kinds[kind].flags & BACKEND;
}

enum kind kind__frontend_of(enum kind mapper)
{
	size_t i;

	for (i = 0; kind__is_backend(mapper) && i < ARRAY_SIZE(serves_table); i++)
		if (serves_table[i].mapper == mapper)
			return serves_table[i].owner;
	return KIND_UNKNOWN;
}

bool kind__borrows_refs(enum kind kind)
{
	return kind < KIND_MAX && kinds[kind].flags & BORROWS;
}

bool kind__is_copied(enum kind kind)
{
	return kind < KIND_MAX && kinds[kind].flags & COPIED;
}

/*
 * Whether the frame is of the grant table's own code or of a helper with many callers: it does not
 * show the owner.
 */
static bool is_plumbing(const struct stack_frame *frame)
{
	static const char *const prefixes[] = {
		"gnttab_",	 "xenbus_",	"__xenbus_",	   "put_free_entry",
		"get_free_entr", "bpf_",	"set_foreign_p2m", "clear_foreign_p2m",
		"__gnttab_",	 "__traceiter", "ftrace_"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (stack_frame__starts(frame, prefixes[i]))
			return true;
	return false;
}

static enum kind kind_of_frame(const struct stack_frame *frame)
{
	enum kind kind;

	for (kind = 0; kind < KIND_MAX; kind++) {
		const char *module = kinds[kind].module;

		if (frame->module) {
			if (module && strlen(module) == frame->module_len &&
			    !memcmp(module, frame->module, frame->module_len))
				return kind;
		} else if (stack_frame__starts(frame, kinds[kind].prefix) ||
			   stack_frame__starts(frame, kinds[kind].prefix2)) {
			return kind;
		}
	}
	return KIND_UNKNOWN;
}

enum kind kind__from_stack(const char *frames, char *func, size_t size)
{
	bool xenbus = false, first = true;
	struct stack_frame frame;
	const char *pos = frames;

	if (size)
		func[0] = '\0';
	while ((pos = stack_frame__next(pos, &frame)) && !stack_frame__is_interrupt(&frame)) {
		enum kind kind;

		if (is_plumbing(&frame)) {
			xenbus |= stack_frame__starts(&frame, "xenbus_");
			continue;
		}
		kind = kind_of_frame(&frame);
		if (first)
			stack_frame__copy(&frame, func, size);
		first = false;
		if (kind != KIND_UNKNOWN) {
			stack_frame__copy(&frame, func, size);
			return kind;
		}
	}
	return xenbus ? KIND_XENBUS : KIND_UNKNOWN;
}

bool stack__is_export(const char *frames)
{
	/* The compiler may inline one into the other. No other ioctl of gntdev maps pages. */
	return strstr(frames, "dmabuf_exp_from_refs+") || strstr(frames, "gntdev_ioctl+");
}

enum via via__from_stack(const char *frames)
{
	/*
	 * From the innermost frame. The outermost function in this list decides, as one may call
	 * the other.
	 */
	static const struct {
		const char *func;
		enum via via;
	} names[] = {
		{"gnttab_handle_deferred", VIA_RETRY},
		{"gnttab_end_foreign_access_ref", VIA_REF},
		{"gnttab_try_end_foreign_access", VIA_TRY},
		{"gnttab_end_foreign_access", VIA_DEFER},
		{"gnttab_free_grant_reference", VIA_FREE},
		{"gnttab_free_grant_references", VIA_LIST},
		{"gnttab_free_grant_reference_seq", VIA_LIST},
		{"gnttab_grant_foreign_access", VIA_NEW},
	};
	enum via via = VIA_UNKNOWN;
	struct stack_frame frame;
	const char *pos = frames;
	size_t i;

	while ((pos = stack_frame__next(pos, &frame)) && !stack_frame__is_interrupt(&frame))
		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (stack_frame__is(&frame, names[i].func))
				via = names[i].via;
	return via;
}

enum serves kind__serves(const struct policy *policy, enum kind owner, enum kind mapper)
{
	size_t i;

	if (owner == KIND_UNKNOWN || mapper == KIND_UNKNOWN)
		return SERVES_UNKNOWN;
	for (i = 0; i < policy->nr_serves; i++)
		if (policy->serves[i].owner == owner && policy->serves[i].mapper == mapper)
			return SERVES_YES;
	for (i = 0; i < ARRAY_SIZE(serves_table); i++)
		if (serves_table[i].owner == owner && serves_table[i].mapper == mapper)
			return serves_table[i].serves;
	return kinds[owner].flags & FRONTEND && kinds[mapper].flags & BACKEND ? SERVES_NO
									      : SERVES_UNKNOWN;
}

static bool comm_matches(const char *pattern, const char *comm)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(pattern, comm, len - 1);
	return !strcmp(pattern, comm);
}

bool comm__is_backend(const struct policy *policy, const char *comm, enum kind owner)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known_backends); i++)
		if (comm_matches(known_backends[i].comm, comm) &&
		    (owner == KIND_UNKNOWN || known_backends[i].owners & 1u << owner))
			return true;
	for (i = 0; i < policy->nr_backends; i++)
		if (comm_matches(policy->backends[i], comm))
			return true;
	return false;
}
