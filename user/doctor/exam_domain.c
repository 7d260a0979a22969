// SPDX-License-Identifier: GPL-2.0
/* What this machine is for Xen, and its devices in xenstore. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor/exam.h"

static bool note_one(void *ctx, const char *name)
{
	*(bool *)ctx = true;
	return false;
}

/* Whether this domain serves devices of other domains. */
static bool has_backends(const struct exam *exam)
{
	bool any = false;

	if (exam->xenstore)
		xenstore__each(exam->xenstore, "backend", note_one, &any);
	return any;
}

static enum role find_role(const struct exam *exam)
{
	char type[16], caps[256];

	if (!exam__read_line(exam, "/sys/hypervisor/type", type, sizeof(type)) ||
	    strcmp(type, "xen"))
		return ROLE_NOT_XEN;
	if (exam__read_line(exam, "/proc/xen/capabilities", caps, sizeof(caps)) &&
	    strstr(caps, "control_d"))
		return ROLE_DOM0;
	return has_backends(exam) ? ROLE_DRIVER_DOMAIN : ROLE_GUEST;
}

void exam_check__role(struct exam *exam)
{
	static const char *const told[] = {
		[ROLE_DOM0] = "dom0: maps what guests grant; 'grantwatch watch' belongs here",
		[ROLE_DRIVER_DOMAIN] =
			"driver domain: maps other guests' grants; 'grantwatch record' here, "
			"collected by dom0's 'grantwatch watch'",
		[ROLE_GUEST] =
			"guest: grants; 'grantwatch record' here, collected by dom0's 'grantwatch watch'",
	};
	char type[16] = "?";
	struct utsname uts;

	exam->role = find_role(exam);
	if (exam->role == ROLE_NOT_XEN) {
		exam__no(
			exam, NULL, WEIGHT_STOP, "/sys/hypervisor/type is not \"xen\"",
			"run 'record' and 'watch' in dom0 or in a Xen guest; 'analyze', 'dump' and 'pack' work here",
			"not under Xen");
		return;
	}
	exam__read_line(exam, "/sys/hypervisor/guest_type", type, sizeof(type));
	exam__yes(exam, NULL, "%s", told[exam->role]);
	exam__note(exam, "guest type", "%s", type);
	if (!*exam->root && !uname(&uts))
		exam__note(exam, "kernel", "Linux %s", uts.release);
}

void exam_check__xenstore(struct exam *exam)
{
	char name[XENSTORE_NAME_MAX];
	long domid;

	if (!exam__on_xen(exam))
		return;
	if (!exam->xenstore) {
		exam__no(
			exam, NULL, WEIGHT_BLIND, "xenstore cannot be read",
			"modprobe xenfs && mount -t xenfs xenfs /proc/xen; run as root; in dom0: systemctl start xenstored",
			"no xenstore: captures would lack this domain's domid");
		return;
	}
	domid = xenstore__read_number(exam->xenstore, "domid");
	if (domid < 0 && exam->role == ROLE_DOM0)
		domid = 0;
	if (domid < 0) {
		exam__no(exam, NULL, WEIGHT_BLIND, "xenstore has no node 'domid' for this domain",
			 "xenstore-read domid",
			 "xenstore answers, but without this domain's domid");
		return;
	}
	exam__yes(exam, NULL, "xenstore answers; this is d%ld", domid);
	if (xenstore__read(exam->xenstore, "name", name, sizeof(name)))
		exam__note(exam, "name", "%s", name);
}

void exam_check__xen(struct exam *exam)
{
	char major[16] = "?", minor[16] = "?", extra[64] = "";

	if (!exam__on_xen(exam))
		return;
	exam__read_line(exam, "/sys/hypervisor/version/major", major, sizeof(major));
	exam__read_line(exam, "/sys/hypervisor/version/minor", minor, sizeof(minor));
	exam__read_line(exam, "/sys/hypervisor/version/extra", extra, sizeof(extra));
	exam__note(exam, NULL, "Xen %s.%s%s", major, minor, extra);
}

/* --- persistent grants --- */

struct vbds {
	struct exam *exam;
	const char *dir; /* number of directories that are examined */
	u32 nr;
};

static long feature(struct exam *exam, const char *dir)
{
	char path[600];

	snprintf(path, sizeof(path), "%.500s/feature-persistent", dir);
	return xenstore__read_number(exam->xenstore, path) > 0;
}

/* Both ends have to offer persistent grants for them to be used. */
static void tell_vbd(struct exam *exam, const char *subject, const char *front, const char *back)
{
	static const char *const words[] = {"off: neither end offers them",
					    "off: only the backend offers them",
					    "off: only the frontend offers them", "on"};

	exam__note(exam, subject, "persistent grants %s",
		   words[2 * feature(exam, front) + feature(exam, back)]);
}

static bool look_at_front(void *ctx, const char *id)
{
	struct vbds *vbds = ctx;
	char front[128], path[160], back[256], subject[64];

	snprintf(front, sizeof(front), "device/vbd/%.60s", id);
	snprintf(path, sizeof(path), "%s/backend", front);
	snprintf(subject, sizeof(subject), "vbd %.40s", id);
	if (xenstore__read(vbds->exam->xenstore, path, back, sizeof(back)))
		tell_vbd(vbds->exam, subject, front, back);
	vbds->nr++;
	return true;
}

static bool look_at_back(void *ctx, const char *id)
{
	struct vbds *vbds = ctx;
	char back[256], path[320], front[256], subject[64];

	snprintf(back, sizeof(back), "%.150s/%.60s", vbds->dir, id);
	snprintf(path, sizeof(path), "%s/frontend", back);
	snprintf(subject, sizeof(subject), "d%.20s vbd %.30s", strrchr(vbds->dir, '/') + 1, id);
	if (xenstore__read(vbds->exam->xenstore, path, front, sizeof(front)))
		tell_vbd(vbds->exam, subject, front, back);
	vbds->nr++;
	return true;
}

static bool look_at_domain(void *ctx, const char *domid)
{
	struct vbds *vbds = ctx;
	char dir[128];

	snprintf(dir, sizeof(dir), "backend/vbd/%.60s", domid);
	vbds->dir = dir;
	xenstore__each(vbds->exam->xenstore, dir, look_at_back, vbds);
	vbds->dir = NULL;
	return true;
}

void exam_check__persistent(struct exam *exam)
{
	struct vbds vbds = {.exam = exam};
	char value[16];

	if (exam__read_line(exam, "/sys/module/xen_blkfront/parameters/feature_persistent", value,
			    sizeof(value)))
		exam__note(exam, "blkfront", "feature_persistent=%s", value);
	if (exam__read_line(exam, "/sys/module/xen_blkback/parameters/feature_persistent", value,
			    sizeof(value)))
		exam__note(exam, "blkback", "feature_persistent=%s", value);
	if (!exam__on_xen(exam) || !exam->xenstore)
		return;
	xenstore__each(exam->xenstore, "device/vbd", look_at_front, &vbds);
	xenstore__each(exam->xenstore, "backend/vbd", look_at_domain, &vbds);
	if (!vbds.nr)
		exam__note(exam, NULL, "no disks used or served");
}
