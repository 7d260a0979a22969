// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/config_file.h"
#include "util/duration.h"
#include "util/log.h"
#include "util/options.h"
#include "util/similar.h"
#include "util/terminal.h"

#define MAX_OPTS 48
/* First value that getopt_long returns for table entries, above all letters. */
#define OPT_BASE 1000

static const struct opt common_opts[] = {
	{.name = "help", .letter = 'h', .help = "show this help"},
	{.name = "verbose",
	 .letter = 'v',
	 .help = "say more; twice for the libraries' own messages"},
	{.name = "quiet", .letter = 'q', .help = "errors only"},
};

const struct exit_status exit_statuses[] = {
	{EXIT_CLEAN, "clean"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_RACE, "a race was found"},
	{EXIT_BLIND, "no race found but blind: something was not seen"},
	{EXIT_UNSUPPORTED, "unsupported here"},
	{0, NULL},
};

const struct opt *opts__at(const struct command *cmd, unsigned int index)
{
	if (index < cmd->nr_opts)
		return &cmd->opts[index];
	index -= cmd->nr_opts;
	return index < ARRAY_SIZE(common_opts) ? &common_opts[index] : NULL;
}

/* @text from column @indent on, in lines of @width columns; 0: in one line. */
static void print_wrapped(const char *text, u32 indent, u32 width)
{
	const u32 room = width > indent + 20 ? width - indent : UINT32_MAX;
	u32 used = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		const u32 len = (u32)strcspn(text, " ");

		if (used && used + 1 + len > room) {
			printf("\n%*s", (int)indent, "");
			used = 0;
		}
		printf("%s%.*s", used ? " " : "", (int)len, text);
		used += len + (used > 0);
		text += len;
	}
	putchar('\n');
}

static void print_opt(const struct opt *opt, u32 width)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%s--%s%s%s", opt->letter ? '-' : ' ',
		 opt->letter ? opt->letter : ' ', opt->letter ? ", " : "  ", opt->name,
		 opt->metavar ? " " : "", opt->metavar ? opt->metavar : "");
	printf("  %-28s ", left);
	print_wrapped(opt->help, 31, width);
}

void opts__help(const struct command *cmd)
{
	const u32 width = terminal__width(STDOUT_FILENO);
	const struct opt *opt;
	unsigned int i;

	printf("usage: grantwatch %s [OPTION]...%s%s\n%s.\n", cmd->name, *cmd->args ? " " : "",
	       cmd->args, cmd->summary);
	if (cmd->help)
		printf("\n%s\n", cmd->help);
	printf("\n");
	for (i = 0; (opt = opts__at(cmd, i)); i++)
		print_opt(opt, width);
}

static int set_u32(const struct command *cmd, const struct opt *opt, void *dst, const char *arg)
{
	unsigned long long value;
	u32 top = opt->max ? opt->max : UINT32_MAX;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (errno || end == arg || *end || *arg == '-' || value < opt->min || value > top) {
		pr_err("%s: --%s takes a number from %u to %u, not '%s'", cmd->name, opt->name,
		       opt->min, top, arg);
		return OPTS_BAD;
	}
	*(u32 *)dst = (u32)value;
	return 0;
}

static int set_time(const struct command *cmd, const struct opt *opt, void *dst, const char *arg)
{
	u32 top = opt->max ? opt->max : UINT32_MAX;
	u64 seconds;

	if (duration__parse(arg, &seconds) || seconds < opt->min || seconds > top) {
		pr_err("%s: --%s takes seconds, or a duration such as 90s, 5m or 1h30m, from %u to %u s, not '%s'",
		       cmd->name, opt->name, opt->min, top, arg);
		return OPTS_BAD;
	}
	*(u32 *)dst = (u32)seconds;
	return 0;
}

/* "auto, btf or kprobe" */
static void list_names(const char *const *names, char *buf, size_t size)
{
	size_t used = 0;

	for (*buf = '\0'; *names && used < size; names++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", *names,
					 !names[1]   ? ""
					 : !names[2] ? " or "
						     : ", ");
}

static int set_enum(const struct command *cmd, const struct opt *opt, void *dst, const char *arg)
{
	char names[128];
	unsigned int i;

	for (i = 0; opt->names[i]; i++) {
		if (strcmp(opt->names[i], arg))
			continue;
		*(unsigned int *)dst = i;
		return 0;
	}
	list_names(opt->names, names, sizeof(names));
	pr_err("%s: --%s takes %s, not '%s'", cmd->name, opt->name, names, arg);
	return OPTS_BAD;
}

