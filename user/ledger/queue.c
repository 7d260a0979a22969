// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "ledger/ledger_internal.h"

static bool grow(struct queue *queue)
{
	u32 size = queue->size ? queue->size * 2 : 256;
	struct pending *item = malloc(size * sizeof(*item));
	u32 i;

	if (!item)
		return false;
	for (i = 0; i < queue->len; i++)
		item[i] = queue->item[(queue->head + i) & (queue->size - 1)];
	free(queue->item);
	*queue = (struct queue){.item = item, .size = size, .len = queue->len};
	return true;
}

int queue__put(struct queue *queue, const struct pending *item, u64 deadline)
{
	struct pending *slot;

	if (queue->len == queue->size && !grow(queue))
		return -ENOMEM;
	slot = &queue->item[(queue->head + queue->len) & (queue->size - 1)];
	*slot = *item;
	slot->deadline = deadline;
	queue->len++;
	return 0;
}

bool queue__take(struct queue *queue, u64 until, struct pending *item)
{
	if (!queue->len || queue->item[queue->head].deadline >= until)
		return false;
	*item = queue->item[queue->head];
	queue->head = (queue->head + 1) & (queue->size - 1);
	queue->len--;
	return true;
}

void queue__cleanup(struct queue *queue)
{
	free(queue->item);
}
