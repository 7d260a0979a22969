// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "known/messages.h"
#include "model/domid.h"
#include "renderers/running_version.h"
#include "rules/log_event.h"

static bool of_log(const struct finding *finding, const struct bug *bug,
		   struct running_version *version)
{
	const struct log_stretch *stretch = finding->stretch;
	enum message_role role = finding->message->role;

	if (bug->side == BUG_OF_XEN)
		*version = (struct running_version){stretch->xen, "", DOMID_UNKNOWN, true};
	else if (!stretch->xen_log && ((bug->side == BUG_OF_GRANTER && role == ROLE_GRANTER) ||
				       (bug->side == BUG_OF_MAPPER && role == ROLE_MAPPER)))
		*version = (struct running_version){stretch->kernel, stretch->kernel_build,
						    stretch->domid, true};
	else
		return false;
	return version->release[0] != '\0';
}

/* A capture has the version of the kernel that made it. */
static bool of_capture(const struct summary *summary, u16 domid, const struct bug *bug,
		       struct running_version *version)
{
	const struct summary_side *side = summary__side(summary, domid);

	if (domid == DOMID_UNKNOWN || !side || !strcmp(side->role, "log"))
		return false;
	*version = (struct running_version){side->kernel, side->kernel_build, domid, false};
	if (bug->side == BUG_OF_XEN)
		*version = (struct running_version){side->xen, "", domid, false};
	return version->release[0] != '\0';
}

bool running_version__of(const struct summary *summary, const struct finding *finding,
			 const struct bug *bug, struct running_version *version)
{
	if (finding->message && finding->stretch && of_log(finding, bug, version))
		return true;
	return of_capture(summary, bug->side == BUG_OF_MAPPER ? finding->mapper : finding->granter,
			  bug, version);
}

/*
 * Whether it is a bug of Qubes' GUI, whose refs are gntalloc's: the kernel always has a page for
 * them.
 */
static bool is_of_gui(const struct bug *bug)
{
	return !strcmp(bug->id, "G1") || !strcmp(bug->id, "G1k") || !strcmp(bug->id, "G15");
}

bool bug__may_be(const struct bug *bug, const struct finding *finding)
{
	return !(finding->no_page && is_of_gui(bug));
}
