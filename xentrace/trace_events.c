// SPDX-License-Identifier: GPL-2.0
#include "trace_events.h"

/* The bit for 64-bit addresses is part of the id here: such records have other fields. */
#define NESTED 0x400 /* the guest runs a hypervisor itself */
#define STATES 0x330 /* old and new run state */
#define LEVELS 0x300 /* the guest's paging levels */

/*
 * Records on which the decoder depends have the names of Xen's header. The others are only printed.
 * They are of all versions of Xen, and their names are not in every version of the header.
 */
static const struct xt_event events[] = {
	{TRC_LOST_RECORDS, 0, XT_LOST, "lost_records", "count domid:h vcpu:h first_tsc:q"},
	{TRC_TRACE_WRAP_BUFFER, 0, XT_OTHER, "wrap_buffer", ""},
	{TRC_TRACE_CPU_CHANGE, 0, XT_OTHER, "cpu_change", "cpu window_size"},

	{TRC_SCHED_RUNSTATE_CHANGE, STATES, XT_RUNSTATE, "runstate_change",
	 "from:i8 to:i4 vcpu:h domid:h"},
	{TRC_SCHED_CONTINUE_RUNNING, 0, XT_CONTINUE, "continue_running", "vcpu:h domid:h"},
	{0x00028001, 0, XT_OTHER, "sched_dom_add", "domid"},
	{0x00028002, 0, XT_OTHER, "sched_dom_rem", "domid"},
	{0x00028003, 0, XT_OTHER, "sched_sleep", "domid vcpu"},
	{0x00028004, 0, XT_OTHER, "sched_wake", "domid vcpu"},
	{0x00028005, 0, XT_OTHER, "sched_yield", "domid vcpu"},
	{0x00028006, 0, XT_OTHER, "sched_block", "domid vcpu"},
	{0x00028007, 0, XT_OTHER, "sched_shutdown", "domid vcpu reason"},
	{0x00028008, 0, XT_OTHER, "sched_ctl", ""},
	{0x00028009, 0, XT_OTHER, "sched_adjdom", "domid"},
	{0x0002800a, 0, XT_OTHER, "sched_switch", "prev_domid prev_unit next_domid next_unit"},
	{0x0002800b, 0, XT_OTHER, "sched_s_timer_fn", ""},
	{0x0002800c, 0, XT_OTHER, "sched_t_timer_fn", ""},
	{0x0002800d, 0, XT_OTHER, "sched_dom_timer_fn", ""},
	{0x0002800e, 0, XT_OTHER, "sched_switch_infprev", "domid unit runtime"},
	{0x0002800f, 0, XT_OTHER, "sched_switch_infnext", "domid unit waited next_time"},
	{0x00028010, 0, XT_OTHER, "sched_shutdown_code", "domid vcpu reason"},
	{0x00028011, 0, XT_OTHER, "sched_switch_infcont", "domid unit runtime next_time"},

	{0x00041001, 0, XT_OTHER, "dom_add", "domid"},
	{TRC_DOM0_DOM_REM, 0, XT_OTHER, "dom_rem", "domid"},

	/* One id for both vendors up to 4.18, for Intel only since 4.19. */
	{0x00081001, NESTED, XT_VMENTRY, "vmentry", ""},
	{0x00081002, NESTED, XT_VMEXIT, "vmexit", "reason:x eip:x"},
	{0x00081102, NESTED, XT_VMEXIT, "vmexit64", "reason:x rip:xq"},
	{0x00081003, NESTED, XT_VMEXIT, "svm_exit", "reason:x eip:x"},
	{0x00081103, NESTED, XT_VMEXIT, "svm_exit64", "reason:x rip:xq"},
	{0x00082001, 0, XT_OTHER, "pf_xen", "error_code:x va:x"},
	{0x00082101, 0, XT_OTHER, "pf_xen64", "error_code:x va:xq"},
	{0x00082002, 0, XT_OTHER, "pf_inject", "error_code:x va:x"},
	{0x00082102, 0, XT_OTHER, "pf_inject64", "error_code:x va:xq"},
	{0x00082003, 0, XT_OTHER, "inj_exc", "vector:x error_code:x"},
	{0x00082004, 0, XT_OTHER, "inj_virq", "vector:x fake"},
	{0x00082005, 0, XT_OTHER, "reinj_virq", "vector:x"},
	{0x00082006, 0, XT_OTHER, "io_read", ""},
	{0x00082007, 0, XT_OTHER, "io_write", ""},
	{0x00082008, 0, XT_OTHER, "cr_read", "cr value:x"},
	{0x00082108, 0, XT_OTHER, "cr_read64", "cr value:xq"},
	{0x00082009, 0, XT_OTHER, "cr_write", "cr value:x"},
	{0x00082109, 0, XT_OTHER, "cr_write64", "cr value:xq"},
	{0x0008200a, 0, XT_OTHER, "dr_read", ""},
	{0x0008200b, 0, XT_OTHER, "dr_write", ""},
	{0x0008200c, 0, XT_OTHER, "msr_read", "msr:x value:xq"},
	{0x0008200d, 0, XT_OTHER, "msr_write", "msr:x value:xq"},
	{0x0008200e, 0, XT_OTHER, "cpuid", "leaf:x subleaf:x eax:x ebx:x ecx:x edx:x"},
	{0x0008200f, 0, XT_OTHER, "intr", "vector:x"},
	{0x00082010, 0, XT_OTHER, "nmi", ""},
	{0x00082011, 0, XT_OTHER, "smi", ""},
	{0x00082012, 0, XT_VMMCALL, "vmmcall", "op"},
	{0x00082013, 0, XT_OTHER, "hlt", "runnable"},
	{0x00082014, 0, XT_OTHER, "invlpg", "invlpga va:x"},
	{0x00082114, 0, XT_OTHER, "invlpg64", "invlpga va:xq"},
	{0x00082015, 0, XT_OTHER, "mce", ""},
	{0x00082016, 0, XT_OTHER, "ioport_read", "port:x value:x"},
	{0x00082116, 0, XT_OTHER, "ioport_read64", "port:xq value:xq"},
	{0x00082216, 0, XT_OTHER, "ioport_write", "port:x value:x"},
	{0x00082316, 0, XT_OTHER, "ioport_write64", "port:xq value:xq"},
	{0x00082017, 0, XT_OTHER, "iomem_read", "gpa:x value:x"},
	{0x00082117, 0, XT_OTHER, "iomem_read64", "gpa:xq value:xq"},
	{0x00082217, 0, XT_OTHER, "iomem_write", "gpa:x value:x"},
	{0x00082317, 0, XT_OTHER, "iomem_write64", "gpa:xq value:xq"},
	{0x00082018, 0, XT_OTHER, "clts", ""},
	{0x00082019, 0, XT_OTHER, "lmsw", "value:x"},
	{0x00082119, 0, XT_OTHER, "lmsw64", "value:xq"},
	{0x0008201a, 0, XT_OTHER, "rdtsc", "tsc:q"},
	{0x00082020, 0, XT_OTHER, "intr_window", "vector:x source intr"},
	{0x00082021, 0, XT_OTHER, "npf", "gpa:xq mfn:xq qualification:x p2mt"},
	{0x00082022, 0, XT_OTHER, "realmode_emulate", ""},
	{0x00082023, 0, XT_OTHER, "trap", "vector:x"},
	{0x00082024, 0, XT_OTHER, "trap_debug", "qualification:x"},
	{0x00082025, 0, XT_OTHER, "vlapic", ""},
	{0x00082126, 0, XT_OTHER, "xcr_read64", "xcr value:xq"},
	{0x00082127, 0, XT_OTHER, "xcr_write64", "xcr value:xq"},
	{0x00084001, 0, XT_OTHER, "emul_hpet_start_timer", ""},
	{0x00084002, 0, XT_OTHER, "emul_pit_start_timer", ""},
	{0x00084003, 0, XT_OTHER, "emul_rtc_start_timer", ""},
	{0x00084004, 0, XT_OTHER, "emul_lapic_start_timer", ""},
	{0x00084005, 0, XT_OTHER, "emul_hpet_stop_timer", ""},
	{0x00084006, 0, XT_OTHER, "emul_pit_stop_timer", ""},
	{0x00084007, 0, XT_OTHER, "emul_rtc_stop_timer", ""},
	{0x00084008, 0, XT_OTHER, "emul_lapic_stop_timer", ""},
	{0x00084009, 0, XT_OTHER, "emul_pit_timer_cb", ""},
	{0x0008400a, 0, XT_OTHER, "emul_lapic_timer_cb", ""},
	{0x0008400b, 0, XT_OTHER, "emul_pic_int_output", ""},
	{0x0008400c, 0, XT_OTHER, "emul_pic_kick", ""},
	{0x0008400d, 0, XT_OTHER, "emul_pic_intack", ""},
	{0x0008400e, 0, XT_OTHER, "emul_pic_posedge", ""},
	{0x0008400f, 0, XT_OTHER, "emul_pic_negedge", ""},
	{0x00084010, 0, XT_OTHER, "emul_pic_pend_irq_call", ""},
	{0x00084011, 0, XT_OTHER, "emul_lapic_pic_intr", ""},

	{TRC_MEM_PAGE_GRANT_MAP, 0, XT_GRANT_MAP, "page_grant_map", "granter"},
	{TRC_MEM_PAGE_GRANT_UNMAP, 0, XT_GRANT_UNMAP, "page_grant_unmap", "granter"},
	{TRC_MEM_PAGE_GRANT_TRANSFER, 0, XT_GRANT_TRANSFER, "page_grant_transfer", "receiver"},
	{0x0010f004, 0, XT_OTHER, "set_p2m_entry", "gfn:xq mfn:xq p2mt domid:h order:h"},
	{0x0010f005, 0, XT_OTHER, "decrease_reservation", "gfn:xq domid:h order:h"},
	/* Not upstream: from a hypervisor with the patch in xentrace/xen/. */
	{0x0010f006, 0, XT_GRANT_MAP_OP, "page_grant_map_op",
	 "granter ref flags:x handle status:x"},
	{0x0010f007, 0, XT_GRANT_UNMAP_DONE, "page_grant_unmap_done",
	 "granter ref handle done:x pin:x"},
	{0x0010f010, 0, XT_OTHER, "pod_populate", "gfn:xq mfn:xq domid:h order:h"},
	{0x0010f011, 0, XT_OTHER, "pod_zero_reclaim", "gfn:xq mfn:xq domid:h order:h"},
	{0x0010f012, 0, XT_OTHER, "pod_superpage_splinter", "gfn:xq domid:h"},

	/* The first is of Xen before 4.3, and its payload is not decoded. */
	{0x00201001, 0x100, XT_OTHER, "pv_hypercall", ""},
	{0x00201003, 0, XT_GUEST_MODE, "pv_trap", "eip:x trap:h error_code:h"},
	{0x00201103, 0, XT_GUEST_MODE, "pv_trap64", "rip:xq trap:h error_code:h"},
	{0x00201004, 0, XT_GUEST_MODE, "pv_page_fault", "eip:x addr:x error_code:x"},
	{0x00201104, 0, XT_GUEST_MODE, "pv_page_fault64", "rip:xq addr:xq error_code:x"},
	{0x00201005, 0, XT_GUEST_MODE, "pv_forced_invalid_op", "eip:x"},
	{0x00201105, 0, XT_GUEST_MODE, "pv_forced_invalid_op64", "rip:xq"},
	{0x00201006, 0, XT_GUEST_MODE, "pv_emulate_privop", "eip:x"},
	{0x00201106, 0, XT_GUEST_MODE, "pv_emulate_privop64", "rip:xq"},
	{0x00201007, 0, XT_OTHER, "pv_emulate_4gb", "eip:x"},
	{0x00201107, 0, XT_OTHER, "pv_emulate_4gb64", "rip:xq"},
	{0x00201008, 0, XT_OTHER, "pv_math_state_restore", ""},
	/* Written for Xen's own faults too, so the hypercall may continue. */
	{0x00201009, 0, XT_OTHER, "pv_paging_fixup", "eip:x addr:x"},
	{0x00201109, 0, XT_OTHER, "pv_paging_fixup64", "rip:xq addr:xq"},
	{0x0020100a, 0, XT_GUEST_MODE, "pv_gdt_ldt_mapping_fault", "eip:x offset:x"},
	{0x0020110a, 0, XT_GUEST_MODE, "pv_gdt_ldt_mapping_fault64", "rip:xq offset:xq"},
	{0x0020100b, 0, XT_OTHER, "pv_ptwr_emulation", ""},
	{0x0020110b, 0, XT_GUEST_MODE, "pv_ptwr_emulation64", "pte:xq addr:xq rip:xq"},
	{0x0020100c, 0, XT_GUEST_MODE, "pv_ptwr_emulation_pae", "pte:xq addr:x eip:x"},
	{TRC_PV_HYPERCALL_V2, 0, XT_HYPERCALL, "pv_hypercall_v2", "call:c"},
	{TRC_PV_HYPERCALL_SUBCALL, 0, XT_SUBCALL, "pv_hypercall_subcall", "call:c"},

	{0x0040f001, LEVELS, XT_OTHER, "shadow_not_shadow", ""},
	{0x0040f002, LEVELS, XT_OTHER, "shadow_fast_propagate", ""},
	{0x0040f003, LEVELS, XT_OTHER, "shadow_fast_mmio", ""},
	{0x0040f004, LEVELS, XT_OTHER, "shadow_false_fast_path", ""},
	{0x0040f005, LEVELS, XT_OTHER, "shadow_mmio", ""},
	{0x0040f006, LEVELS, XT_OTHER, "shadow_fixup", ""},
	{0x0040f007, LEVELS, XT_OTHER, "shadow_domf_dying", ""},
	{0x0040f008, LEVELS, XT_OTHER, "shadow_emulate", ""},
	{0x0040f009, LEVELS, XT_OTHER, "shadow_emulate_unshadow_user", ""},
	{0x0040f00a, LEVELS, XT_OTHER, "shadow_emulate_unshadow_evtinj", ""},
	{0x0040f00b, LEVELS, XT_OTHER, "shadow_emulate_unshadow_unhandled", ""},
	{0x0040f00c, LEVELS, XT_OTHER, "shadow_wrmap_bf", ""},
	{0x0040f00d, LEVELS, XT_OTHER, "shadow_prealloc_unpin", ""},
	{0x0040f00e, LEVELS, XT_OTHER, "shadow_resync_full", ""},
	{0x0040f00f, LEVELS, XT_OTHER, "shadow_resync_only", ""},

	{0x00801001, 0, XT_OTHER, "pm_freq_change", "from_mhz to_mhz"},
	{0x00801002, 0, XT_OTHER, "pm_idle_entry", "state ticks expected predicted"},
	{0x00801003, 0, XT_OTHER, "pm_idle_exit", "state ticks irq0 irq1 irq2 irq3"},
	{0x00802001, 0, XT_OTHER, "irq_move_cleanup_delay", "irq vector:x cpu"},
	{0x00802002, 0, XT_OTHER, "irq_move_cleanup", "irq vector:x cpu"},
	{0x00802003, 0, XT_OTHER, "irq_bind_vector", "irq:h vector:h"},
	{0x00802004, 0, XT_OTHER, "irq_clear_vector", "irq:h vector:h"},
	{0x00802005, 0, XT_OTHER, "irq_move_finish", "irq vector:x cpu"},
	{0x00802006, 0, XT_OTHER, "irq_assign_vector", "irq:h vector:h"},
	{0x00802007, 0, XT_OTHER, "irq_unmapped_vector", "vector:x"},
	{0x00802008, 0, XT_OTHER, "irq_handled", "irq tsc_in tsc_out"},

	{TRC_GUEST, 0xfff, XT_GUEST, "guest", ""},
};

