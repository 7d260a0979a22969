// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "known/programs.h"

/* More programs of one report share the number 0. */
#define PSEUDONYMS 256

enum protocol { PROTOCOL_NONE, PROTOCOL_GUI, PROTOCOL_VCHAN, PROTOCOL_DEVICE };

static const char *const protocols[] = {
	[PROTOCOL_GUI] =
		"Qubes GUI: from protocol 1.7 on the daemon acknowledges each window dump "
		"(MSG_WINDOW_DUMP_ACK) and Linux' agent keeps the refs until then. Both ends must speak "
		"it ('rpm -q qubes-gui-daemon' in dom0, qubes-gui-agent in the qube). Stubdomains "
		"speak 1.0, and Windows' agent does not wait for it",
	[PROTOCOL_VCHAN] =
		"libxenvchan: the server grants the ring and its pages under a port in xenstore, the "
		"client maps them; after a reconnect the port has new refs",
	[PROTOCOL_DEVICE] = "a PV device's backend in user space: it maps what the frontend grants",
};

/* A trailing * matches any rest, a leading # any number. */
static const struct {
	const char *pattern;
	enum protocol protocol;
} programs[] = {
	{"Xorg", PROTOCOL_GUI},
	{"Xwayland", PROTOCOL_GUI},
	{"qubes-guid", PROTOCOL_GUI},
	{"qubes-gui", PROTOCOL_GUI},
	{"gui-daemon", PROTOCOL_GUI},
	{"gui-agent", PROTOCOL_GUI},
	{"qrexec-*", PROTOCOL_VCHAN},
	{"qubesdb-*", PROTOCOL_VCHAN},
	{"pacat-simple-vc", PROTOCOL_VCHAN},
	{"vchan-*", PROTOCOL_VCHAN},
	{"pulseaudio", PROTOCOL_VCHAN},
	{"pipewire*", PROTOCOL_VCHAN},
	/* libvirt may append the name of the domain: "qemu:NAME" */
	{"qemu", PROTOCOL_DEVICE},
	{"qemu-*", PROTOCOL_DEVICE},
	{"tapdisk*", PROTOCOL_DEVICE},
	{"blktap*", PROTOCOL_DEVICE},
	{"vhost-device*", PROTOCOL_DEVICE},
	{"xen-9pfsd", PROTOCOL_DEVICE},
	{"displ_be", PROTOCOL_DEVICE},
	{"snd_be", PROTOCOL_DEVICE},
	{"swtpm*", PROTOCOL_DEVICE},
	{"xenconsoled", PROTOCOL_DEVICE},
	{"xenstored", PROTOCOL_NONE},
	{"oxenstored", PROTOCOL_NONE},
	{"xl", PROTOCOL_NONE},
	{"libxl*", PROTOCOL_NONE},
	{"libvirtd", PROTOCOL_NONE},
	{"grantwatch", PROTOCOL_NONE},
	{"systemd*", PROTOCOL_NONE},
	{"kworker/*", PROTOCOL_NONE},
	{"ksoftirqd/*", PROTOCOL_NONE},
	{"swapper/*", PROTOCOL_NONE},
	{"xenbus", PROTOCOL_NONE},
	{"xenwatch", PROTOCOL_NONE},
	{"vif#*", PROTOCOL_NONE},
	{"#.xvd*", PROTOCOL_NONE},
	{"#.hd*", PROTOCOL_NONE},
	{"#.sd*", PROTOCOL_NONE},
};

static bool matches(const char *pattern, const char *comm)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			return true;
		if (*pattern == '#') {
			size_t digits = strspn(comm, "0123456789");

			if (!digits)
				return false;
			comm += digits;
		} else if (*pattern != *comm++) {
			return false;
		}
	}
	return !*comm;
}

static size_t find(const char *comm)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++)
		if (matches(programs[i].pattern, comm))
			break;
	return i;
}

bool program__is_known(const char *comm)
{
	return find(comm) < ARRAY_SIZE(programs);
}

const char *program__protocol(const char *comm)
{
	size_t i = find(comm);

	return i < ARRAY_SIZE(programs) ? protocols[programs[i].protocol] : NULL;
}

/* Names that got a pseudonym, in the order in which they came up. */
static struct {
	u32 series, nr;
	char name[PSEUDONYMS][24];
} given;

void program__series(u32 series)
{
	given.series = series;
}

/* A redacted capture has pseudonyms already. */
static bool is_pseudonym(const char *comm)
{
	return !strncmp(comm, "program-", 8) && comm[8] &&
	       !comm[8 + strspn(comm + 8, "0123456789.")];
}

static u32 number_of(const char *comm)
{
	u32 i;

	for (i = 0; i < given.nr; i++)
		if (!strcmp(given.name[i], comm))
			return i + 1;
	if (given.nr == PSEUDONYMS)
		return 0;
	snprintf(given.name[given.nr++], sizeof(given.name[0]), "%s", comm);
	return given.nr;
}

const char *program__public(const char *comm, char *buf, size_t size)
{
	if (program__is_known(comm) || is_pseudonym(comm))
		snprintf(buf, size, "%s", comm);
	else if (given.series)
		snprintf(buf, size, "program-%u.%u", given.series, number_of(comm));
	else
		snprintf(buf, size, "program-%u", number_of(comm));
	return buf;
}

const char *program__class(const char *comm, char *buf, size_t size)
{
	size_t n = 0;

	if (!program__is_known(comm)) {
		snprintf(buf, size, "program");
		return buf;
	}
	while (*comm && n + 1 < size) {
		size_t digits = strspn(comm, "0123456789");

		buf[n++] = digits ? 'N' : *comm;
		comm += digits ? digits : 1;
	}
	buf[n] = '\0';
	return buf;
}
