// SPDX-License-Identifier: GPL-2.0
/*
 * device-lost: a kernel's log says that a driver gave its device up, and no other finding
 * explains it. The class turns the log's incident into an alarm.
 */
#include "rules/log_device.h"
#include "rules/rules_internal.h"

void device_lost__judge(struct finding *finding, const struct log_event *event, const char *text)
{
	if (event->message->weight != MESSAGE_DEVICE_LOST)
		return;
	finding->class = CLASS_DEVICE_LOST;
	/* The frontend's own kernel reports the loss. */
	finding->certainty = CERTAINTY_LIKELY;
	if (finding->outcome != OUTCOME_DEVICE_LOST)
		finding__outcome(finding, OUTCOME_DEVICE_LOST, "%s", text);
}
