/* SPDX-License-Identifier: GPL-2.0 */
/* A domain as users name it: by its domid or, with xenstore, by its name. */
#ifndef GRANTWATCH_XEN_DOMAIN_NAME_H
#define GRANTWATCH_XEN_DOMAIN_NAME_H

#include "util/types.h"

/* Returns the domid of the domain @text, or -1 after logging the error. A number is a domid. */
int domain_name__find(const char *text);

#endif
