// SPDX-License-Identifier: GPL-2.0
/* Modules with probes that are loaded or removed while others are recorded. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "record/probes_internal.h"

const char *const probe_modules[NR_MODULES] = {NULL, "xen_gntdev"};

bool probes__same_module(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool probes__has_module(const struct probes *probes, const char *module)
{
	unsigned int i;

	for (i = 0; i < NR_MODULES; i++)
		if (probes__same_module(probe_modules[i], module))
			return probes->module[i];
	return false;
}

ino_t probes__find_module(const char *module)
{
	char path[96];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* Without the module there are no such events, so its probes are no blind spot. */
static void wait_for_module(struct probes *probes, const char *module, const char *what)
{
	char why[96];
	unsigned int i;

	snprintf(why, sizeof(why), "module %s %s", module, what);
	for (i = 0; i < nr_points; i++) {
		struct point_run *run = &probes->run[i];

		if (!probes__same_module(points[i].module, module) ||
		    (points[i].only && points[i].only != probes->config.tier))
			continue;
		/* Kprobes do not pin a module; they go with it. */
		probe_run__detach(run);
		probes__report(probes, i, 0, PROBE_MISSING, 0, why);
		run->state = POINT_WAITING;
	}
}

/* The module may be in use already. */
static void miss_module(struct probes *probes, const char *module, u64 since)
{
	char why[96];
	unsigned int i;

	snprintf(why, sizeof(why), "module %s was loaded just now", module);
	for (i = 0; i < nr_points; i++)
		if (probes__same_module(points[i].module, module) &&
		    probes->run[i].state == POINT_WAITING)
			probes__report(probes, i, since, PROBE_MISSING, points[i].events, why);
}

void probes__see_modules(struct probes *probes, u64 since)
{
	unsigned int i;

	for (i = 0; i < NR_MODULES; i++) {
		const char *module = probe_modules[i];
		ino_t before = probes->module[i];

		if (!module)
			continue;
		probes->module[i] = probes__find_module(module);
		if (probes->module[i] == before && (before || since))
			continue;
		if (before)
			wait_for_module(probes, module, "was unloaded");
		else if (!probes->module[i])
			wait_for_module(probes, module, "is not loaded");
		if (probes->module[i] && since)
			miss_module(probes, module, since);
	}
}

bool probes__is_late(const struct probes *probes)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		if (probes->run[i].state == POINT_WAITING &&
		    probes__has_module(probes, points[i].module))
			return true;
	return false;
}
