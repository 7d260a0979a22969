// SPDX-License-Identifier: GPL-2.0
#include "renderers/advice.h"

#define PROTOCOL_REMEDY                                                                      \
	"Make the granting side keep a ref until the mapping side has said that it is done " \
	"with it, or never will be"

static const struct advice table[CLASS_MAX] = {
	[CLASS_STALE_MAP] =
		{"{mapper} in {mapper-domain} mapped ref {ref} of {granter} too late. It was told of {told}, which "
		 "{previous} ended; what it got is the page of {generation}, which {owner} in {granter} has granted "
		 "to another mapper since.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}, which neither kernel can "
		 "see: the ref was freed while the other side could still map it. {owner} did nothing wrong, it is the "
		 "victim.",
		 PROTOCOL_REMEDY
		 ". A device that was given up comes back only with a restart of {granter}.",
		 "G1"},
	[CLASS_STALE_COPY] =
		{"{mapper} in {mapper-domain} copied from or to ref {ref} of {granter} too late. The page that it read or "
		 "wrote is of {generation}, which {owner} in {granter} has granted to another one.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}, which neither kernel can "
		 "see: the ref was freed while the other side could still copy. {owner} did nothing wrong, it is the "
		 "victim: what was copied to its page is corrupt, what was copied from it has leaked.",
		 PROTOCOL_REMEDY ".", ""},
	[CLASS_STALE_MAP_REFUSED] =
		{"{mapper} in {mapper-domain} tried to map ref {ref} of {granter} after {previous} had ended access to it. "
		 "Xen refused.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: the ref was freed while "
		 "the other side could still map it. With another timing this is a stale-map.",
		 PROTOCOL_REMEDY ".", "G1"},
	[CLASS_NEAR_MISS] =
		{"{previous} in {granter} freed ref {ref}, of which {mapper} in {mapper-domain} had been told, before it "
		 "was ever mapped. No harm was done this time.",
		 "The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: nothing keeps the mapper "
		 "from mapping the ref now, whoever has it. This is the first half of a stale-map.",
		 PROTOCOL_REMEDY ".", "G1"},
	[CLASS_REVOKE_BLOCKED] =
		{"{owner} in {granter} wanted ref {ref} back while {mapper} in {mapper-domain}, which serves it, still had "
		 "it mapped. Such a frontend gives its device up.",
		 "{mapper} in {mapper-domain}: it said that it was done, and was not. Or the two disagree about "
		 "persistent grants.",
		 "Look at the backend's version and at what both ends say about persistent grants. The device comes "
		 "back only with a restart of {granter}.",
		 "G2 G3 G4"},
	[CLASS_FREED_WHILE_MAPPED] =
		{"{owner} in {granter} released ref {ref} for reuse although access to it had not ended: whoever mapped "
		 "it still reads and writes the page, and the next owner's too.",
		 "{owner} in {granter}: it has to look at the result of the end, or to end access first.",
		 "Report it to the maintainers of {owner}, with this report.", "G2"},
	[CLASS_FOREIGN_REF_FREED] =
		{"Ref {ref} of {granter} was ended by somebody else than {owner}, who granted it.",
		 "The one that ended it: it holds a ref that is not its own, or ends one twice.",
		 "Look at the stack of the end in the history.", ""},
	[CLASS_DOUBLE_FREE] =
		{"Ref {ref} of {granter} was ended or freed again after {generation} of it had been given back, with no grant "
		 "in between. A ref that is freed twice is on the kernel's list of free refs twice, and two owners get it.",
		 "One of those in {granter} that gave it back: the ref was not its own any more. The history names both.",
		 "Report it to the maintainers of these subsystems, with this report. Restart {granter}: its list of free "
		 "refs may be damaged.",
		 "G24"},
	[CLASS_DOUBLE_GRANT] =
		{"{owner} in {granter} granted ref {ref} ({generation}) while {previous} still had a grant of it. A "
		 "mapper of either may get the other's page, and the first end of access takes the ref from both.",
		 "The kernel of {granter} gave one ref to two owners. Mostly somebody gave it back twice before: see "
		 "double-free. {owner} and {previous} may both be victims.",
		 "Find out who ended or freed ref {ref} before that. Restart {granter}: its list of free refs "
		 "is damaged.",
		 "G24"},
	[CLASS_DOUBLE_MAP] =
		{"{mapper} in {mapper-domain} mapped ref {ref} of {granter} while another mapper had it mapped.",
		 "One of the two was not meant to: a ref is announced to one process, or serves one device. Which of "
		 "the two is late is not known.",
		 "Find out which of the two the granter meant; the other one has a ref that it was not given, or an old one.",
		 "G18 G1"},
	[CLASS_PERSISTENT_MISMATCH] =
		{"The frontend in {granter} works without persistent grants, but {mapper} in {mapper-domain} keeps its "
		 "refs mapped as with them.",
		 "The negotiation between the two: see the state of each device below.",
		 "Use kernels with the fix at both ends, or switch it off in both: xen_blkfront.feature_persistent=0 and "
		 "xen_blkback.feature_persistent=0.",
		 "G3 G4"},
	[CLASS_LINGERING_MAP] =
		{"{owner} in {granter} ended access to ref {ref} long ago, but it is still mapped.",
		 "Whoever maps it: it was told, and does not unmap. Alone this costs a page, in masses the grant table.",
		 "Find out what the page is for, and whether the mapping side still needs it.",
		 "G15 G5"},
	[CLASS_PARTIAL_MAP_LEAK] =
		{"An mmap of {mapper} in {mapper-domain} failed for some refs of {granter}; those that had succeeded, "
		 "like ref {ref}, stay mapped although no process has the mapping.",
		 "gntdev in {mapper-domain}: it has to undo what succeeded.",
		 "Use a kernel with the fix in {mapper-domain}. Until its file is closed the refs are lost to {granter}.",
		 "G5"},
	[CLASS_DEFERRAL_BACKLOG] =
		{"{granter} ends grants that are still mapped faster than it gets them back. They wait, each with its page.",
		 "Nobody in particular: the mapping side unmaps late, which is normal for Qubes' GUI, and the kernel of "
		 "{granter} frees only so many a second.",
		 "Raise /sys/module/grant_table/parameters/free_per_iteration in {granter} (0: no limit), or use a kernel "
		 "that has it.",
		 "G13"},
	[CLASS_DEFERRAL] =
		{"{owner} in {granter} ended access to ref {ref} while it was still mapped; the kernel waits for the unmap and "
		 "frees it then.",
		 "Nobody: this is how Qubes' GUI lets go of windows.",
		 "Nothing, unless they become more and more (deferral-backlog) or stay (lingering-map).",
		 ""},
	[CLASS_GRANT_LEAK] =
		{"Ref {ref} of {granter}, granted by {owner}, was ended and will never be granted again.",
		 "{owner} in {granter}, or its kernel: the ref was not given back.",
		 "Watch whether it goes on: each such ref is lost until {granter} restarts.",
		 "G14 G13"},
	[CLASS_LOG_ONLY] =
		{"{message} (printed by {from}).",
		 "A log alone does not tell: it has one side, and no other's steps.",
		 "Compare with the known bugs below. To see both sides next time: 'grantwatch watch', or 'grantwatch record' "
		 "in each domain.",
		 NULL},
	[CLASS_DEVICE_LOST] =
		{"{message} (printed by {from}).",
		 "A log alone does not tell who still maps the page.",
		 "Restart {granter} to get the device back. To see both sides next time: 'grantwatch watch', or "
		 "'grantwatch record' in each domain.",
		 NULL},
};