int opts__set(const struct command *cmd, const struct opt *opt, void *cfg, const char *arg)
{
	void *dst = (char *)cfg + opt->offset;
	struct opt_list *list = dst;

	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)dst = true;
		return 0;
	case OPT_STRING:
		*(const char **)dst = arg;
		return 0;
	case OPT_U32:
		return set_u32(cmd, opt, dst, arg);
	case OPT_TIME:
		return set_time(cmd, opt, dst, arg);
	case OPT_ENUM:
		return set_enum(cmd, opt, dst, arg);
	case OPT_CONFIG:
		*(const char **)dst = arg;
		return config_file__read(cmd, cfg, arg);
	case OPT_LIST:
		if (list->nr == ARRAY_SIZE(list->item)) {
			pr_err("%s: --%s can be given %zu times at most", cmd->name, opt->name,
			       ARRAY_SIZE(list->item));
			return OPTS_BAD;
		}
		list->item[list->nr++] = arg;
		return 0;
	}
	return OPTS_BAD;
}

/* Builds getopt's two tables. */
static void fill_tables(const struct command *cmd, struct option *longs, char *shorts)
{
	unsigned int i, n = 0;

	*shorts++ = ':';
	for (i = 0; i < cmd->nr_opts && i < MAX_OPTS; i++) {
		const struct opt *opt = &cmd->opts[i];

		longs[n++] = (struct option){opt->name, opt->type != OPT_FLAG, NULL,
					     opt->letter ? opt->letter : OPT_BASE + (int)i};
		if (!opt->letter)
			continue;
		*shorts++ = opt->letter;
		if (opt->type != OPT_FLAG)
			*shorts++ = ':';
	}
	for (i = 0; i < ARRAY_SIZE(common_opts); i++) {
		longs[n++] = (struct option){common_opts[i].name, 0, NULL, common_opts[i].letter};
		*shorts++ = common_opts[i].letter;
	}
	longs[n] = (struct option){0};
	*shorts = '\0';
}

static const struct opt *find_opt(const struct command *cmd, int c)
{
	unsigned int i;

	if (c >= OPT_BASE)
		return &cmd->opts[c - OPT_BASE];
	for (i = 0; i < cmd->nr_opts; i++)
		if (cmd->opts[i].letter == c)
			return &cmd->opts[i];
	return NULL;
}

/* Returns the option of @cmd named by the @len bytes at @name, or the most similar one. */
static const struct opt *guess_opt(const struct command *cmd, const char *name, size_t len,
				   bool *exact)
{
	const struct opt *opt, *best = NULL;
	struct similar similar;
	char word[64];
	unsigned int i;

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	similar = (struct similar){.word = word};
	*exact = false;
	for (i = 0; (opt = opts__at(cmd, i)); i++) {
		if (!strcmp(opt->name, word)) {
			*exact = true;
			return opt;
		}
		similar__offer(&similar, opt->name);
		if (similar.best == opt->name)
			best = opt;
	}
	return best;
}

/* Logs what is wrong with the argument @arg, an option. */
static void complain_long(const struct command *cmd, const char *arg)
{
	const char *name = arg + 2;
	const size_t len = strcspn(name, "=");
	bool exact;
	const struct opt *opt = guess_opt(cmd, name, len, &exact);

	if (opt && exact)
		pr_err("%s: --%s takes no argument; see 'grantwatch %s --help'", cmd->name,
		       opt->name, cmd->name);
	else if (opt)
		pr_err("%s: unknown option '--%.*s': did you mean --%s? See 'grantwatch %s --help'",
		       cmd->name, (int)len, name, opt->name, cmd->name);
	else
		pr_err("%s: unknown option '--%.*s'; see 'grantwatch %s --help'", cmd->name,
		       (int)len, name, cmd->name);
}

static void complain(const struct command *cmd, int c, const char *arg)
{
	if (c == ':')
		pr_err("%s: an argument is missing after '%s'; see 'grantwatch %s --help'",
		       cmd->name, arg, cmd->name);
	else if (!strncmp(arg, "--", 2))
		complain_long(cmd, arg);
	else
		pr_err("%s: unknown option '-%c'; see 'grantwatch %s --help'", cmd->name, optopt,
		       cmd->name);
}

void commands__complain(const struct command *const *commands, const char *name)
{
	struct similar similar = {.word = name};

	for (; *commands; commands++)
		similar__offer(&similar, (*commands)->name);
	if (similar.best)
		pr_err("unknown command '%s': did you mean %s? 'grantwatch --help' lists all commands",
		       name, similar.best);
	else
		pr_err("unknown command '%s'; 'grantwatch --help' lists them", name);
}

int opts__parse(const struct command *cmd, int argc, char **argv, void *cfg)
{
	struct option longs[MAX_OPTS + ARRAY_SIZE(common_opts) + 1];
	char shorts[2 * (MAX_OPTS + ARRAY_SIZE(common_opts)) + 2];
	const struct opt *opt;
	int c;

	fill_tables(cmd, longs, shorts);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?' || c == ':') {
			complain(cmd, c, argv[optind - 1]);
			return OPTS_BAD;
		}
		opt = find_opt(cmd, c);
		if (opt) {
			if (opts__set(cmd, opt, cfg, optarg))
				return OPTS_BAD;
		} else if (c == 'h') {
			opts__help(cmd);
			return OPTS_DONE;
		} else if (c == 'v') {
			log_level++;
		} else if (c == 'q') {
			log_level = 0;
		}
	}
	return optind;
}
