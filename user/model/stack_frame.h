/* SPDX-License-Identifier: GPL-2.0 */
/* The frames of a stack's text (struct rec_stack). */
#ifndef GRANTWATCH_STACK_FRAME_H
#define GRANTWATCH_STACK_FRAME_H

#include "util/types.h"

/* "function+0x1c [module]" without the separator; parts of the text, not terminated. */
struct stack_frame {
	const char *text;
	size_t func_len;
	const char *module; /* NULL: the kernel proper */
	size_t module_len;
};

/* Splits the first frame off @pos. Returns what follows, NULL at the end. */
const char *stack_frame__next(const char *pos, struct stack_frame *frame);

/* Whether the function's name is @name, or begins with @prefix (NULL: no). */
bool stack_frame__is(const struct stack_frame *frame, const char *name);
bool stack_frame__starts(const struct stack_frame *frame, const char *prefix);

/*
 * Whether an interrupt or softirq begins here. The interrupted code below is unrelated to the call:
 * the timer of gnttab_handle_deferred() runs on top of any stack.
 */
bool stack_frame__is_interrupt(const struct stack_frame *frame);

/* Copies the function's name, cut to @size. */
void stack_frame__copy(const struct stack_frame *frame, char *func, size_t size);

#endif
