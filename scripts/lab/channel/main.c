// The lab's command channel over xenstore: one static program for dom0 and guests.
//
// In an emulated PV domain a process takes 0.1 s or more to start, so a shell loop around
// xenstore-read would slow down the domain under test. This program waits for xenstore watches. It
// is static and in tmpfs, so it still runs in a guest which has lost its disks.
//
//   channel agent                       guest: run the commands which dom0 sends
//   channel send NODE KIND COMMAND      dom0: send a command, print its id; KIND is run
//   channel stream NODE COMMAND         dom0: run a command and pass its stdout on; stderr and
//                                       status come at the end. The command ends with this process.
//   channel join NODE ID SECONDS        dom0: wait for a command, print its output, exit with its
//                                       status; 124 after the time, 125 if the guest is gone
//   channel wait PATH SECONDS [DOMAIN]  wait until PATH exists, print its value; 124 after the time,
//                                       125 if DOMAIN, another path, does not exist
//   channel gone PATH SECONDS           wait until PATH does not exist
//   channel write PATH VALUE, read PATH, rm PATH, exists PATH
//   block-hotplug add                   the block hotplug script of xl, by this name of the program
//
// NODE is /local/domain/N/data/lab. Below it:
//
//   ready      the guest's uptime when it began to take commands, and its kernel
//   cmd/ID     KIND, newline, command
//   out/ID/N   a piece of the output: xenstored's quota for a guest's entry is 2 KiB
//   done/ID    exit status, number of pieces, bytes of output
//   vchan/ID   where the two sides of a stream meet
//
// Commands and cues make no grants, so they do not disturb what is tested. A stream makes grants.
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "channel: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

const char *path_of(const char *format, ...)
{
	static char paths[4][512];
	static int next;
	char *path = paths[next++ % 4];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(paths[0]), format, args);
	va_end(args);
	return path;
}

static int wait_gone(const char *path, double seconds)
{
	double end = now() + seconds;

	store_watch(path);
	store_watch("@releaseDomain");
	while (store_exists(path)) {
		if (now() >= end)
			return 124;
		store_sleep(end < now() + 1 ? end : now() + 1);
	}
	return 0;
}

static const char *domain_of(const char *node)
{
	static char domain[64];
	unsigned int domid;

	if (sscanf(node, "/local/domain/%u/", &domid) != 1)
		die("%s is not in a domain's part of xenstore", node);
	snprintf(domain, sizeof(domain), "/local/domain/%u/domid", domid);
	return domain;
}

static void new_id(char *id, size_t size)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(id, size, "%lld", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
}

static void send_command(const char *node, const char *id, const char *kind, const char *command)
{
	char text[PAYLOAD];
	int len = snprintf(text, sizeof(text), "%s\n%s", kind, command);

	if (len >= (int)sizeof(text) || store_write(path_of("%s/cmd/%s", node, id), text, len) < 0)
		die("cannot send the command (%d bytes): %m", len);
}

static int join_command(const char *node, const char *id, double seconds)
{
	char done[512], value[PAYLOAD + 1];
	long long size;
	int status, pieces, found;

	snprintf(done, sizeof(done), "%s/done/%s", node, id);
	found = store_wait(done, seconds, domain_of(node));
	if (found <= 0)
		return found ? 125 : 124;
	if (store_read(done, value) < 0 ||
	    sscanf(value, "%d %d %lld", &status, &pieces, &size) != 3)
		return 125;
	for (int i = 0; i < pieces; i++) {
		int len = store_read(path_of("%s/out/%s/%d", node, id, i), value);

		if (len < 0)
			die("a piece of output is missing: %m");
		if (len && fwrite(value, len, 1, stdout) != 1)
			die("cannot write: %m");
		if (i == CHUNKS - 1 && size > CHUNK * CHUNKS)
			fprintf(stderr,
				"channel: output cut after %d of %lld bytes, use a stream\n",
				CHUNK * CHUNKS, size);
	}
	fflush(stdout);
	store_rm(path_of("%s/out/%s", node, id));
	store_rm(done);
	return status;
}

static int stream_command(const char *node, const char *command)
{
	const char *domain = domain_of(node);
	char id[40], path[512];
	int lost;

	new_id(id, sizeof(id));
	send_command(node, id, "stream", command);
	snprintf(path, sizeof(path), "%s/vchan/%s", node, id);
	lost = stream_receive(atoi(domain + strlen("/local/domain/")), path, domain);
	// join_command() prints the command's stderr to stdout, which is made a copy of stderr.
	dup2(2, 1);
	return lost ? 125 : join_command(node, id, 20);
}

static int wait_command(const char *path, double seconds, const char *domain)
{
	char value[PAYLOAD + 1];
	int found = store_wait(path, seconds, domain), len;

	if (found <= 0)
		return found ? 125 : 124;
	len = store_read(path, value);
	if (len > 0)
		fwrite(value, len, 1, stdout);
	printf("\n");
	return 0;
}

// Tells blkback which device to export. Xen's own script would wait for udev, which the lab has not.
static int block_hotplug(const char *action)
{
	const char *backend = getenv("XENBUS_PATH");
	char device[PAYLOAD + 1], number[32];
	struct stat st;

	if (strcmp(action, "add"))
		return 0;
	if (!backend || store_read(path_of("%s/params", backend), device) < 0 || stat(device, &st))
		die("block-hotplug: no device: %m");
	snprintf(number, sizeof(number), "%x:%x", major(st.st_rdev), minor(st.st_rdev));
	store_write(path_of("%s/physical-device", backend), number, strlen(number));
	store_write(path_of("%s/physical-device-path", backend), device, strlen(device));
	store_write(path_of("%s/hotplug-status", backend), "connected", 9);
	return 0;
}

static int read_command(const char *path)
{
	char value[PAYLOAD + 1];
	int len = store_read(path, value);

	if (len < 0)
		return 1;
	fwrite(value, len, 1, stdout);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	char id[40];
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(name, "block-hotplug"))
		return block_hotplug(verb);
	if (!strcmp(verb, "agent") && argc == 2)
		agent();
	if (!strcmp(verb, "send") && argc == 5) {
		new_id(id, sizeof(id));
		send_command(argv[2], id, argv[3], argv[4]);
		return puts(id) < 0;
	}
	if (!strcmp(verb, "stream") && argc == 4)
		return stream_command(argv[2], argv[3]);
	if (!strcmp(verb, "serve") && argc == 4)
		return stream_serve(atoi(argv[2]), argv[3]) < 0;
	if (!strcmp(verb, "join") && argc == 5)
		return join_command(argv[2], argv[3], atof(argv[4]));
	if (!strcmp(verb, "wait") && (argc == 4 || argc == 5))
		return wait_command(argv[2], atof(argv[3]), argc == 5 ? argv[4] : NULL);
	if (!strcmp(verb, "gone") && argc == 4)
		return wait_gone(argv[2], atof(argv[3]));
	if (!strcmp(verb, "write") && argc == 4)
		return store_write(argv[2], argv[3], strlen(argv[3])) < 0;
	if (!strcmp(verb, "read") && argc == 3)
		return read_command(argv[2]);
	if (!strcmp(verb, "rm") && argc == 3)
		return store_rm(argv[2]) < 0;
	if (!strcmp(verb, "exists") && argc == 3)
		return !store_exists(argv[2]);
	fprintf(stderr, "channel: unknown command or wrong number of arguments\n");
	return 2;
}
