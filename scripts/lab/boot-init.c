// /init of the initramfs, for dom0 and guests: inserts modules, mounts the image, unpacks the
// payload into its /run/gw, and runs the init of the payload. All further steps are in the payload,
// so that they can change without a new image.
//
// dom0's disks are files of the initramfs. A request to a disk of QEMU would take as long as the host
// needs, and idle virtual time is skipped meanwhile: minutes on a busy host.
//
// It is in C because a shell would start about thirty processes, 0.1 s each under emulation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

// Whether word begins with the name of the module in file. "-" and "_" are the same in names.
static int same_module(const char *file, const char *word, size_t len)
{
	if (strcspn(file, ".") != len)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((file[i] == '-' ? '_' : file[i]) != (word[i] == '-' ? '_' : word[i]))
			return 0;
	return 1;
}

// Inserts a module with its parameters of the form MODULE.PARAMETER=VALUE on the kernel's command
// line, as modprobe does.
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

static int is_of_dom0(const char *file)
{
	return !strncmp(file, "virtio", 6) || !strncmp(file, "loop", 4);
}

static void insert_all(int dom0)
{
	FILE *order = fopen("/modules/order", "r");
	char file[256];

	while (order && fscanf(order, "%255s", file) == 1)
		if (dom0 ? strncmp(file, "xen", 3) : !is_of_dom0(file))
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

// Makes the read-only device of a file of the initramfs.
static void attach_disk(const char *file, const char *device, int number)
{
	int control, loop, fd;

	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0 || (ioctl(control, LOOP_CTL_ADD, number) < 0 && errno != EEXIST))
		fail("/dev/loop-control");
	close(control);
	loop = open(device, O_RDONLY | O_CLOEXEC);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (loop < 0 || fd < 0 || ioctl(loop, LOOP_SET_FD, fd))
		fail(device);
	close(fd);
	close(loop);
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
	dom0 = !access("/disk0", F_OK);
	insert_all(dom0);
	root = dom0 ? "/dev/loop0" : "/dev/xvda";
	payload = dom0 ? "/dev/loop1" : "/dev/xvdb";
	if (dom0) {
		attach_disk("/disk0", root, 0);
		attach_disk("/disk1", payload, 1);
	}
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
