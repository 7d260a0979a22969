// SPDX-License-Identifier: GPL-2.0
/* The completion for fish: a line for each command and option. */
#include <string.h>

#include "util/completion.h"

/* Prints @text for fish, in single quotes. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void put_condition(FILE *out, const char *command)
{
	fprintf(out, "complete -c grantwatch -n '__grantwatch_runs %s'", command);
}

/* Prints what completes @words; nothing, and no files, if there are none. */
static void put_values(FILE *out, const char *words)
{
	if (!strcmp(words, "@file")) {
		fputs(" -F", out);
	} else if (!strcmp(words, "@dir")) {
		fputs(" -f -a '(__fish_complete_directories)'", out);
	} else {
		fputs(" -f", out);
		if (*words)
			fprintf(out, " -a '%s'", words);
	}
}

static void put_option(FILE *out, const struct command *cmd, const struct opt *opt,
		       const struct completion *values)
{
	char buf[128];

	put_condition(out, cmd->name);
	if (opt->letter)
		fprintf(out, " -s %c", opt->letter);
	fprintf(out, " -l %s", opt->name);
	if (opt->metavar) {
		fputs(" -r", out);
		put_values(out, completion__of_option(cmd, opt, values, buf, sizeof(buf)));
	}
	fputs(" -d ", out);
	put_quoted(out, opt->help);
	fputc('\n', out);
}

void completion__print_fish(const struct command *const *commands, const struct completion *values,
			    FILE *out)
{
	const struct opt *opt;
	const char *words;
	unsigned int i, n;

	fputs("# completion for grantwatch, made from its option tables by 'grantwatch help --fish'\n\n"
	      "# whether the command is this one; without an argument, whether there is none yet\n"
	      "function __grantwatch_runs\n"
	      "\tset -l words (commandline -opc)\n"
	      "\tif test (count $argv) -eq 0\n"
	      "\t\ttest (count $words) -eq 1\n"
	      "\telse\n"
	      "\t\ttest (count $words) -gt 1; and test \"$words[2]\" = \"$argv[1]\"\n"
	      "\tend\n"
	      "end\n\n"
	      "complete -c grantwatch -f\n"
	      "complete -c grantwatch -n __grantwatch_runs -l help -d 'show the commands'\n"
	      "complete -c grantwatch -n __grantwatch_runs -l version -d 'print the version'\n",
	      out);
	for (n = 0; commands[n]; n++) {
		fprintf(out, "complete -c grantwatch -n __grantwatch_runs -a %s -d ",
			commands[n]->name);
		put_quoted(out, commands[n]->summary);
		fputc('\n', out);
	}
	for (n = 0; commands[n]; n++) {
		for (i = 0; (opt = opts__at(commands[n], i)); i++)
			put_option(out, commands[n], opt, values);
		words = completion__of_arguments(commands[n], values);
		if (!*words)
			continue;
		put_condition(out, commands[n]->name);
		put_values(out, words);
		fputc('\n', out);
	}
}
