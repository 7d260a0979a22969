/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of many words stand in a text: one pass over its bytes, however many words there are
 * (Aho and Corasick, 1975). Case does not matter.
 */
#ifndef GRANTWATCH_WORDS_H
#define GRANTWATCH_WORDS_H

#include "util/types.h"

#define WORDS_MAX 1024 /* at most */

struct words;

/*
 * A set of @nr words, numbered from 0; they need not stay. NULL if memory is short or there are too
 * many.
 */
struct words *words__new(const char *const *words, const u32 *lens, u32 nr);
void words__free(struct words *set);

/*
 * Call @found for each occurrence in the @len bytes at @text, with the word's number and its first
 * byte, in the order of their ends. Returns how many bytes of some word the text ends with.
 */
u32 words__run(const struct words *set, const char *text, size_t len,
	       void (*found)(void *ctx, u32 word, const char *at), void *ctx);

#endif
