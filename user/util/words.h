/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds which of many words are in a text, in one pass over its bytes (Aho and Corasick, 1975).
 * Case does not matter.
 */
#ifndef GRANTWATCH_WORDS_H
#define GRANTWATCH_WORDS_H

#include "util/types.h"

#define WORDS_MAX 1024 /* at most */

struct words;

/*
 * Returns a set of @nr words, numbered from 0, which are copied; NULL without memory or at the
 * limit.
 */
struct words *words__new(const char *const *words, const u32 *lens, u32 nr);
void words__free(struct words *set);

/*
 * Calls @found for each occurrence in the @len bytes at @text, with the word's number and its first
 * byte, in order of their ends. Returns how many bytes of a word's beginning the text ends with.
 */
u32 words__run(const struct words *set, const char *text, size_t len,
	       void (*found)(void *ctx, u32 word, const char *at), void *ctx);

#endif
