// SPDX-License-Identifier: GPL-2.0
/* An incident of a log: what happened, how bad it is, what to collect next. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "known/messages.h"
#include "model/domid.h"
#include "renderers/document_internal.h"
#include "rules/log_device.h"
#include "rules/log_event.h"

/* Xen's limit is 512 refs for each frame, and no toolstack permits so many frames. */
#define REF_PLAUSIBLE (1u << 20)

static void append(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

/* "895 (0x37f), 897-898 (0x381-0x382)": logs write refs in both bases. */
static void append_refs(char *buf, size_t size, const struct finding *finding)
{
	u32 i;

	for (i = 0; i < finding->nr_ranges; i++) {
		u32 first = finding->ranges[i].first, last = finding->ranges[i].last;

		if (first == last)
			append(buf, size, "%s%u (0x%x)", i ? ", " : "", first, first);
		else
			append(buf, size, "%s%u-%u (0x%x-0x%x)", i ? ", " : "", first, last, first,
			       last);
	}
	if (finding->more_refs)
		append(buf, size, ", and %" PRIu64 " more", finding->more_refs);
}

static bool is_one_ref(const struct finding *finding)
{
	return finding->nr_ranges == 1 && finding->ranges[0].first == finding->ranges[0].last;
}

void doc__add_incident_where(struct doc *doc, const struct finding *finding)
{
	char text[900] = "", device[64];

	if (finding->nr_ranges) {
		append(text, sizeof(text), "%s ", is_one_ref(finding) ? "ref" : "refs");
		append_refs(text, sizeof(text), finding);
	} else if (finding->invalid_ref) {
		append(text, sizeof(text), "ref 4294967295 (0xffffffff), which is not a ref");
	} else {
		append(text, sizeof(text), "no ref is named");
	}
	if (finding->granter != DOMID_UNKNOWN)
		append(text, sizeof(text), ", granted by d%u", finding->granter);
	if (finding->mapper != DOMID_UNKNOWN)
		append(text, sizeof(text), ", mapped by d%u", finding->mapper);
	if (finding->device[0])
		append(text, sizeof(text), ", device %s",
		       log_device__label(finding->device, device, sizeof(device)));
	append(text, sizeof(text), "; seen %" PRIu64 " time%s in a log", finding->count,
	       finding->count == 1 ? "" : "s");
	if (finding->when_text[0])
		append(text, sizeof(text), ", %s%s", finding->count > 1 ? "first at " : "at ",
		       finding->when_text);
	if (finding->count > 1 && finding->last_text[0])
		append(text, sizeof(text), ", last at %s", finding->last_text);
	doc__add(doc, DOC_PARAGRAPH, NULL, "%s", text);
}

/* Qubes' GUI ends grants of mapped windows. Its refs are gntalloc's, which has pages. */
static bool is_normal_for_gui(const struct finding *finding)
{
	const struct log_stretch *stretch = finding->stretch;

	if (!finding->message->gui || !finding->has_page || finding->no_page || finding->device[0])
		return false;
	return !stretch || !stretch->kernel[0] || strstr(stretch->kernel, "qubes");
}

static const char *how_bad(const struct finding *finding)
{
	switch (finding->message->weight) {
	case MESSAGE_DEVICE_LOST:
		return "The device is lost. It comes back only with a restart of the domain.";
	case MESSAGE_CRASH:
		return "A kernel crashed or a task hangs. What it served may be stuck until a restart.";
	case MESSAGE_TROUBLE:
		return "Something went wrong. This log does not say that a device was lost.";
	default:
		break;
	}
	if (is_normal_for_gui(finding))
		return "Normal for Qubes' GUI, which ends grants of windows that are still mapped. A bug only in masses.";
	return "Alone this is harmless.";
}

/* From Xen's xen/include/public/grant_table.h, without the sign. */
static const char *const gntst[] = {
	"GNTST_okay: it went well",
	"GNTST_general_error: no particular reason",
	"GNTST_bad_domain: there is no such domain",
	"GNTST_bad_gntref: there is no such ref, or it is not granted",
	"GNTST_bad_handle: there is no such map",
	"GNTST_bad_virt_addr: the address to map at cannot be used",
	"GNTST_bad_dev_addr: the device address cannot be used",
	"GNTST_no_device_space: no room in the I/O MMU",
	"GNTST_permission_denied: not granted to this domain, or not so",
	"GNTST_bad_page: the page is not valid for it",
	"GNTST_bad_copy_arg: a copy over the end of a page",
	"GNTST_address_too_big: an address that is too large",
	"GNTST_eagain: the page is paged out",
	"GNTST_no_space: the table or the maptrack is full"};

static void add_status(struct doc *doc, const struct finding *finding)
{
	const u32 status = finding->status;

	if (finding->status_kind == STATUS_GNTST && status < ARRAY_SIZE(gntst))
		doc__add(doc, DOC_ITEM, "the status", "%u is %s", status, gntst[status]);
	else if (finding->status_kind == STATUS_ERRNO)
		doc__add(doc, DOC_ITEM, "the status", "%u is the error \"%s\"", status,
			 strerror((int)status));
}

/* Writes "d5", or @otherwise if the domain is unknown. */
static const char *place(u16 domid, const char *otherwise, char *buf, size_t size)
{
	if (domid == DOMID_UNKNOWN)
		snprintf(buf, size, "%s", otherwise);
	else
		snprintf(buf, size, "d%u", domid);
	return buf;
}

void doc__add_incident(struct doc *doc, const struct finding *finding)
{
	u32 i;

	doc__add(doc, DOC_SECTION, NULL, "what happened");
	for (i = 0; i < finding->nr_messages; i++) {
		const struct known_message *message = finding->messages[i];

		if (!i || strcmp(message->meaning, finding->messages[i - 1]->meaning))
			doc__add(doc, DOC_ITEM, message->from, "%s", message->meaning);
	}
	if (finding->invalid_ref)
		doc__add(
			doc, DOC_ITEM, "the ref",
			"0xffffffff (4294967295) is the invalid ref that a frontend uses for none: no table has it");
	else if (finding->ref != NO_REF && finding->ref >= REF_PLAUSIBLE)
		doc__add(
			doc, DOC_ITEM, "the ref",
			"%u (0x%x) is larger than any table: a wrong number, not a ref that was freed",
			finding->ref, finding->ref);
	add_status(doc, finding);
	doc__add(doc, DOC_SECTION, NULL, "how bad it is");
	doc__add(doc, DOC_ITEM, severity__name(class__severity(finding->class)), "%s",
		 how_bad(finding));
}

/* Adds what this log lacks, and the commands to collect it. */
void doc__add_incident_next(struct doc *doc, const struct finding *finding)
{
	const struct log_stretch *stretch = finding->stretch;
	const struct known_message *message = finding->message;
	char where[40];

	doc__add(doc, DOC_SECTION, NULL, "what to collect next");
	if (stretch && !stretch->xen_log && !stretch->kernel[0] && message->origin == ORIGIN_LINUX)
		doc__add(doc, DOC_ITEM, "version", "in the domain of this log: uname -a");
	if (message->origin != ORIGIN_XEN)
		doc__add(doc, DOC_ITEM, "Xen", "in dom0: xl info; xl dmesg");
	if (message->role != ROLE_MAPPER)
		doc__add(doc, DOC_ITEM, "mapping side", "in %s: uname -a; journalctl -k -b",
			 place(finding->mapper, "dom0 or the driver domain", where, sizeof(where)));
	if (message->role != ROLE_GRANTER)
		doc__add(doc, DOC_ITEM, "granting side", "in %s: uname -a; journalctl -k -b",
			 place(finding->granter, "the domain that grants", where, sizeof(where)));
	if (message->role == ROLE_GRANTER && finding->ref != NO_REF)
		doc__add(doc, DOC_ITEM, "who maps it now", "in dom0: xl debug-keys g; xl dmesg");
	doc__add(
		doc, DOC_ITEM, "next time",
		"both sides: grantwatch watch in dom0, or grantwatch record -o DOMAIN.gwc in each domain");
}
