// SPDX-License-Identifier: GPL-2.0
/* The completion for zsh: _arguments with a specification of each command. */
#include <string.h>

#include "util/completion.h"

/*
 * Prints @text within single quotes, as a message of _arguments, where brackets and colons must be
 * escaped.
 */
static void put_message(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* Words that continue. A colon would end the action. */
static void put_open_words(FILE *out, const char *words)
{
	fputs("{compadd -S \"\" -- ", out);
	for (; *words; words++) {
		if (*words == ':')
			fputc('\\', out);
		fputc(*words, out);
	}
	fputc('}', out);
}

/* What completes @words. */
static void put_action(FILE *out, const char *words)
{
	if (!strcmp(words, "@file"))
		fputs("_files", out);
	else if (!strcmp(words, "@dir"))
		fputs("_files -/", out);
	else if (completion__goes_on(words))
		put_open_words(out, words);
	else if (*words)
		fprintf(out, "(%s)", words);
	else
		/* a message only */
		fputc(' ', out);
}

static void put_option(FILE *out, const struct command *cmd, const struct opt *opt,
		       const struct completion *values)
{
	const char *often = opt->type == OPT_LIST ? "*" : "";
	char buf[128];

	fputs("\t\t\t", out);
	if (opt->letter && *often)
		fprintf(out, "'*'{-%c,--%s}'[", opt->letter, opt->name);
	else if (opt->letter)
		fprintf(out, "'(-%c --%s)'{-%c,--%s}'[", opt->letter, opt->name, opt->letter,
			opt->name);
	else
		fprintf(out, "'%s--%s[", often, opt->name);
	put_message(out, opt->help);
	fputc(']', out);
	if (opt->metavar) {
		fputc(':', out);
		put_message(out, opt->metavar);
		fputc(':', out);
		put_action(out, completion__of_option(cmd, opt, values, buf, sizeof(buf)));
	}
	fputs("' \\\n", out);
}

static void put_command(FILE *out, const struct command *cmd, const struct completion *values)
{
	const struct opt *opt;
	unsigned int i;

	fprintf(out, "\t\t%s)\n\t\t_arguments -s -S \\\n", cmd->name);
	for (i = 0; (opt = opts__at(cmd, i)); i++)
		put_option(out, cmd, opt, values);
	fputs("\t\t\t'*:", out);
	put_message(out, *cmd->args ? cmd->args : "no argument");
	fputc(':', out);
	put_action(out, completion__of_arguments(cmd, values));
	fputs("' ;;\n", out);
}

void completion__print_zsh(const struct command *const *commands, const struct completion *values,
			   FILE *out)
{
	size_t i;

	fputs("#compdef grantwatch\n"
	      "# completion for grantwatch, made from its option tables by 'grantwatch help --zsh'\n\n"
	      "_grantwatch() {\n"
	      "\tlocal context state line curcontext=$curcontext\n"
	      "\ttypeset -A opt_args\n"
	      "\tlocal -a commands=(\n",
	      out);
	for (i = 0; commands[i]; i++) {
		fprintf(out, "\t\t'%s:", commands[i]->name);
		put_message(out, commands[i]->summary);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\t_arguments -C '(- *)--help[show the commands]' '(- *)--version[print the version]' \\\n"
	      "\t\t'1:command:->command' '*::argument:->argument'\n"
	      "\tcase $state in\n"
	      "\tcommand) _describe -t commands command commands ;;\n"
	      "\targument)\n"
	      "\t\tcase $line[1] in\n",
	      out);
	for (i = 0; commands[i]; i++)
		put_command(out, commands[i], values);
	fputs("\t\tesac ;;\n\tesac\n}\n\n_grantwatch \"$@\"\n", out);
}
