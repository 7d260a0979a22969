// SPDX-License-Identifier: GPL-2.0
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"
#include "util/privileges.h"

/* Missing in some headers used for builds. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static int become_nobody(void)
{
	const u32 nobody = PRIVILEGES_NOBODY;

	if (geteuid() && getuid())
		return 0;
	if (setgroups(0, NULL) || setresgid(nobody, nobody, nobody) ||
	    setresuid(nobody, nobody, nobody))
		return -errno;
	/* Verifies that the change cannot be undone. */
	return !setuid(0) || !setgid(0) ? -EPERM : 0;
}

int privileges__give_up(void)
{
	int err;

	/*
	 * While it is permitted: capabilities outside of the bounding set cannot come back through
	 * a program's file.
	 */
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS))
			return -EPERM;
	}
	err = become_nobody();
	if (err)
		return err;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* Calls on open descriptors, on memory, and for waiting. */
static const int allowed[] = {
	/* bytes */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* waiting */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(futex),
	/* signals to ourselves */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(signalfd4),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	/* what a C library asks */
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__
	/* AddressSanitizer frees its signal stack when a thread ends. */
	SCMP_SYS(sigaltstack),
#endif
};

static int allow_all(scmp_filter_ctx filter)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(allowed) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	return err;
}

/* Calls that are safe with some arguments only. */
static int allow_some(scmp_filter_ctx filter)
{
	const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(calls) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* isatty() */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, TCGETS));
	/* fdopen() checks for write access */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				       SCMP_A1(SCMP_CMP_EQ, F_GETFL));
	/* abort() */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	return err;
}

int privileges__confine(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	err = allow_all(filter);
	if (!err)
		err = allow_some(filter);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int privileges__drop(void)
{
	int err = privileges__give_up();

	if (err) {
		pr_err("cannot give up privileges: %s; run as an unprivileged user",
		       strerror(-err));
		return -1;
	}
	err = privileges__confine();
	if (!err)
		return 0;
	pr_err("cannot confine the parser: %s; a kernel with CONFIG_SECCOMP_FILTER=y is needed",
	       strerror(-err));
	return -1;
}

int privileges__keep_recording(bool creates_files)
{
	static const unsigned int keep[] = {CAP_SYS_ADMIN, CAP_BPF,	     CAP_PERFMON,
					    CAP_SYSLOG,	   CAP_SYS_RESOURCE, CAP_DAC_OVERRIDE};
	const unsigned int nr = ARRAY_SIZE(keep) - !creates_files;
	bool have[ARRAY_SIZE(keep)];
	unsigned int i;

	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return 0;
	for (i = 0; i < nr; i++)
		have[i] = capng_have_capability(CAPNG_EFFECTIVE, keep[i]);
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS))
		return -EPERM;
	capng_clear(CAPNG_SELECT_CAPS);
	for (i = 0; i < nr; i++)
		if (have[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, keep[i]);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
