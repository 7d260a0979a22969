// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/notify.h"

static struct {
	struct sockaddr_un addr;
	socklen_t size; /* of @addr, 0 without a service manager */
	u64 every;	/* ns between two signs of life, 0 none needed */
	u64 last;
	bool ready; /* READY was sent */
} manager;

static void read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (usec && (!pid || strtoul(pid, NULL, 10) == (unsigned long)getpid()))
		manager.every = strtoull(usec, NULL, 10) * 1000 / 3;
}

void notify__begin(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const size_t len = path ? strlen(path) : 0;

	if (len && len < sizeof(manager.addr.sun_path) && (*path == '/' || *path == '@')) {
		manager.addr.sun_family = AF_UNIX;
		memcpy(manager.addr.sun_path, path, len);
		/* An abstract name begins with a zero byte. */
		if (*path == '@')
			manager.addr.sun_path[0] = '\0';
		manager.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
		read_watchdog();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void tell(const char *text)
{
	int fd = manager.size ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	/* A service manager that is gone ends the service soon. */
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		      (const struct sockaddr *)&manager.addr, manager.size);
	close(fd);
}

void notify__ready(void)
{
	if (!manager.ready)
		tell("READY=1");
	manager.ready = true;
}

void notify__alive(u64 now)
{
	if (!manager.every || now - manager.last < manager.every)
		return;
	manager.last = now;
	tell("WATCHDOG=1");
}
