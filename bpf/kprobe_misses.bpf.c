// SPDX-License-Identifier: GPL-2.0
/*
 * How often the kernel skipped a kprobe because another one ran on the same CPU. The kernel counts
 * it. Before 6.7 it shows the count only for probes made through tracefs, which would remain if the
 * recorder were killed. So the recorder runs this program to read the counter in place. It uses
 * kprobe_table[], 64 lists by a hash of the probed address, and the first words of struct kprobe,
 * which are the same from 5.10 to 7.3. An entry counts only if it has the wanted address. Without
 * one, the recorder reports that the count is unknown.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "event.h"

char LICENSE[] SEC("license") = "GPL";

#define HASH_BITS	6
#define GOLDEN_RATIO_64 0x61c8864680b583ebull
#define CHAIN_MAX	32
#define SHARED_MAX	16 /* probes on one address */

struct kprobe_head {
	u64 hash_next, hash_prev;
	u64 list_next, list_prev; /* of the probes at this address */
	u64 nmissed;
	u64 addr;
};

#define LIST_OFFSET offsetof(struct kprobe_head, list_next)

const volatile u64 kprobe_table = 0;

u64 asked[GW_KPROBES];	/* addresses */
u64 missed[GW_KPROBES]; /* Returns U64 max if there is no probe. */

static __always_inline u64 read_missed(u64 probe, const struct kprobe_head *head)
{
	u64 most = head->nmissed, link = head->list_next;
	struct kprobe_head other = {};
	u32 i;

	/* A skipped call counts in each of them. */
	for (i = 0; i < SHARED_MAX && link != probe + LIST_OFFSET; i++) {
		if (bpf_probe_read_kernel(&other, sizeof(other), (void *)(link - LIST_OFFSET)))
			break;
		if (other.nmissed > most)
			most = other.nmissed;
		link = other.list_next;
	}
	return most;
}

static __always_inline u64 find(u64 addr)
{
	u64 bucket = addr * GOLDEN_RATIO_64 >> (64 - HASH_BITS), probe = 0;
	struct kprobe_head head = {};
	u32 i;

	if (bpf_probe_read_kernel(&probe, sizeof(probe), (void *)(kprobe_table + bucket * 8)))
		return (u64)-1;
	for (i = 0; i < CHAIN_MAX && probe; i++) {
		if (bpf_probe_read_kernel(&head, sizeof(head), (void *)probe))
			break;
		if (head.addr == addr)
			return read_missed(probe, &head);
		probe = head.hash_next;
	}
	return (u64)-1;
}

#define ENDBR_LEN 4 /* endbr64 may come first, with the probe after it */

__attribute__((noinline)) int look_up(u32 i)
{
	u64 n;

	if (i >= GW_KPROBES)
		return 0;
	n = find(asked[i]);
	missed[i] = n == (u64)-1 ? find(asked[i] + ENDBR_LEN) : n;
	return 0;
}

SEC("raw_tp")
int read_all(void *ctx)
{
	u32 i;

	for (i = 0; i < GW_KPROBES; i++) {
		if (!asked[i])
			break;
		look_up(i);
	}
	return 0;
}
