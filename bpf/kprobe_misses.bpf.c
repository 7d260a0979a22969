// SPDX-License-Identifier: GPL-2.0
/*
 * How often the kernel passed over a kprobe, because another one was being served on that CPU. It
 * counts that, but before 6.7 shows it only for probes made through tracefs, which would stay
 * behind if the recorder were killed. So the recorder runs this to read the counter in place.
 *
 * What is known of the kernel here: kprobe_table[], 64 lists by a hash of the probed address, and
 * the first words of struct kprobe, the same from 5.10 to 7.3. An entry counts only if it has the
 * address that is asked for; where none has, the recorder says that it does not know.
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
	u64 list_next, list_prev; /* of the probes that share the address */
	u64 nmissed;
	u64 addr;
};

#define LIST_OFFSET offsetof(struct kprobe_head, list_next)

const volatile u64 kprobe_table = 0;

u64 asked[GW_KPROBES];	/* addresses */
u64 missed[GW_KPROBES]; /* U64 max: no probe is there */

static __always_inline u64 read_missed(u64 probe, const struct kprobe_head *head)
{
	u64 most = head->nmissed, link = head->list_next;
	struct kprobe_head other = {};
	u32 i;

	/* A call that is passed over counts for each of them. */
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

#define ENDBR_LEN 4 /* a landing pad may come first, the probe is behind it then */

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