static const struct advice killed_stale_map = {
	"{mapper} in {mapper-domain} mapped ref {ref} of {granter} too late. It was told of {told}, which went when "
	"{previous} was killed; what it got is the page of {generation}, which {owner} in {granter} has granted to "
	"another mapper since.",
	"Nobody who is still there: the kernel of {granter} frees the refs of a process that dies at once, and cannot "
	"know that {mapper} in {mapper-domain} may still map them. {owner} did nothing wrong, it is the victim.",
	"Keep {previous} from being killed (out of memory?). A device that was given up comes back only with a "
	"restart of {granter}.",
	"G1k G1"};

static const struct advice refused_copy = {
	"{mapper} in {mapper-domain} tried to copy from or to ref {ref} of {granter} after {previous} had ended access to "
	"it. Xen refused the copy.",
	"The protocol between {previous} in {granter} and {mapper} in {mapper-domain}: the ref was freed while the other "
	"side could still copy. With another timing this is a stale-copy.",
	PROTOCOL_REMEDY ".", ""};

const struct advice *advice__of(const struct finding *finding)
{
	if (finding->class == CLASS_STALE_MAP && finding->killed)
		return &killed_stale_map;
	if (finding->class == CLASS_STALE_MAP_REFUSED && finding->copied)
		return &refused_copy;
	return &table[finding->class];
}
