// SPDX-License-Identifier: GPL-2.0
/* Common to all shells; and the completion for bash: one function with two tables. */
#include <string.h>

#include "util/completion.h"

static const char *find_words(const struct completion *values, const char *command,
			      const char *metavar)
{
	for (; values->metavar; values++)
		if (!strcmp(values->metavar, metavar) &&
		    (!values->command || !strcmp(values->command, command)))
			return values->words;
	return NULL;
}

const char *completion__of_option(const struct command *cmd, const struct opt *opt,
				  const struct completion *values, char *buf, size_t size)
{
	const char *words;
	size_t used = 0;
	unsigned int i;

	if (opt->type != OPT_ENUM) {
		words = opt->metavar ? find_words(values, cmd->name, opt->metavar) : NULL;
		return words ? words : "";
	}
	for (i = 0; opt->names[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "",
					 opt->names[i]);
	return buf;
}

const char *completion__of_arguments(const struct command *cmd, const struct completion *values)
{
	const char *words = find_words(values, cmd->name, cmd->args);

	return words ? words : "";
}

bool completion__goes_on(const char *words)
{
	const size_t len = strlen(words);

	return strstr(words, "= ") || strstr(words, ": ") || (len && strchr("=:", words[len - 1]));
}

/* --- bash --- */

/* Prints the option of compgen that completes @words. */
static void put_action(FILE *out, const char *words)
{
	if (!strcmp(words, "@file"))
		fputs("compopt -o default; COMPREPLY=()", out);
	else if (!strcmp(words, "@dir"))
		fputs("compopt -o dirnames; COMPREPLY=()", out);
	else if (completion__goes_on(words))
		fprintf(out, "compopt -o nospace; COMPREPLY=($(compgen -W '%s' -- \"$cur\"))",
			words);
	else
		fprintf(out, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", words);
	fputs("; return ;;\n", out);
}

static void put_options(FILE *out, const struct command *cmd)
{
	const struct opt *opt;
	unsigned int i;

	fprintf(out, "\t%s) words='", cmd->name);
	for (i = 0; (opt = opts__at(cmd, i)); i++) {
		fprintf(out, "%s--%s", i ? " " : "", opt->name);
		if (opt->letter)
			fprintf(out, " -%c", opt->letter);
	}
	fputs("' ;;\n", out);
}

static void put_values(FILE *out, const struct command *cmd, const struct completion *values)
{
	char buf[128];
	const char *words;
	unsigned int i;

	for (i = 0; i < cmd->nr_opts; i++) {
		const struct opt *opt = &cmd->opts[i];

		if (opt->type == OPT_FLAG)
			continue;
		words = completion__of_option(cmd, opt, values, buf, sizeof(buf));
		fprintf(out, "\t%s:--%s", cmd->name, opt->name);
		if (opt->letter)
			fprintf(out, " | %s:-%c", cmd->name, opt->letter);
		fputs(") ", out);
		put_action(out, words);
	}
}

void completion__print_bash(const struct command *const *commands, const struct completion *values,
			    FILE *out)
{
	const char *words;
	size_t i;

	fputs("# bash completion for grantwatch, made from its option tables by 'grantwatch help --bash'\n\n"
	      "_grantwatch() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
	      "\tCOMPREPLY=()\n"
	      "\t# --option=value comes as three words\n"
	      "\t[ \"$cur\" != = ] || cur=\n"
	      "\t[ \"$prev\" != = ] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '--help --version",
	      out);
	for (i = 0; commands[i]; i++)
		fprintf(out, " %s", commands[i]->name);
	fputs("' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $command:$prev in\n", out);
	for (i = 0; commands[i]; i++)
		put_values(out, commands[i], values);
	fputs("\tesac\n\tcase $command in\n", out);
	for (i = 0; commands[i]; i++)
		put_options(out, commands[i]);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $command in\n",
	      out);
	for (i = 0; commands[i]; i++) {
		words = completion__of_arguments(commands[i], values);
		if (!*words)
			continue;
		fprintf(out, "\t%s) ", commands[i]->name);
		put_action(out, words);
	}
	fputs("\tesac\n}\ncomplete -F _grantwatch grantwatch\n", out);
}
