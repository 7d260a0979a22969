// /init of the initramfs, for dom0 and guests: insert modules, mount the image, unpack the
// payload on top of it, hand over. The image itself has no init: everything that decides
// something comes with the payload, so that changing it needs no new image.
//
// In C because a shell would start some thirty processes here, 0.1 s each under emulation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char command_line[4096];

static void fail(const char *what)
{
	fprintf(stderr, "@lab boot-failed %s: %m\n", what);
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

// xen_blkfront.feature_persistent=0 and xen-blkfront are about the same module.
static int same_module(const char *file, const char *word, size_t len)
{
	if (strcspn(file, ".") != len)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((file[i] == '-' ? '_' : file[i]) != (word[i] == '-' ? '_' : word[i]))
			return 0;
	return 1;
}

// MODULE.PARAMETER=VALUE on the kernel's command line is modprobe's business; here it is ours.
static void insert(const char *file)
{
	char words[sizeof(command_line)], params[1024] = "", path[512], *save, *word, *dot;
	int fd;

	strcpy(words, command_line);
	for (word = strtok_r(words, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		dot = strchr(word, '.');
		if (!dot || !strchr(dot, '=') || !same_module(file, word, dot - word))
			continue;
		strncat(params, dot + 1, sizeof(params) - strlen(params) - 2);
		strcat(params, " ");
	}
	snprintf(path, sizeof(path), "/modules/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, params, 0))
		fprintf(stderr, "module %s: %m\n", file);
	close(fd);
}

static void insert_all(int dom0)
{
	FILE *order = fopen("/modules/order", "r");
	char file[256];

	while (order && fscanf(order, "%255s", file) == 1)
		if (dom0 ? strncmp(file, "xen", 3) : strncmp(file, "virtio", 6))
			insert(file);
	if (order)
		fclose(order);
}

static void wait_for_disk(const char *device)
{
	struct stat st;

	for (int tries = 0; stat(device, &st) || !S_ISBLK(st.st_mode); tries++) {
		if (tries == 1500)
			fail(device);
		usleep(20000);
	}
}

static void mount_or_fail(const char *what, const char *where, const char *type, int flags,
			  const char *options)
{
	if (mount(what, where, type, flags, options))
		fail(where);
}

int main(void)
{
	const char *root, *payload;
	FILE *f;
	int status, dom0;
	pid_t pid;

	mount_or_fail("proc", "/proc", "proc", 0, "");
	mount_or_fail("sysfs", "/sys", "sysfs", 0, "");
	if (mount("dev", "/dev", "devtmpfs", 0, "") && errno != EBUSY)
		fail("/dev");
	f = fopen("/proc/cmdline", "r");
	if (!f || !fgets(command_line, sizeof(command_line), f))
		fail("/proc/cmdline");
	fclose(f);
	// dom0 has virtio disks from QEMU, a guest has Xen's from dom0.
	dom0 = strstr(command_line, "root=/dev/vda") != NULL;
	root = dom0 ? "/dev/vda" : "/dev/xvda";
	payload = dom0 ? "/dev/vdd" : "/dev/xvdb";
	insert_all(dom0);
	wait_for_disk(root);
	wait_for_disk(payload);
	mount_or_fail(root, "/root", "ext4", MS_RDONLY, "");
	mount_or_fail("run", "/root/run", "tmpfs", 0, "mode=755");
	mkdir("/root/run/gw", 0755);
	pid = fork();
	if (pid == 0) {
		execl("/bin/busybox", "tar", "-x", "-f", payload, "-C", "/root/run/gw", NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail("unpacking the payload");

	mount_or_fail("/proc", "/root/proc", NULL, MS_MOVE, NULL);
	mount_or_fail("/sys", "/root/sys", NULL, MS_MOVE, NULL);
	mount_or_fail("/dev", "/root/dev", NULL, MS_MOVE, NULL);
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("going to the root file system");
	execl("/run/gw/lab/init", "init", NULL);
	fail("/run/gw/lab/init");
}
