/* SPDX-License-Identifier: GPL-2.0 */
/* Values in the holes of a known message: numbers, and names of devices. */
#ifndef GRANTWATCH_MESSAGE_VALUE_H
#define GRANTWATCH_MESSAGE_VALUE_H

#include "known/message_format.h"

/* Whether @c can be in a value of @hole. */
bool message_hole__takes(enum message_hole hole, char c);

/*
 * Whether the text from begin to end of @value is one for @token, a hole; sets its number, which is
 * UINT64_MAX where there is none.
 */
bool message_value__read(struct message_value *value, const struct format_token *token);

#endif
