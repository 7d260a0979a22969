// SPDX-License-Identifier: GPL-2.0
#include "renderers/advice.h"

#define PROTOCOL_REMEDY                                                                          \
	"Change the protocol: the granting side keeps a ref until the other side has confirmed " \
	"that it has finished with the ref, or will not use it"

static const struct advice table[CLASS_MAX] = {
	[CLASS_STALE_MAP] =
		{"{mapper} in {mapper-domain} announced {announced} of ref {ref} of {granter} and "
		 "mapped the ref after {previous} had ended that generation. The map reached the page "
		 "of {generation}, granted by {owner} in {granter} to another mapper.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}, "
		 "outside both kernels: the ref was freed while the other side could still map it. "
		 "The victim is {owner}.",
		 PROTOCOL_REMEDY
		 ". If {granter} has lost a device, only a restart of {restarted} brings it back.",
		 "G1"},
	[CLASS_STALE_COPY] =
		{"{mapper} in {mapper-domain} copied from or to ref {ref} of {granter} too late. The "
		 "copy accessed the page of {generation}, granted by {owner} in {granter} to another "
		 "mapper.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}, "
		 "outside both kernels: the ref was freed while the other side could still copy. "
		 "The victim is {owner}: a copy to its page corrupts data, a copy from "
		 "it leaks data.",
		 PROTOCOL_REMEDY ".", ""},
	[CLASS_STALE_MAP_REFUSED] =
		{"{mapper} in {mapper-domain} tried to map ref {ref} of {granter} after {previous} "
		 "had ended access to it. Xen refused the map, no page was accessed.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: the "
		 "ref was freed while the other side could still map it. With another timing it is a "
		 "stale-map.",
		 PROTOCOL_REMEDY ".", "G1"},
	[CLASS_NEAR_MISS] =
		{"{mapper} in {mapper-domain} announced ref {ref} of {granter}, and {previous} in "
		 "{granter} freed the ref before it was mapped. No harm was done.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: the "
		 "mapper can still map the ref, whoever owns it by then. With another timing it is a "
		 "stale-map.",
		 PROTOCOL_REMEDY ".", "G1"},
	[CLASS_REVOKE_BLOCKED] =
		{"{owner} in {granter} ended access to ref {ref} while its backend, {mapper} in "
		 "{mapper-domain}, still had the page mapped. Xen refused the end. A frontend with "
		 "the fix for XSA-396 then gives up its device.",
		 "{mapper} in {mapper-domain}: it completed the request before its unmap. Or the two "
		 "disagree about persistent grants.",
		 "Compare the backend's version with the known bugs, and the persistent grants of "
		 "both ends. If {granter} has lost a device, only a restart of {restarted} brings it "
		 "back.",
		 "G2 G3 G4"},
	[CLASS_FREED_WHILE_MAPPED] =
		{"{owner} in {granter} released ref {ref} for reuse although access to it had not "
		 "ended. A domain with the old map can read and write the page, also after its reuse.",
		 "{owner} in {granter}: it ignores the result of the end, or does not end access "
		 "first.",
		 "Report it to the maintainers of {owner}, with this report.", "G2"},
	[CLASS_FOREIGN_REF_FREED] =
		{"{owner} in {granter} granted ref {ref}, and another subsystem ended access to it.",
		 "The subsystem which ended access: it used a ref of another owner, or ended its own "
		 "ref twice.",
		 "Report it to the maintainers of the subsystem which the evidence names, with this "
		 "report.",
		 ""},
	[CLASS_DOUBLE_FREE] =
		{"Ref {ref} of {granter} was ended or freed a second time after the end of "
		 "{generation}, with no grant in between. The kernel's list of free refs then has the "
		 "ref twice, and gives it to two owners.",
		 "One of the two callers in {granter}: it no longer owned the ref. The history names "
		 "both.",
		 "Report it to the maintainers of these subsystems, with this report. Restart "
		 "{restarted}: the list of free refs of {granter} may be damaged.",
		 "G24"},
	[CLASS_DOUBLE_GRANT] =
		{"{owner} in {granter} granted ref {ref} ({generation}) while the grant by {previous} "
		 "was live. A mapper of either owner may get the other's page, and the first end of "
		 "access removes both grants.",
		 "The kernel of {granter} gave one ref to two owners, usually after a double-free. "
		 "{owner} and {previous} may both be victims.",
		 "Find the earlier double end or free of ref {ref}. Restart {restarted}: the list "
		 "of free refs of {granter} is damaged.",
		 "G24"},
	[CLASS_DOUBLE_MAP] =
		{"{mapper} in {mapper-domain} mapped ref {ref} of {granter} while another mapper had "
		 "it mapped.",
		 "One of the two mappers: a ref is granted for one process or one device. Which of "
		 "the two is late is unknown.",
		 "Find out which mapper the granter meant. The other one uses an old ref, or the ref "
		 "of another owner.",
		 "G18 G1"},
	[CLASS_PERSISTENT_MISMATCH] =
		{"The frontend in {granter} does not use persistent grants, but {mapper} in "
		 "{mapper-domain} keeps its refs mapped as if it did.",
		 "The negotiation between frontend and backend: see the state of each device under "
		 "\"system\".",
		 "Use kernels with the fix at both ends, or disable persistent grants at both: "
		 "xen_blkfront.feature_persistent=0 and xen_blkback.feature_persistent=0.",
		 "G3 G4"},
	[CLASS_LINGERING_MAP] =
		{"{owner} in {granter} ended access to ref {ref} long ago, but the page is still "
		 "mapped.",
		 "The mapper: it does not unmap. One such ref costs a page; many of them exhaust the "
		 "grant table.",
		 "Find out whether the mapper still needs the page, and why it does not unmap.",
		 "G15 G5"},
	[CLASS_PARTIAL_MAP_LEAK] =
		{"An mmap by {mapper} in {mapper-domain} failed for some refs of {granter}. Ref {ref} "
		 "and the other successful ones stay mapped, although no process has the mapping.",
		 "gntdev in {mapper-domain}: it does not undo the successful maps.",
		 "Use a kernel with the fix in {mapper-domain}. The refs are lost to {granter} until "
		 "the process closes its file of gntdev.",
		 "G5"},
	[CLASS_MAPPING_LOST] =
		{"The kernel of {mapper-domain} removed the page of ref {ref} of {granter} from the "
		 "address space of {mapper}, which had not unmapped it. The addresses are still "
		 "mapped there: an access ends in SIGBUS or SIGSEGV. In an X server that has a qube's "
		 "windows mapped, their contents are gone (\"shared memory truncated by client\").",
		 "The caller which changed the mapping: the evidence and the stack name it. In a PV "
		 "domain, gntdev unmaps on any change of the page table entries, not on munmap alone.",
		 "Find the call by the stack under \"unmapped by\". The program must leave such "
		 "mappings out of it, or map the ref again.",
		 ""},
	[CLASS_DEFERRAL_BACKLOG] =
		{"{granter} ends grants of mapped pages faster than its kernel frees them. Each "
		 "waiting ref keeps its page.",
		 "No bug of one component: the mapper unmaps late, which is routine in Qubes' GUI, "
		 "and the kernel of {granter} limits its retries per second.",
		 "Raise /sys/module/grant_table/parameters/free_per_iteration in {granter} (0: no "
		 "limit), or use a kernel which has the parameter.",
		 "G13"},
	[CLASS_DEFERRAL] =
		{"{owner} in {granter} ended access to ref {ref} while it was mapped. The kernel "
		 "frees the ref after the unmap.",
		 "Nobody: routine when Qubes' GUI closes windows.",
		 "Nothing, unless their number grows (deferral-backlog) or they stay (lingering-map).",
		 ""},
	[CLASS_GRANT_LEAK] =
		{"{owner} in {granter} granted ref {ref} and ended access to it. The ref was not "
		 "freed and cannot be granted again.",
		 "{owner} in {granter}, or its kernel: the ref was not freed.",
		 "Watch the number of such refs: each one is lost until {granter} restarts.",
		 "G14 G13"},
	[CLASS_LOG_ONLY] =
		{"{message} (printed by {from}).",
		 "Unknown: a log has the steps of one domain only.",
		 "Compare with the known bugs below. To record both sides next time: 'grantwatch "
		 "watch', or 'grantwatch record' in each domain.",
		 NULL},
	[CLASS_DEVICE_LOST] =
		{"{message} (printed by {from}).",
		 "Unknown: a log does not name the domain which still maps the page.",
		 "Restart {restarted} to get the device back. To record both sides next time: "
		 "'grantwatch watch', or 'grantwatch record' in each domain.",
		 NULL},
};

