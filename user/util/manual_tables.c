// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "util/manual_tables.h"

const struct manual_row manual_environment[] = {
	{"analyze explain top watch", "NO_COLOR",
	 "if set and not empty: no colours, unless --color"},
	{"analyze events explain top watch", "TERM",
	 "if not set or 'dumb': no colours, and the output does not change in place"},
	{"analyze compare doctor events explain holders table", "GRANTWATCH_PAGER",
	 "the pager for long text on a terminal, instead of PAGER; empty or 'cat': none"},
	{"analyze compare doctor events explain holders table", "PAGER",
	 "the same for all programs; if neither is set: less -FRX"},
	{"analyze compare doctor events explain holders table", "SUDO_UID",
	 "set by sudo: less gets LESSSECURE=1, as it must not start programs of root"},
	{"analyze compare doctor events explain holders table top watch", "LC_ALL",
	 "with LC_CTYPE and LANG, the first that is set: without UTF-8 in it, text is ASCII"},
	{"watch", "PATH", "where the program xentrace is found"},
	{"bundle", "TMPDIR", "where files are collected for the archive; /tmp if not set"},
	{"ci record", "NOTIFY_SOCKET",
	 "set by systemd: told when recording has begun, and every third of WATCHDOG_USEC"},
	{"ci record", "WATCHDOG_PID", "set by systemd: whose watchdog it is"},
	{"ci record", "WATCHDOG_USEC", "set by systemd: the time of its watchdog"},
	{"doctor explain holders record table top watch", "GRANTWATCH_XENSTORE",
	 "a directory with files in place of xenstore, for tests"},
	{"table top", "GRANTWATCH_TABLES",
	 "a directory with files in place of grant tables, for tests"},
	{NULL, NULL, NULL},
};

const struct manual_row manual_files[] = {
	{"doctor record watch", "/sys/kernel/btf/vmlinux",
	 "the kernel's types, for tier btf; where it is missing, tier kprobe is used"},
	{"doctor record watch", "/proc/kallsyms",
	 "addresses of the functions to probe; kernel.kptr_restrict=2 hides them from root too"},
	{"doctor record watch", "/dev/kmsg",
	 "the kernel's log, of which lines about grants are recorded"},
	{"doctor record watch", "/proc/xen/capabilities", "tells dom0 from other domains"},
	{"doctor holders record table top watch", "/dev/xen/privcmd",
	 "gives dom0 the grant tables of other domains"},
	{"doctor repro", "/dev/xen/gntalloc", "by which a process grants"},
	{"doctor holders repro", "/dev/xen/gntdev", "by which a process maps"},
	{"record", "/var/log/grantwatch/record.gwc",
	 "the capture of grantwatch-record.service; older ones are record.gwc.1 to record.gwc.4"},
	{"ci record watch", "/etc/grantwatch.conf",
	 "options of the units; every option is in it as a comment"},
	{"ci", "/var/log/grantwatch", "results, unless --results names another directory"},
	{"watch", "/usr/lib/qubes/qrexec-client", "runs the recorder in a qube, for --vm"},
	{"ci watch", "/run/systemd/journal/socket", "where alerts go, besides the output"},
	{NULL, NULL, NULL},
};

const struct manual_row manual_bugs[] = {
	{"analyze events explain holders table", NULL,
	 "Several captures of one domain must be files: a pipe cannot be read twice."},
	{"compare", NULL,
	 "The time between two captures of one domain counts as recorded, so rates are too low there."},
	{"record", NULL,
	 "A recorder gives ids to 16384 files of gntdev. The file of a rotation which begins after "
	 "that does not continue the one before, and a gap without length is reported."},
	{NULL, NULL,
	 "grantwatch-bundle(1) packs what a report about a fault of grantwatch needs. Known bugs of "
	 "grants in Linux and Xen are in grantwatch-bugs(7)."},
	{NULL, NULL, NULL},
};

const struct manual_row manual_pages[] = {
	{NULL, "grantwatch(1)", NULL},
	{"bundle compare events explain holders record table watch", "grantwatch-analyze(1)", NULL},
	{"explain", "grantwatch-bundle(1)", NULL},
	{"compare watch", "grantwatch-ci(1)", NULL},
	{"ci", "grantwatch-compare(1)", NULL},
	{"bundle record watch", "grantwatch-doctor(1)", NULL},
	{"events pack record", "grantwatch-dump(1)", NULL},
	{"analyze", "grantwatch-events(1)", NULL},
	{"analyze", "grantwatch-explain(1)", NULL},
	{"table top", "grantwatch-holders(1)", NULL},
	{"dump", "grantwatch-pack(1)", NULL},
	{"analyze doctor watch", "grantwatch-record(1)", NULL},
	{"holders top", "grantwatch-table(1)", NULL},
	{"table", "grantwatch-top(1)", NULL},
	{"ci record repro", "grantwatch-watch(1)", NULL},
	{"analyze explain grantwatch", "grantwatch-bugs(7)", NULL},
	{"analyze explain grantwatch watch", "grantwatch-glossary(7)", NULL},
	{"grantwatch", "bpftool(8)", NULL},
	{"explain", "journalctl(1)", NULL},
	{"xentrace", "xenalyze(1)", NULL},
	{"analyze grantwatch xentrace", "xentrace(8)", NULL},
	{"explain grantwatch holders table top", "xl(1)", NULL},
	{NULL, NULL, NULL},
};

bool manual_row__is_about(const struct manual_row *row, const char *name)
{
	const size_t len = strlen(name);
	const char *at = row->commands;

	if (!at)
		return true;
	for (; (at = strstr(at, name)); at += len)
		if ((at == row->commands || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}
