// SPDX-License-Identifier: GPL-2.0
/*
 * libinih is no choice: it cuts a value at " ;" and a line at 200 bytes, and values are commands.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/config_file.h"
#include "util/log.h"
#include "util/similar.h"

/* Commands whose table has CONFIG_OPT(). */
static const char *const sections[] = {"ci", "record", "watch"};

struct reading {
	const struct command *cmd;
	void *cfg;
	const char *path;
	u32 line;
	bool any;    /* a section has begun */
	bool wanted; /* it is the command's */
};

/* @text without blanks around it. */
static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static int begin_section(struct reading *reading, char *text)
{
	char *end = text + strlen(text) - 1;
	size_t i;

	if (*end == ']') {
		*end = '\0';
		text = trim(text + 1);
		for (i = 0; i < ARRAY_SIZE(sections); i++) {
			if (strcmp(sections[i], text) != 0)
				continue;
			reading->any = true;
			reading->wanted = !strcmp(text, reading->cmd->name);
			return 0;
		}
	}
	pr_err("%s:%u: a section is [ci], [record] or [watch]", reading->path, reading->line);
	return OPTS_BAD;
}

static const struct opt *find(const struct reading *reading, const char *name)
{
	struct similar similar = {.word = name};
	u32 i;

	for (i = 0; i < reading->cmd->nr_opts; i++) {
		const struct opt *opt = &reading->cmd->opts[i];

		if (opt->type == OPT_CONFIG)
			continue;
		if (!strcmp(opt->name, name))
			return opt;
		similar__offer(&similar, opt->name);
	}
	pr_err("%s:%u: %s has no option '%s'%s%s%s", reading->path, reading->line,
	       reading->cmd->name, name, similar.best ? ": did you mean " : "",
	       similar.best ? similar.best : "", similar.best ? "?" : "");
	return NULL;
}

/* Returns 1 for yes, 0 for no, -1 for anything else. */
static int truth_of(const char *value)
{
	if (!strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "on"))
		return 1;
	return strcmp(value, "no") && strcmp(value, "false") && strcmp(value, "off") ? -1 : 0;
}

static int set_option(const struct reading *reading, const char *name, const char *value)
{
	const struct opt *opt = find(reading, name);
	char *kept;
	int truth;

	if (!opt)
		return OPTS_BAD;
	if (opt->type == OPT_FLAG) {
		truth = truth_of(value);
		if (truth >= 0)
			return truth ? opts__set(reading->cmd, opt, reading->cfg, NULL) : 0;
		pr_err("%s:%u: %s takes yes or no, not '%s'", reading->path, reading->line, name,
		       value);
		return OPTS_BAD;
	}
	kept = strdup(value);
	if (kept && !opts__set(reading->cmd, opt, reading->cfg, kept))
		return 0;
	pr_err("%s:%u: the line is not usable", reading->path, reading->line);
	free(kept);
	return OPTS_BAD;
}

static int take_line(struct reading *reading, char *line)
{
	char *text = trim(line), *equals;

	if (!*text || *text == '#' || *text == ';')
		return 0;
	if (*text == '[')
		return begin_section(reading, text);
	equals = strchr(text, '=');
	if (!equals || !reading->any) {
		pr_err("%s:%u: %s", reading->path, reading->line,
		       equals ? "an option before the first section"
			      : "takes 'option = value', also of a flag: 'soft = yes'");
		return OPTS_BAD;
	}
	*equals = '\0';
	return reading->wanted ? set_option(reading, trim(text), trim(equals + 1)) : 0;
}

int config_file__read(const struct command *cmd, void *cfg, const char *path)
{
	struct reading reading = {.cmd = cmd, .cfg = cfg, .path = path};
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!in) {
		pr_err("%s: %s", path, strerror(errno));
		return OPTS_BAD;
	}
	while (!err && getline(&line, &size, in) >= 0) {
		reading.line++;
		err = take_line(&reading, line);
	}
	if (!err && ferror(in)) {
		pr_err("%s: %s", path, strerror(errno));
		err = OPTS_BAD;
	}
	free(line);
	fclose(in);
	return err;
}

static bool takes_config(const struct command *cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(sections[i], cmd->name))
			return true;
	return false;
}

void config_file__print(const struct command *const *commands, FILE *out)
{
	const struct opt *opt;
	u32 i;

	fputs("# Options of grantwatch-monitor.service ([ci], and [watch], which it runs) and of\n"
	      "# grantwatch-record.service ([record]): those of the commands without dashes.\n"
	      "# A flag is yes or no. An option that may be given more than once has a line for each.\n",
	      out);
	for (; *commands; commands++) {
		if (!takes_config(*commands))
			continue;
		fprintf(out, "\n[%s]\n", (*commands)->name);
		for (i = 0; i < (*commands)->nr_opts; i++) {
			opt = &(*commands)->opts[i];
			if (opt->type == OPT_CONFIG)
				continue;
			fprintf(out, "# %s\n#%s = %s\n", opt->help, opt->name,
				opt->type == OPT_FLAG ? "no" : opt->metavar);
		}
	}
}
