// SPDX-License-Identifier: GPL-2.0
/* --vm NAME: a qube's capture by qrexec. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "watch/watch.h"
#include "xen/xenstore.h"

#define QREXEC_CLIENT "/usr/lib/qubes/qrexec-client"
/* Qubes' rule for names: a letter, then letters, digits and these. */
#define NAME_LEN   31
#define NAME_MARKS "_.-"

static bool is_name(const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) ||
		    (!isalnum((unsigned char)name[i]) && !strchr(NAME_MARKS, name[i])))
			return false;
	return len && len <= NAME_LEN && isalpha((unsigned char)name[0]);
}

/* Returns the domid, or -1 after logging the error. */
static int find(const char *name)
{
	struct xenstore *xenstore = xenstore__open();
	int domid;

	if (!xenstore) {
		pr_err("--vm %s: xenstore cannot be read: %s; --vm works in dom0 of Qubes", name,
		       strerror(errno));
		return -1;
	}
	domid = xenstore__find_domain(xenstore, name);
	xenstore__close(xenstore);
	if (domid == -2)
		pr_err("--vm %s: more than one domain has this name; use --source with a domid ('xl list')",
		       name);
	else if (domid < 0)
		pr_err("--vm %s: no running domain has this name; start it with 'qvm-start %s'",
		       name, name);
	else if (!domid)
		pr_err("--vm %s: this is dom0, which is recorded anyway", name);
	else if (domid < (int)DOMID_FIRST_RESERVED)
		return domid;
	return -1;
}

int watch__add_vm(struct watch *watch, const char *name)
{
	char id[16], text[64];
	/* -T: sanitises the qube's standard error, which goes to a terminal. */
	char *argv[] = {QREXEC_CLIENT, "-T", "-d", id, "root:QUBESRPC grantwatch.Record dom0",
			NULL};
	int domid;

	if (!is_name(name)) {
		pr_err("--vm takes the name of a qube: a letter, then letters, digits and '" NAME_MARKS
		       "', %d at most",
		       NAME_LEN);
		return -1;
	}
	domid = find(name);
	if (domid < 0)
		return -1;
	if (access(QREXEC_CLIENT, X_OK))
		argv[0] = "qrexec-client";
	/* The domid, as the name may belong to another qube by now. */
	snprintf(id, sizeof(id), "%d", domid);
	snprintf(text, sizeof(text), "%s (d%d)", name, domid);
	return watch__add_source(watch, text, (u16)domid, argv, name);
}
