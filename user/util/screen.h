/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole terminal for one command: keys without Enter, and the alternate screen, so that the
 * user's lines come back at the end. One for each process, because any end restores it: exit(), a
 * signal that kills, Ctrl-Z until the process continues.
 */
#ifndef GRANTWATCH_SCREEN_H
#define GRANTWATCH_SCREEN_H

#include <stdio.h>

#include "util/types.h"

#define SCREEN_KEYS 32 /* bytes read at once */

/* Takes the terminal, which must be standard input and output. Returns whether it did. */
bool screen__begin(void);

/* Gives it back; nothing without screen__begin(). */
void screen__end(void);

/* Lines of text above the last one; at least 1. */
u32 screen__lines(void);

/* Shows @text, cut to the screen, with @status in the last line. */
void screen__show(const char *text, const char *status);

/*
 * Waits up to @ms for typed bytes. Returns how many are in @keys, 0 none, or -1 if the terminal is
 * gone.
 */
int screen__read(char keys[SCREEN_KEYS], int ms);

#endif
