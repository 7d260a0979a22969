// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>

#include "util/manual.h"
#include "util/manual_tables.h"

void manual__usage(const struct command *const *commands, FILE *out)
{
	const struct exit_status *exit;
	size_t i;

	fprintf(out,
		"usage: grantwatch COMMAND [OPTION]... [ARGUMENT]...\n"
		"Diagnoses Xen grant races: who granted, who freed, and who mapped too late.\n\n");
	for (i = 0; commands[i]; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\n'grantwatch COMMAND --help' tells more, '--version' the version.\n\nExit status:\n");
	for (exit = exit_statuses; exit->meaning; exit++)
		fprintf(out, "  %-10d %s\n", exit->code, exit->meaning);
}

/* --- manual pages --- */

/* Prints text without markup for scdoc, which joins lines to paragraphs itself. */
void manual__put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_#[]|<>~+-.;:`", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_bold(FILE *out, const char *text)
{
	fputc('*', out);
	manual__put_text(out, text);
	fputc('*', out);
}

static void put_heading(FILE *out, const char *title)
{
	fprintf(out, "\n# %s\n\n", title);
}

static void put_header(FILE *out, const char *page, const char *summary)
{
	fprintf(out, "%s(1) \"\" \"grantwatch %s\"\n\n# NAME\n\n%s - ", page, GRANTWATCH_VERSION,
		page);
	/* whatis(1) wants no capital there, except in names. */
	fputc(isupper((unsigned char)summary[1]) ? summary[0] : tolower((unsigned char)summary[0]),
	      out);
	manual__put_text(out, summary + 1);
	fputc('\n', out);
}

static void put_option(FILE *out, const struct opt *opt)
{
	char name[64];

	if (opt->letter) {
		snprintf(name, sizeof(name), "-%c", opt->letter);
		put_bold(out, name);
		fputs(", ", out);
	}
	snprintf(name, sizeof(name), "--%s", opt->name);
	put_bold(out, name);
	if (opt->metavar) {
		fputc(' ', out);
		manual__put_text(out, opt->metavar);
	}
	fputs("\n\t", out);
	manual__put_text(out, opt->help);
	fputs(opt->type == OPT_LIST ? "\\; may be given more than once\n\n" : "\n\n", out);
}

static void put_exits(FILE *out, const struct exit_status *exit)
{
	put_heading(out, "EXIT STATUS");
	for (; exit->meaning; exit++) {
		fprintf(out, "*%d*\n\t", exit->code);
		manual__put_text(out, exit->meaning);
		fputs("\n\n", out);
	}
}

static bool is_end(const struct manual_row *row)
{
	return !row->name && !row->text;
}

/* Returns the first row from @row on about @name (NULL: about all commands), or the last row. */
static const struct manual_row *find_row(const struct manual_row *row, const char *name)
{
	while (!is_end(row) && name && !manual_row__is_about(row, name))
		row++;
	return row;
}

static void put_row(FILE *out, const struct manual_row *row)
{
	if (row->name) {
		put_bold(out, row->name);
		fputs("\n\t", out);
	}
	manual__put_text(out, row->text);
	fputs("\n\n", out);
}

/* Prints the rows of @table about the command @name (NULL: about all). */
static void put_table(FILE *out, const char *title, const struct manual_row *table,
		      const char *name)
{
	const struct manual_row *row = find_row(table, name);

	if (is_end(row))
		return;
	put_heading(out, title);
	for (; !is_end(row); row = find_row(row + 1, name))
		put_row(out, row);
}

/* "grantwatch(1)", with the name in bold; skips the page itself. */
static void put_pages(FILE *out, const char *page, const char *name)
{
	const struct manual_row *row = find_row(manual_pages, name);
	const char *separator = "";
	char title[64];
	int len;

	put_heading(out, "SEE ALSO");
	for (; !is_end(row); row = find_row(row + 1, name)) {
		len = (int)strcspn(row->name, "(");
		snprintf(title, sizeof(title), "%.*s", len, row->name);
		if (!strcmp(title, page))
			continue;
		fputs(separator, out);
		put_bold(out, title);
		fputs(row->name + len, out);
		separator = ", ";
	}
	fputc('\n', out);
}

/* A comment of scdoc(1), which scripts/man replaces by prose. */
static void put_place_of_prose(FILE *out)
{
	fputs("\n; prose\n", out);
}

void manual__print_page(const struct command *cmd, FILE *out)
{
	const struct opt *opt;
	char page[64];
	unsigned int i;

	snprintf(page, sizeof(page), "grantwatch-%s", cmd->name);
	put_header(out, page, cmd->summary);
	put_heading(out, "SYNOPSIS");
	fputs("*grantwatch ", out);
	manual__put_text(out, cmd->name);
	fputs("* \\[OPTION\\]\\.\\.\\. ", out);
	manual__put_text(out, cmd->args);
	fputc('\n', out);
	put_heading(out, "DESCRIPTION");
	manual__put_text(out, cmd->summary);
	fputs(".\n", out);
	if (cmd->help) {
		fputc('\n', out);
		manual__put_text(out, cmd->help);
		fputc('\n', out);
	}
	put_heading(out, "OPTIONS");
	for (i = 0; (opt = opts__at(cmd, i)); i++)
		put_option(out, opt);
	put_exits(out, cmd->exits ? cmd->exits : exit_statuses);
	put_table(out, "ENVIRONMENT", manual_environment, cmd->name);
	put_table(out, "FILES", manual_files, cmd->name);
	put_place_of_prose(out);
	put_table(out, "BUGS", manual_bugs, cmd->name);
	put_pages(out, page, cmd->name);
}

void manual__print_overview(const struct command *const *commands, FILE *out)
{
	char page[64];
	size_t i;

	put_header(out, "grantwatch", "diagnose Xen grant races");
	put_heading(out, "SYNOPSIS");
	fputs("*grantwatch* COMMAND \\[OPTION\\]\\.\\.\\. \\[ARGUMENT\\]\\.\\.\\.\n\n*grantwatch --help*\n\n"
	      "*grantwatch --version*\n",
	      out);
	put_heading(out, "COMMANDS");
	for (i = 0; commands[i]; i++) {
		snprintf(page, sizeof(page), "grantwatch-%s", commands[i]->name);
		put_bold(out, page);
		fputs("(1)\n\t", out);
		manual__put_text(out, commands[i]->summary);
		fputs("\n\n", out);
	}
	put_exits(out, exit_statuses);
	put_table(out, "ENVIRONMENT", manual_environment, NULL);
	put_table(out, "FILES", manual_files, NULL);
	put_place_of_prose(out);
	put_table(out, "BUGS", manual_bugs, "grantwatch");
	put_pages(out, "grantwatch", "grantwatch");
}
