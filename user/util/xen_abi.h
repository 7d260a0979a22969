/* SPDX-License-Identifier: GPL-2.0 */
/* Xen's public headers, in the current version of the interface. They need fixed-width types. */
#ifndef GRANTWATCH_XEN_ABI_H
#define GRANTWATCH_XEN_ABI_H

#include <stdint.h>
#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/trace.h>

#endif
