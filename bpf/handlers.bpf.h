/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes do, whichever way the kernel was entered. A tier (btf.bpf.c: fentry and fexit;
 * kprobe.bpf.c: kprobes without BTF) takes the arguments apart and calls a handler with plain
 * numbers. What a tier has to define before it includes this file: emit.bpf.h.
 *
 * Rules: no loop without a constant bound, no allocation, t_out is read after room in the ring is
 * reserved (then the ring's order and time agree, see recorder.c), whatever cannot be recorded is
 * counted.
 */
#ifndef GRANTWATCH_BPF_HANDLERS_H
#define GRANTWATCH_BPF_HANDLERS_H

#include "handlers_batch.bpf.h"
#include "handlers_gntdev.bpf.h"
#include "handlers_ref.bpf.h"

#endif