static const struct xt_event unknown = {.name = NULL, .fields = ""};

const struct xt_event *xt_event__find(u32 id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if ((id & ~events[i].any) == events[i].id)
			return &events[i];
	return &unknown;
}

const struct xt_event *xt_event__at(u32 nr)
{
	return nr < ARRAY_SIZE(events) ? &events[nr] : NULL;
}

static const char *const hypercalls[] = {
	[__HYPERVISOR_set_trap_table] = "set_trap_table",
	[__HYPERVISOR_mmu_update] = "mmu_update",
	[__HYPERVISOR_set_gdt] = "set_gdt",
	[__HYPERVISOR_stack_switch] = "stack_switch",
	[__HYPERVISOR_set_callbacks] = "set_callbacks",
	[__HYPERVISOR_fpu_taskswitch] = "fpu_taskswitch",
	[__HYPERVISOR_sched_op_compat] = "sched_op_compat",
	[__HYPERVISOR_platform_op] = "platform_op",
	[__HYPERVISOR_set_debugreg] = "set_debugreg",
	[__HYPERVISOR_get_debugreg] = "get_debugreg",
	[__HYPERVISOR_update_descriptor] = "update_descriptor",
	[__HYPERVISOR_memory_op] = "memory_op",
	[__HYPERVISOR_multicall] = "multicall",
	[__HYPERVISOR_update_va_mapping] = "update_va_mapping",
	[__HYPERVISOR_set_timer_op] = "set_timer_op",
	[__HYPERVISOR_event_channel_op_compat] = "event_channel_op_compat",
	[__HYPERVISOR_xen_version] = "xen_version",
	[__HYPERVISOR_console_io] = "console_io",
	[__HYPERVISOR_physdev_op_compat] = "physdev_op_compat",
	[__HYPERVISOR_grant_table_op] = "grant_table_op",
	[__HYPERVISOR_vm_assist] = "vm_assist",
	[__HYPERVISOR_update_va_mapping_otherdomain] = "update_va_mapping_otherdomain",
	[__HYPERVISOR_iret] = "iret",
	[__HYPERVISOR_vcpu_op] = "vcpu_op",
	[__HYPERVISOR_set_segment_base] = "set_segment_base",
	[__HYPERVISOR_mmuext_op] = "mmuext_op",
	[__HYPERVISOR_xsm_op] = "xsm_op",
	[__HYPERVISOR_nmi_op] = "nmi_op",
	[__HYPERVISOR_sched_op] = "sched_op",
	[__HYPERVISOR_callback_op] = "callback_op",
	[__HYPERVISOR_xenoprof_op] = "xenoprof_op",
	[__HYPERVISOR_event_channel_op] = "event_channel_op",
	[__HYPERVISOR_physdev_op] = "physdev_op",
	[__HYPERVISOR_hvm_op] = "hvm_op",
	[__HYPERVISOR_sysctl] = "sysctl",
	[__HYPERVISOR_domctl] = "domctl",
	[__HYPERVISOR_kexec_op] = "kexec_op",
	[__HYPERVISOR_tmem_op] = "tmem_op",
	[__HYPERVISOR_argo_op] = "argo_op",
	[__HYPERVISOR_xenpmu_op] = "xenpmu_op",
	[__HYPERVISOR_dm_op] = "dm_op",
	[__HYPERVISOR_hypfs_op] = "hypfs_op",
	[__HYPERVISOR_arch_0] = "mca",
	[__HYPERVISOR_arch_1] = "paging_domctl_cont",
};

