/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of the probes, shared by the tiers. A tier (btf.bpf.c: fentry and fexit; kprobe.bpf.c:
 * kprobes without BTF) decodes the arguments and calls a handler with plain numbers. For the
 * functions which a tier defines before it includes this file see emit.bpf.h.
 *
 * Rules: every loop has a constant bound. No allocation. t_out is read after space in the ring is
 * reserved, so the ring's order and the times agree. An event which cannot be recorded is counted.
 */
#ifndef GRANTWATCH_BPF_HANDLERS_H
#define GRANTWATCH_BPF_HANDLERS_H

#include "handlers_batch.bpf.h"
#include "handlers_gntdev.bpf.h"
#include "handlers_ref.bpf.h"

#endif
