// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>

#include "util/words.h"

#define NONE	  UINT16_MAX
#define NODES_MAX 20000

struct node {
	u16 fail;    /* fail link: node of the longest other beginning that this one ends with */
	u16 words;   /* first word that ends here, or NONE */
	u16 depth;   /* bytes of the beginning */
	u16 shorter; /* next node along the fail links at which a word ends, 0 none */
};

struct words {
	u8 class[256]; /* by byte: 0, or the number of a letter of some word */
	u32 nr_classes, nr_nodes;
	u16 *next; /* [node * nr_classes + class] */
	struct node *node;
	u16 same[WORDS_MAX]; /* next equal word, or NONE */
	u32 len[WORDS_MAX];
};

void words__free(struct words *set)
{
	if (!set)
		return;
	free(set->next);
	free(set->node);
	free(set);
}

static u32 classify(struct words *set, const char *const *words, const u32 *lens, u32 nr)
{
	u32 i, j, total = 1;

	set->nr_classes = 1;
	for (i = 0; i < nr; i++) {
		total += lens[i];
		for (j = 0; j < lens[i]; j++) {
			u8 c = (u8)tolower((unsigned char)words[i][j]);

			if (set->class[c])
				continue;
			set->class[c] = (u8)set->nr_classes;
			set->class[toupper(c)] = (u8)set->nr_classes++;
		}
	}
	return total;
}

static void enter(struct words *set, const char *word, u32 number)
{
	u32 node = 0, i;

	for (i = 0; i < set->len[number]; i++) {
		u16 *next = &set->next[node * set->nr_classes + set->class[(unsigned char)word[i]]];

		if (!*next) {
			*next = (u16)set->nr_nodes;
			set->node[set->nr_nodes].depth = (u16)(i + 1);
			set->node[set->nr_nodes++].words = NONE;
		}
		node = *next;
	}
	set->same[number] = set->node[node].words;
	set->node[node].words = (u16)number;
}

/* Breadth first: a missing transition is that of the fail node. */
static void link_node(struct words *set, u16 *queue, u32 *tail, u16 from)
{
	u32 class;

	for (class = 0; class < set->nr_classes; class ++) {
		u16 *next = &set->next[from * set->nr_classes + class];
		u16 other = from ? set->next[set->node[from].fail * set->nr_classes + class] : 0;
		struct node *node;

		if (!*next) {
			*next = other;
			continue;
		}
		node = &set->node[*next];
		node->fail = other;
		node->shorter = set->node[other].words != NONE ? other : set->node[other].shorter;
		queue[(*tail)++] = *next;
	}
}

static int link_nodes(struct words *set)
{
	u16 *queue = calloc(set->nr_nodes, sizeof(*queue));
	u32 head = 0, tail = 1;

	if (!queue)
		return -1;
	while (head < tail)
		link_node(set, queue, &tail, queue[head++]);
	free(queue);
	return 0;
}

struct words *words__new(const char *const *words, const u32 *lens, u32 nr)
{
	struct words *set = calloc(1, sizeof(*set));
	u32 total, i;

	if (!set)
		return NULL;
	total = classify(set, words, lens, nr);
	if (nr <= WORDS_MAX && total <= NODES_MAX) {
		set->next = calloc((size_t)total * set->nr_classes, sizeof(*set->next));
		set->node = calloc(total, sizeof(*set->node));
	}
	if (!set->next || !set->node) {
		words__free(set);
		return NULL;
	}
	set->node[0].words = NONE;
	set->nr_nodes = 1;
	for (i = 0; i < nr; i++) {
		set->len[i] = lens[i];
		enter(set, words[i], i);
	}
	if (!link_nodes(set))
		return set;
	words__free(set);
	return NULL;
}

u32 words__run(const struct words *set, const char *text, size_t len,
	       void (*found)(void *ctx, u32 word, const char *at), void *ctx)
{
	const u32 classes = set->nr_classes;
	u32 node = 0, at, word;
	size_t i;

	for (i = 0; i < len; i++) {
		node = set->next[node * classes + set->class[(unsigned char)text[i]]];
		at = set->node[node].words != NONE ? node : set->node[node].shorter;
		for (; at; at = set->node[at].shorter)
			for (word = set->node[at].words; word != NONE; word = set->same[word])
				found(ctx, word, text + i + 1 - set->len[word]);
	}
	return set->node[node].depth;
}
