// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repro/disk.h"
#include "util/log.h"
#include "util/monotonic.h"

#define LOOPS_MAX  64
#define READ_SIZE  ((size_t)256 * 1024)
#define READ_ALIGN 4096

/*
 * time without a finished read after which the disk counts as lost: requests that blkfront gave up
 * never end
 */
#define STALL (5 * NSEC_PER_SEC)

/* Shared with the readers. */
struct disk_progress {
	u64 reads;
	u32 error;
};

struct disk {
	const char *path;
	u64 size;
	int kmsg; /* the kernel's log since disk__open(), -1 if it cannot be read */
	struct disk_progress *progress;
	u32 loops;
	int pid[LOOPS_MAX];
};

struct disk *disk__open(const char *path)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int fd;

	errno = 0;
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (!disk || fd < 0 || ioctl(fd, BLKGETSIZE64, &disk->size) || disk->size < 2 * READ_SIZE) {
		pr_err("--disk %s: %s", path, errno ? strerror(errno) : "too small");
		goto bad;
	}
	disk->path = path;
	disk->progress = repro__shared(sizeof(*disk->progress));
	if (!disk->progress) {
		pr_err("%s", strerror(errno));
		goto bad;
	}
	disk->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (disk->kmsg >= 0)
		lseek(disk->kmsg, 0, SEEK_END);
	close(fd);
	/* This program may be on the very disk. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		pr_debug("mlockall: %s", strerror(errno));
	return disk;
bad:
	if (fd >= 0)
		close(fd);
	free(disk);
	return NULL;
}

void disk__close(struct disk *disk)
{
	struct outcome out = {0};

	if (!disk)
		return;
	disk__idle(disk, &out);
	if (disk->kmsg >= 0)
		close(disk->kmsg);
	free(disk);
}

static void read_forever(struct disk *disk, u32 seed)
{
	int fd = open(disk->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *buf = aligned_alloc(READ_ALIGN, READ_SIZE);

	srandom(seed);
	while (fd >= 0 && buf) {
		u64 at = (u64)random() * READ_ALIGN % (disk->size - READ_SIZE);

		if (pread(fd, buf, READ_SIZE, (off_t)at) < 0) {
			__atomic_store_n(&disk->progress->error, (u32)errno, __ATOMIC_RELAXED);
			break;
		}
		__atomic_add_fetch(&disk->progress->reads, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

void disk__read(struct disk *disk, u32 loops, struct outcome *out)
{
	u32 i;

	if (disk->loops) {
		out->err = EBUSY;
		outcome__note(out, "reads are going on already");
		return;
	}
	for (i = 0; i < loops && i < LOOPS_MAX; i++) {
		int pid = repro__fork("gw-reader");

		if (!pid)
			read_forever(disk, i + 1);
		if (pid < 0) {
			out->err = -pid;
			return;
		}
		disk->pid[disk->loops++] = pid;
	}
	outcome__note(out, "%u loops on %s", loops, disk->path);
}

/* Reads the kernel's log since disk__open(). Returns true if the kernel gave the device up. */
static bool ask_kernel(struct disk *disk, struct outcome *out)
{
	char record[1024], *text, *end;
	ssize_t n;

	while (disk->kmsg >= 0) {
		n = read(disk->kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			/* lines were overwritten before they were read; continue with the oldest */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text++)
			continue;
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		if (strlen(text) > 80)
			text[80] = '\0';
		if (strstr(text, "has not unmapped grant"))
			outcome__note(out, "\"%s\"", text);
		if (strstr(text, "disabled for further use")) {
			outcome__note(out, "\"%s\"", text);
			return true;
		}
	}
	return false;
}

void disk__lost(struct disk *disk, u64 deadline, struct outcome *out)
{
	u64 reads = 0, since = now_mono();

	for (;;) {
		u64 now = now_mono(),
		    count = __atomic_load_n(&disk->progress->reads, __ATOMIC_RELAXED);
		u32 error = __atomic_load_n(&disk->progress->error, __ATOMIC_RELAXED);

		if (ask_kernel(disk, out))
			return;
		if (error) {
			outcome__note(out, "%s: %s", disk->path, strerror((int)error));
			return;
		}
		if (count != reads)
			since = now;
		reads = count;
		if (disk->loops && now - since > STALL) {
			outcome__note(out, "%s: no read has ended for 5 seconds", disk->path);
			return;
		}
		if (now >= deadline) {
			out->err = ETIMEDOUT;
			outcome__note(out, "%s still works, %llu reads", disk->path,
				      (unsigned long long)reads);
			return;
		}
		repro__sleep_until(now + 20 * NSEC_PER_MSEC);
	}
}

void disk__idle(struct disk *disk, struct outcome *out)
{
	u64 deadline = now_mono() + NSEC_PER_SEC;
	u32 i, hang = 0;

	for (i = 0; i < disk->loops; i++)
		kill(disk->pid[i], SIGKILL);
	for (i = 0; i < disk->loops; i++) {
		while (waitpid(disk->pid[i], NULL, WNOHANG) == 0 && now_mono() < deadline)
			repro__sleep_until(now_mono() + NSEC_PER_MSEC);
		hang += !kill(disk->pid[i], 0);
	}
	disk->loops = 0;
	outcome__note(out, "%llu reads", (unsigned long long)disk->progress->reads);
	if (hang)
		outcome__note(out, "%u of them hang in the kernel until the domain restarts", hang);
}
