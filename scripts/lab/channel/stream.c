// Passes a command's output from a guest to dom0 through a vchan: rings in shared memory by grants,
// as Qubes' qrexec uses them.
//
// vchan-socket-proxy does nearly the same. But its server removes the vchan at the end of its input,
// so a client which comes after a short command would wait for ever. Here data comes in frames, an
// empty frame is the end, and the server stays until the client has read it.
#include "channel.h"

#include <libxenvchan.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { FRAME = 32 * 1024, RING = 64 * 1024, PATIENCE = 60 };

static int serve(struct libxenvchan *chan)
{
	static char data[FRAME];
	struct pollfd fds[] = {{.fd = 0, .events = POLLIN},
			       {.fd = libxenvchan_fd_for_select(chan), .events = POLLIN}};
	uint32_t len;
	double end;

	for (;;) {
		ssize_t n;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			libxenvchan_wait(chan);
		if (!libxenvchan_is_open(chan))
			return -1;
		if (!fds[0].revents)
			continue;
		n = read(0, data, sizeof(data));
		len = n > 0 ? n : 0;
		if (libxenvchan_send(chan, &len, sizeof(len)) != sizeof(len))
			return -1;
		if (!len)
			break;
		if (libxenvchan_send(chan, data, len) != (int)len)
			return -1;
	}
	for (end = now() + PATIENCE; libxenvchan_is_open(chan) && now() < end;)
		if (poll(fds + 1, 1, 1000) == 1)
			libxenvchan_wait(chan);
	return 0;
}

int stream_serve(int domid, const char *path)
{
	struct libxenvchan *chan = libxenvchan_server_init(NULL, domid, path, 1024, RING);
	int lost;

	if (!chan)
		die("cannot set up a vchan: %m");
	chan->blocking = 1;
	lost = serve(chan);
	libxenvchan_close(chan);
	return lost;
}

// Reads exactly len bytes. Returns -1 if the server or its domain is gone.
static int receive(struct libxenvchan *chan, void *to, size_t len, const char *alive)
{
	struct pollfd p = {.fd = libxenvchan_fd_for_select(chan), .events = POLLIN};
	char *at = to;

	while (len) {
		int n = libxenvchan_read(chan, at, len);

		if (n < 0)
			return -1;
		at += n;
		len -= n;
		if (n)
			continue;
		if (!libxenvchan_is_open(chan))
			return -1;
		// A destroyed domain does not close the vchan, so its xenstore entry is checked.
		if (poll(&p, 1, 1000) == 1)
			libxenvchan_wait(chan);
		else if (!store_exists(alive))
			return -1;
	}
	return 0;
}

static int write_all(const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(1, data, len);

		if (n <= 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}

int stream_receive(int domid, const char *path, const char *alive)
{
	static char data[FRAME];
	struct libxenvchan *chan;
	int lost = -1;

	// The server writes both of its entries in one transaction, this one last.
	if (store_wait(path_of("%s/event-channel", path), PATIENCE, alive) != 1)
		die("no stream at %s", path);
	chan = libxenvchan_client_init(NULL, domid, path);
	if (!chan)
		die("cannot connect to a vchan: %m");
	chan->blocking = 0;
	for (;;) {
		uint32_t len;

		if (receive(chan, &len, sizeof(len), alive) || len > sizeof(data))
			break;
		lost = 0;
		if (!len)
			break;
		lost = -1;
		if (receive(chan, data, len, alive) || write_all(data, len))
			break;
	}
	libxenvchan_close(chan);
	return lost;
}
