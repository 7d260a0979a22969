/* SPDX-License-Identifier: GPL-2.0 */
/* Domain ids of Xen's ABI (xen.h) that stand for no domain. */
#ifndef GRANTWATCH_DOMID_H
#define GRANTWATCH_DOMID_H

#define DOMID_FIRST_RESERVED 0x7ff0u
#define DOMID_UNKNOWN	     0x7ff4u /* Xen's DOMID_INVALID */

#endif
