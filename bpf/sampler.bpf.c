// SPDX-License-Identifier: GPL-2.0
/*
 * Programs which the recorder itself runs (BPF_PROG_TEST_RUN), on its current CPU. They need
 * neither BTF nor a probe: addresses come from /proc/kallsyms.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "event.h"

char LICENSE[] SEC("license") = "GPL";

const volatile u64 per_cpu_offset_addr = 0; /* unsigned long __per_cpu_offset[] */
const volatile u64 xen_vcpu_addr = 0;	    /* DEFINE_PER_CPU(struct vcpu_info *, xen_vcpu) */
const volatile u32 nr_cpus = 0;

struct gw_reading reading;
u64 per_cpu_offset[GW_CPUS];

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

#define VCPU_INFO_TIME 32 /* struct vcpu_info.time of Xen's public ABI */

static __always_inline bool read_pvclock(u32 cpu)
{
	u64 offset = 0, info = 0;

	if (!xen_vcpu_addr || !per_cpu_offset_addr)
		return false;
	if (bpf_probe_read_kernel(&offset, sizeof(offset), (void *)(per_cpu_offset_addr + cpu * 8)))
		return false;
	if (bpf_probe_read_kernel(&info, sizeof(info), (void *)(xen_vcpu_addr + offset)) || !info)
		return false;
	return !bpf_probe_read_kernel(&reading.pvclock, sizeof(reading.pvclock),
				      (void *)(info + VCPU_INFO_TIME));
}

/* The order matters: records with a t_out up to mono were reserved before ring_prod was read. */
SEC("raw_tp")
int sample(void *ctx)
{
	reading.mono = bpf_ktime_get_ns();
	reading.ring_prod = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	reading.ring_cons = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	reading.cpu = bpf_get_smp_processor_id();
	reading.valid = read_pvclock(reading.cpu);
	return 0;
}

/* Reads the address of each CPU's variables, for programs without another way. */
SEC("raw_tp")
int read_offsets(void *ctx)
{
	u32 n = nr_cpus;

	if (n > GW_CPUS)
		n = GW_CPUS;
	if (!per_cpu_offset_addr)
		return 1;
	return bpf_probe_read_kernel(per_cpu_offset, n * 8, (void *)per_cpu_offset_addr) ? 1 : 0;
}
