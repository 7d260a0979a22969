// SPDX-License-Identifier: GPL-2.0
/* The output of repro --list: scenarios with their steps, and the verbs of a script. */
#include <stdio.h>
#include <string.h>

#include "repro/scenarios.h"
#include "repro/script.h"
#include "util/json_line.h"
#include "util/log.h"
#include "util/options.h"

static void list_steps(const struct scenario *scenario)
{
	struct script script;
	char text[128];
	u32 i;

	if (script__parse(&script, scenario->name, scenario->script))
		return;
	if (script.repeat > 1)
		printf("       repeat %u every %g\n", script.repeat,
		       (double)script.every / NSEC_PER_SEC);
	for (i = 0; i < script.nr; i++) {
		step__format(&script.step[i], text, sizeof(text));
		printf("  %3u  %s\n", i + 1, text);
	}
}

/* Lists what a script may have, for authors of scripts. */
static void list_verbs(void)
{
	unsigned int i, side;
	char text[64];

	for (side = 0; side < NR_SIDES; side++) {
		printf("\nsteps of the %s:\n", side_names[side]);
		for (i = 0; i < NR_VERBS; i++) {
			if (!(verbs[i].sides & 1U << side))
				continue;
			snprintf(text, sizeof(text), "%s %s", verbs[i].name, verbs[i].args);
			printf("  %-22s %s\n", text, verbs[i].help);
		}
	}
}

static void print_scenario_json(FILE *out, const struct scenario *scenario)
{
	json_t *steps = json_array();
	struct script script;
	struct json_line line;
	char text[128];
	u32 i;

	if (script__parse(&script, scenario->name, scenario->script))
		return;
	for (i = 0; i < script.nr; i++) {
		step__format(&script.step[i], text, sizeof(text));
		json__append_string(steps, text);
	}
	json_line__begin(&line, out, "scenario");
	json__set_string(line.object, "scenario", scenario->name);
	json__set_string(line.object, "text", scenario->summary);
	json__set_number(line.object, "rounds", script.repeat);
	json__set_number(line.object, "every_ns", script.every);
	json_object_set_new(line.object, "steps", steps);
	json_line__end(&line);
}

static void print_verbs_json(FILE *out)
{
	struct json_line line;
	unsigned int i, side;

	for (side = 0; side < NR_SIDES; side++)
		for (i = 0; i < NR_VERBS; i++) {
			if (!(verbs[i].sides & 1U << side))
				continue;
			json_line__begin(&line, out, "verb");
			json__set_string(line.object, "actor", side_names[side]);
			json__set_string(line.object, "verb", verbs[i].name);
			json__set_string(line.object, "arguments", verbs[i].args);
			json__set_string(line.object, "text", verbs[i].help);
			json_line__end(&line);
		}
}

int scenarios__list(const char *name, bool json)
{
	const struct scenario *scenario;
	bool found = false;

	for (scenario = scenarios; scenario->name; scenario++) {
		if (name && strcmp(name, scenario->name) != 0)
			continue;
		if (json)
			print_scenario_json(stdout, scenario);
		else
			printf("%s%s: %s\n", found ? "\n" : "", scenario->name, scenario->summary);
		if (!json)
			list_steps(scenario);
		found = true;
	}
	if (!name && json)
		print_verbs_json(stdout);
	else if (!name)
		list_verbs();
	if (found)
		return EXIT_CLEAN;
	pr_err("no scenario '%s'; 'grantwatch repro --list' shows them", name);
	return EXIT_ERROR;
}