static const struct advice killed_stale_map = {
	"{mapper} in {mapper-domain} announced {announced} of ref {ref} of {granter} and "
	"mapped the ref after {previous} had been killed, which ended that generation. The "
	"map reached the page of {generation}, granted by {owner} in {granter} to another "
	"mapper.",
	"The kernel of {granter}: it frees the refs of a killed process at once, and cannot "
	"know whether {mapper} in {mapper-domain} may still map them. The victim is {owner}.",
	"Keep {previous} from being killed (out of memory?). If {granter} has lost a device, "
	"only a restart of {restarted} brings it back.",
	"G1k G1"};

/* Another subsystem than the owner freed the ref. */
static const struct advice freed_by_another = {
	"Ref {ref} of {granter} was granted by {owner}, and another subsystem released it for "
	"reuse although access to it had not ended. A domain with the old map can read and write "
	"the page, also after its reuse.",
	"The subsystem which released the ref, as the history names it: it used a ref of another "
	"owner, or freed its own ref twice.",
	"Report it to the maintainers of that subsystem, with this report.", ""};

static const struct advice refused_copy = {
	"{mapper} in {mapper-domain} tried to copy from or to ref {ref} of {granter} after "
	"{previous} had ended access to it. Xen refused the copy, no page was accessed.",
	"The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: the "
	"ref was freed while the other side could still copy. With another timing it is a "
	"stale-copy.",
	PROTOCOL_REMEDY ".", ""};

const struct advice *advice__of(const struct finding *finding)
{
	if (finding->class == CLASS_STALE_MAP && finding->killed)
		return &killed_stale_map;
	if (finding->class == CLASS_STALE_MAP_REFUSED && finding->copied)
		return &refused_copy;
	if (finding->class == CLASS_FREED_WHILE_MAPPED && finding->by_another)
		return &freed_by_another;
	return &table[finding->class];
}
