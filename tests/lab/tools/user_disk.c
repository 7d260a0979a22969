// SPDX-License-Identifier: GPL-2.0
/*
 * A block backend in user space: a disk of zeros, which maps pages through gntdev. A backend must
 * unmap the pages of a request before it answers. After SIGUSR1 this one answers first and unmaps
 * LATE-MS later, so that blkfront's end of access is refused (XSA-396).
 *
 *	user_disk DOMID RING-REF EVENT-CHANNEL LATE-MS
 *
 * The lab installs it as tapdisk-lab, because grantwatch recognises backends by their names.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xen/xen.h>

/* Macros that ring.h needs, by old and new names. */
#define mb()	  __sync_synchronize()
#define rmb()	  mb()
#define wmb()	  mb()
#define xen_mb()  mb()
#define xen_rmb() mb()
#define xen_wmb() mb()

#include <xen/io/blkif.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#define PAGE 4096u

/* A map request for up to as many refs as a request has. */
union map_request {
	struct ioctl_gntdev_map_grant_ref head;
	uint8_t bytes[sizeof(struct ioctl_gntdev_map_grant_ref) +
		      BLKIF_MAX_SEGMENTS_PER_REQUEST * sizeof(struct ioctl_gntdev_grant_ref)];
};

struct mapping {
	void *at;
	uint64_t index;
	uint32_t nr;
};

static volatile sig_atomic_t late;
static int gntdev, evtchn;
static uint32_t domid;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_late(int sig)
{
	late = 1;
}

static void map(struct mapping *mapping, const grant_ref_t *refs, uint32_t nr)
{
	union map_request request = {.head = {.count = nr}};
	uint32_t i;

	for (i = 0; i < nr; i++)
		request.head.refs[i] = (struct ioctl_gntdev_grant_ref){domid, refs[i]};
	if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &request))
		die("map: ioctl");
	mapping->nr = nr;
	mapping->index = request.head.index;
	mapping->at = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev,
			   (off_t)mapping->index);
	if (mapping->at == MAP_FAILED)
		die("map: mmap");
}

static void unmap(const struct mapping *mapping)
{
	struct ioctl_gntdev_unmap_grant_ref request = {.index = mapping->index,
						       .count = mapping->nr};

	if (munmap(mapping->at, mapping->nr * PAGE) ||
	    ioctl(gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &request))
		die("unmap");
}

static void answer(blkif_back_ring_t *ring, uint32_t port, const struct blkif_request *request,
		   int16_t status)
{
	struct blkif_response *response = RING_GET_RESPONSE(ring, ring->rsp_prod_pvt);
	struct ioctl_evtchn_notify notify = {.port = port};
	int wanted;

	*response = (struct blkif_response){
		.id = request->id, .operation = request->operation, .status = status};
	ring->rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(ring, wanted);
	if (wanted && ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify))
		die("notify");
}

static void serve(blkif_back_ring_t *ring, uint32_t port, const struct blkif_request *request,
		  const struct timespec *delay)
{
	grant_ref_t refs[BLKIF_MAX_SEGMENTS_PER_REQUEST];
	struct mapping mapping;
	uint32_t i, nr = request->nr_segments;

	if (request->operation != BLKIF_OP_READ || !nr || nr > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		answer(ring, port, request, BLKIF_RSP_EOPNOTSUPP);
		return;
	}
	for (i = 0; i < nr; i++)
		refs[i] = request->seg[i].gref;
	map(&mapping, refs, nr);
	for (i = 0; i < nr; i++)
		memset((uint8_t *)mapping.at + i * PAGE + request->seg[i].first_sect * 512, 0,
		       (request->seg[i].last_sect - request->seg[i].first_sect + 1u) * 512);
	if (late) {
		answer(ring, port, request, BLKIF_RSP_OKAY);
		nanosleep(delay, NULL);
		unmap(&mapping);
	} else {
		unmap(&mapping);
		answer(ring, port, request, BLKIF_RSP_OKAY);
	}
}

static void serve_all(blkif_back_ring_t *ring, uint32_t port, const struct timespec *delay)
{
	struct blkif_request request;
	int more = 1;

	while (more) {
		while (RING_HAS_UNCONSUMED_REQUESTS(ring)) {
			memcpy(&request, RING_GET_REQUEST(ring, ring->req_cons), sizeof(request));
			ring->req_cons++;
			serve(ring, port, &request, delay);
		}
		RING_FINAL_CHECK_FOR_REQUESTS(ring, more);
	}
}

int main(int argc, char **argv)
{
	struct ioctl_evtchn_bind_interdomain bind;
	struct timespec delay = {0};
	struct mapping ring_page;
	blkif_back_ring_t ring;
	grant_ref_t ring_ref;
	uint32_t port;
	int local;

	if (argc != 5) {
		fprintf(stderr, "usage: user_disk DOMID RING-REF EVENT-CHANNEL LATE-MS\n");
		return 1;
	}
	domid = (uint32_t)atoi(argv[1]);
	ring_ref = (grant_ref_t)atoi(argv[2]);
	bind.remote_domain = domid;
	bind.remote_port = (unsigned int)atoi(argv[3]);
	delay.tv_nsec = atol(argv[4]) * 1000000;
	signal(SIGUSR1, on_late);
	gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (gntdev < 0 || evtchn < 0)
		die("open /dev/xen/gntdev, /dev/xen/evtchn");
	map(&ring_page, &ring_ref, 1);
	BACK_RING_INIT(&ring, (blkif_sring_t *)ring_page.at, PAGE);
	local = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (local < 0)
		die("bind");
	for (;;) {
		struct pollfd wait = {.fd = evtchn, .events = POLLIN};

		serve_all(&ring, (uint32_t)local, &delay);
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			die("poll");
		if (wait.revents & POLLIN && read(evtchn, &port, sizeof(port)) == sizeof(port) &&
		    write(evtchn, &port, sizeof(port)) != sizeof(port))
			die("unmask");
	}
}