static const char *const gnttab_cmds[] = {
	[GNTTABOP_map_grant_ref] = "map_grant_ref",
	[GNTTABOP_unmap_grant_ref] = "unmap_grant_ref",
	[GNTTABOP_setup_table] = "setup_table",
	[GNTTABOP_dump_table] = "dump_table",
	[GNTTABOP_transfer] = "transfer",
	[GNTTABOP_copy] = "copy",
	[GNTTABOP_query_size] = "query_size",
	[GNTTABOP_unmap_and_replace] = "unmap_and_replace",
	[GNTTABOP_set_version] = "set_version",
	[GNTTABOP_get_status_frames] = "get_status_frames",
	[GNTTABOP_get_version] = "get_version",
	[GNTTABOP_swap_grant_ref] = "swap_grant_ref",
	[GNTTABOP_cache_flush] = "cache_flush",
};

static const char *const runstates[] = {"running", "runnable", "blocked", "offline"};

const char *hypercall__name(u32 op)
{
	return op < ARRAY_SIZE(hypercalls) ? hypercalls[op] : NULL;
}

const char *gnttab_cmd__name(u32 cmd)
{
	cmd &= GNTTABOP_BITS;
	return cmd < ARRAY_SIZE(gnttab_cmds) ? gnttab_cmds[cmd] : NULL;
}

const char *runstate__name(u32 state)
{
	return state < ARRAY_SIZE(runstates) ? runstates[state] : NULL;
}
