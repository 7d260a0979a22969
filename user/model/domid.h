/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_DOMID_H
#define GRANTWATCH_DOMID_H

#include "util/xen_abi.h"

#define DOMID_UNKNOWN DOMID_INVALID

#endif
