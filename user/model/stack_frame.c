// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "model/stack_frame.h"

const char *stack_frame__next(const char *pos, struct stack_frame *frame)
{
	size_t len;

	pos += strspn(pos, " ;");
	if (!*pos)
		return NULL;
	len = strcspn(pos, ";");
	*frame = (struct stack_frame){.text = pos, .func_len = strcspn(pos, "+ ;")};
	frame->module = memchr(pos, '[', len);
	if (frame->module) {
		frame->module++;
		frame->module_len = (size_t)(pos + len - frame->module);
		if (memchr(frame->module, ']', frame->module_len))
			frame->module_len = strcspn(frame->module, "]");
	}
	return pos + len;
}

bool stack_frame__is(const struct stack_frame *frame, const char *name)
{
	return strlen(name) == frame->func_len && !memcmp(frame->text, name, frame->func_len);
}

bool stack_frame__starts(const struct stack_frame *frame, const char *prefix)
{
	size_t n = prefix ? strlen(prefix) : 0;

	return n && frame->func_len >= n && !memcmp(frame->text, prefix, n);
}

bool stack_frame__is_interrupt(const struct stack_frame *frame)
{
	static const char *const prefixes[] = {"__handle_irq_event", "handle_irq_event",
					       "__do_softirq", "handle_softirqs"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (stack_frame__starts(frame, prefixes[i]))
			return true;
	return false;
}

void stack_frame__copy(const struct stack_frame *frame, char *func, size_t size)
{
	size_t len = min(frame->func_len, size - 1);

	if (!size)
		return;
	memcpy(func, frame->text, len);
	func[len] = '\0';
}
