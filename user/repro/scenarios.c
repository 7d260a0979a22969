// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "repro/scenarios.h"

/* clang-format off */

/*
 * The end of each race: the frontend of the granter's disk cannot revoke the page that the mapper
 * has mapped.
 */
#define DISK_IS_LOST \
	"granter read; mapper map retry 60; granter lost; mapper !check; mapper unmap; granter idle"

/* The same race without a victim: another window gets the refs. */
#define WINDOW_IS_MISTAKEN \
	"granter2 grant 64; mapper map; mapper !check; mapper unmap; mapper disarm; granter2 free"

const struct scenario scenarios[] = {
	{"clean", "as it should be: the window is freed after it was unmapped",
	 "granter grant 64; granter tell; mapper arm; mapper map; mapper check; mapper unmap; mapper disarm;"
	 "granter free"},

	{"near-miss", "the window is freed after it was announced, and never mapped",
	 "granter grant 64; granter tell; mapper arm; granter free; mapper disarm"},

	{"refused", "the map comes after the free, and Xen refuses it",
	 "granter grant 64; granter tell; mapper arm; granter free; mapper !map; mapper disarm"},

	{"regranted", "the map comes after the free and reaches another window; does no harm",
	 "granter grant 64; granter tell; mapper arm; granter free;" WINDOW_IS_MISTAKEN},

	{"killed", "the same, but the agent was killed, and the new one grants; does no harm",
	 "granter grant 64; granter tell; mapper arm; granter kill;" WINDOW_IS_MISTAKEN},

	{"race", "the eight steps: the map reaches a page of --disk, and the domain LOSES that disk",
	 "granter grant 128; granter tell; mapper arm each; granter free;" DISK_IS_LOST},

	{"race-late", "the same, but the mapper arms after the free",
	 "granter grant 128; granter tell; granter free; mapper arm each;" DISK_IS_LOST},

	{"race-killed", "the same, but the agent was killed instead of freeing",
	 "granter grant 128; granter tell; mapper arm each; granter kill;" DISK_IS_LOST},

	{"race-cued", "the eight steps, with the I/O made by somebody else between the cues freed and io",
	 "granter grant 128; granter tell; mapper arm each; granter free; granter cue freed; granter await io;"
	 "mapper map retry 60; mapper cue mapped; mapper hold 5; mapper !check; mapper unmap"},

	{"partial", "half of what is mapped in one go is freed: Xen refuses that half, and the other has to go too",
	 "granter grant 32; granter2 grant 32; granter tell; granter2 tell more; mapper arm; granter free;"
	 "mapper !map; mapper disarm; granter2 free"},

	{"copy", "as it should be, by copies: the window is freed after it was read and written",
	 "granter grant 16 writable; granter tell; mapper copy-from; mapper check; mapper copy-to; granter free"},

	{"copy-refused", "the copy comes after the free, and Xen refuses it",
	 "granter grant 16; granter tell; granter free; mapper !copy-from"},

	{"copy-late", "the copy comes after the free and reads a page of --disk; does no harm",
	 "granter grant 16; granter tell; granter free; granter read; mapper copy-from retry 60; mapper !check;"
	 "granter idle"},

	{"double-map", "two processes of the mapper's domain map the window at a time",
	 "granter grant 64; granter tell; mapper arm; mapper map; mapper2 arm; mapper2 map; mapper check;"
	 "mapper2 check; mapper unmap; mapper2 unmap; granter free"},

	{"lingering", "freed while the mapper holds it: deferred until the mapper lets go, ten seconds later",
	 "granter grant 64; granter tell; mapper arm; mapper map; granter free; mapper hold 10; mapper check;"
	 "mapper unmap"},

	{"storm", "windows of 8100 pages, as while a 4K window is resized: 20 a second for ten seconds",
	 "repeat 200 every 0.05;"
	 "granter grant 8100; granter tell; mapper arm; mapper map; mapper unmap; mapper disarm; granter free"},

	{0},
};
/* clang-format on */

const struct scenario *scenario__find(const char *name)
{
	const struct scenario *scenario;

	for (scenario = scenarios; scenario->name; scenario++)
		if (!strcmp(scenario->name, name))
			return scenario;
	return NULL;
}
