// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that tell which kernel and which Xen wrote a stretch of a log, and which report a stack
 * belongs to.
 */
#include "known/messages_tables.h"

static const struct known_message rows[] = {
	{.id = "linux-version",
	 .format = "Linux version <version> ",
	 .origin = ORIGIN_LINUX,
	 .from = "Linux",
	 .bugs = "",
	 .meaning = "a Linux kernel boots"},
	{.id = "linux-tainted",
	 .format = "Tainted: ",
	 .origin = ORIGIN_LINUX,
	 .from = "Linux",
	 .bugs = "",
	 .meaning = "a kernel's report names its version"},
	{.id = "linux-not-tainted",
	 .format = "Not tainted <version>",
	 .origin = ORIGIN_LINUX,
	 .from = "Linux",
	 .bugs = "",
	 .meaning = "a kernel's report names its version"},
	{.id = "xen-version",
	 .format = "Xen version <version> ",
	 .origin = ORIGIN_XEN,
	 .from = "Xen",
	 .bugs = "",
	 .meaning = "Xen boots"},
	{.id = "linux-on-xen",
	 .format = "Xen version: <version> ",
	 .origin = ORIGIN_LINUX,
	 .from = "Linux",
	 .bugs = "",
	 .meaning = "a Linux kernel names the Xen that it runs on"},
	{.id = "hung-task",
	 .format = "INFO: task <task>:<n> blocked for more than",
	 .origin = ORIGIN_LINUX,
	 .from = "Linux",
	 .bugs = "",
	 .meaning = "a task hangs"},
};

const struct message_table messages_context = {rows, ARRAY_SIZE(rows)};
