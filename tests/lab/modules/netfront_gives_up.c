// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for a fault of netfront: frees refs of its receive ring while netback may still copy to
 * them. The kernel gives these refs to the next grants.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <xen/grant_table.h>

static int give_up(unsigned int ref)
{
	if (!gnttab_end_foreign_access_ref(ref))
		return -EBUSY;
	gnttab_free_grant_reference(ref);
	return 0;
}

/* Runs on a write of refs, separated by blanks, to the parameter. */
static int give_up_each(const char *value, const struct kernel_param *param)
{
	char *copy = kstrdup(value, GFP_KERNEL), *rest = copy, *word;
	int err = copy ? 0 : -ENOMEM;
	unsigned int ref;

	while (!err && rest && (word = strsep(&rest, " \n"))) {
		if (!*word)
			continue;
		err = kstrtouint(word, 0, &ref);
		if (!err)
			err = give_up(ref);
	}
	kfree(copy);
	return err;
}

static const struct kernel_param_ops refs = {.set = give_up_each};
module_param_cb(refs, &refs, NULL, 0200);

MODULE_LICENSE("GPL");
