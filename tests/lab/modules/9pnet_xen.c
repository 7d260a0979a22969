// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for 9pfs' frontend, which freed the ref of its ring twice when its backend closed twice
 * (CVE-2026-43249). Frees a ref twice and prints to which refs the kernel's list of free refs leads
 * then. The guest has one CPU, so with interrupts off nothing else takes a ref.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#define SPARE 256

static noinline int xen_9pfs_front_init(struct page *page)
{
	return gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);
}

static noinline void xen_9pfs_front_free(int ref)
{
	gnttab_end_foreign_access(ref, NULL);
}

/* Runs on a write to the parameter, so that a recorder can start after the module is loaded. */
static int give_back_twice(const char *value, const struct kernel_param *param)
{
	struct page *page[2] = {alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL)};
	int first, second, ref;
	unsigned long flags;
	grant_ref_t spare;

	if (!page[0] || !page[1] || gnttab_alloc_grant_references(SPARE, &spare))
		return -ENOMEM;
	local_irq_save(flags);
	ref = xen_9pfs_front_init(page[0]);
	xen_9pfs_front_free(ref);
	xen_9pfs_front_free(ref);
	first = xen_9pfs_front_init(page[0]);
	second = xen_9pfs_front_init(page[1]);
	/* The list ends behind this ref now, and an empty list would crash the kernel. */
	gnttab_free_grant_references(spare);
	local_irq_restore(flags);
	pr_info("double free of ref %d: granted as %d and as %d\n", ref, first, second);
	/* Both owners end access, but only one frees the ref, so that it is in the list once. */
	if (!gnttab_end_foreign_access_ref(first))
		pr_info("ref %d is mapped\n", first);
	xen_9pfs_front_free(second);
	return 0;
}

static const struct kernel_param_ops twice = {.set = give_back_twice};
module_param_cb(twice, &twice, NULL, 0200);

MODULE_LICENSE("GPL");
