// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "xen/domain_name.h"
#include "xen/table.h"
#include "xen/xenstore.h"

/* Looks @name up in xenstore. Returns the domid, or -1 after logging the error. */
static int look_up(const char *name)
{
	struct xenstore *xenstore = xenstore__open();
	int domid;

	if (!xenstore) {
		pr_err("%s: xenstore, which has the names of domains, cannot be read: %s; give a domid",
		       name, strerror(errno));
		return -1;
	}
	domid = xenstore__find_domain(xenstore, name);
	xenstore__close(xenstore);
	if (domid == -2)
		pr_err("%s: more than one domain has this name; give a domid ('xl list')", name);
	else if (domid < 0)
		pr_err("%s: no running domain has this name; 'xl list' shows names and domids",
		       name);
	return domid < 0 ? -1 : domid;
}

int domain_name__find(const char *text)
{
	unsigned long domid;
	char *end;

	if (text[strspn(text, "0123456789")] || !*text)
		return look_up(text);
	domid = strtoul(text, &end, 10);
	if (domid < TABLE_OWN)
		return (int)domid;
	pr_err("%s: a domid is below %u", text, TABLE_OWN);
	return -1;
}
