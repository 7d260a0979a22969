// A client of xenstore by its wire protocol (xen/include/public/io/xs_wire.h). Watches and requests
// share one file descriptor, without the thread of libxenstore.
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	XS_DIRECTORY = 1,
	XS_READ = 2,
	XS_WATCH = 4,
	XS_WRITE = 11,
	XS_RM = 13,
	XS_WATCH_EVENT = 15,
	XS_ERROR = 16
};

struct header {
	uint32_t type, id, tx, len;
};

static int bus = -1;

static void bus_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/xenstored/socket"};

	if (bus >= 0)
		return;
	bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bus >= 0 && connect(bus, (struct sockaddr *)&address, sizeof(address)) == 0)
		return;
	close(bus);
	bus = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
	if (bus < 0)
		die("no xenstore: %m");
}

static void bus_read(void *to, size_t len)
{
	for (char *p = to; len;) {
		ssize_t n = read(bus, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("xenstore went away: %m");
		p += n;
		len -= n;
	}
}

static struct header bus_message(char *body)
{
	struct header h;

	bus_read(&h, sizeof(h));
	if (h.len > PAYLOAD)
		die("xenstore sent %u bytes", h.len);
	bus_read(body, h.len);
	body[h.len] = 0;
	return h;
}

// Watch events which arrived while bus_ask() waited for an answer. store_sleep() returns at once if
// there are any, and the caller looks at its paths again.
static int events;

// Returns the length of the answer, or -1 with errno set.
static int bus_ask(int type, const void *body, size_t len, char *answer)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {
		{"ENOENT", ENOENT}, {"EACCES", EACCES}, {"EEXIST", EEXIST}, {"EINVAL", EINVAL},
		{"ENOSPC", ENOSPC}, {"E2BIG", E2BIG},	{"EAGAIN", EAGAIN}, {"EQUOTA", EDQUOT},
	};
	struct header h = {.type = type, .len = len};
	char message[sizeof(h) + PAYLOAD];

	bus_open();
	if (len > PAYLOAD) {
		errno = E2BIG;
		return -1;
	}
	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), body, len);
	if (write(bus, message, sizeof(h) + len) != (ssize_t)(sizeof(h) + len))
		die("cannot write to xenstore: %m");
	do {
		h = bus_message(answer);
		events += h.type == XS_WATCH_EVENT;
	} while (h.type == XS_WATCH_EVENT);
	if (h.type != XS_ERROR)
		return h.len;
	errno = EIO;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (!strcmp(answer, errors[i].name))
			errno = errors[i].number;
	return -1;
}

int store_read(const char *path, char *value)
{
	return bus_ask(XS_READ, path, strlen(path) + 1, value);
}

int store_list(const char *path, char *names)
{
	return bus_ask(XS_DIRECTORY, path, strlen(path) + 1, names);
}

int store_rm(const char *path)
{
	char answer[PAYLOAD + 1];

	return bus_ask(XS_RM, path, strlen(path) + 1, answer);
}

int store_write(const char *path, const void *value, size_t len)
{
	char body[PAYLOAD], answer[PAYLOAD + 1];
	size_t head = strlen(path) + 1;

	if (head + len > sizeof(body)) {
		errno = E2BIG;
		return -1;
	}
	memcpy(body, path, head);
	memcpy(body + head, value, len);
	return bus_ask(XS_WRITE, body, head + len, answer);
}

int store_exists(const char *path)
{
	char value[PAYLOAD + 1];

	return store_read(path, value) >= 0;
}

void store_watch(const char *path)
{
	char body[PAYLOAD], answer[PAYLOAD + 1];
	int len = snprintf(body, sizeof(body) - 2, "%s", path) + 1;

	body[len++] = 'w';
	body[len++] = 0;
	if (bus_ask(XS_WATCH, body, len, answer) < 0 && errno != EEXIST)
		die("cannot watch %s: %m", path);
}

// Sleeps until a watch fires, a signal arrives, or the time has come.
void store_sleep(double until)
{
	struct pollfd p = {.fd = bus, .events = POLLIN};
	char body[PAYLOAD + 1];
	double left = until - now();

	if (events) {
		events = 0;
		return;
	}
	if (left > 0 && poll(&p, 1, left * 1000 + 1) == 1)
		bus_message(body);
}

int store_wait(const char *path, double seconds, const char *alive)
{
	double end = now() + seconds;

	store_watch(path);
	if (alive)
		store_watch("@releaseDomain");
	for (;;) {
		if (store_exists(path))
			return 1;
		if (alive && !store_exists(alive))
			return -1;
		if (now() >= end)
			return 0;
		store_sleep(end);
	}
}
