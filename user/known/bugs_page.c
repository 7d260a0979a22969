// SPDX-License-Identifier: GPL-2.0
/* grantwatch-bugs(7): the table of known bugs as source for scdoc(1). */
#include "known/bugs.h"
#include "util/manual.h"

static const char *const sides[] = {
	[BUG_OF_GRANTER] = "the granter's kernel",
	[BUG_OF_MAPPER] = "the mapper's kernel",
	[BUG_OF_USER] = "programs",
	[BUG_OF_XEN] = "Xen",
};

static void put_bug(FILE *out, const struct bug *bug)
{
	char versions[160];

	fprintf(out, "*%s*\n\t", bug->id);
	manual__put_text(out, bug->name);
	fprintf(out, "\\.\n\n\tIt is a bug of ");
	manual__put_text(out, sides[bug->side]);
	fprintf(out, "\\.\n\n");
	if (bug->fixed) {
		fprintf(out, "\tFixed in %s ", bug->side == BUG_OF_XEN ? "Xen" : "Linux");
		manual__put_text(out, bug__versions(bug, versions, sizeof(versions)));
		fprintf(out, "\\.\n\n");
	}
	if (bug->fix) {
		fprintf(out, "\t%s: ", bug->fixed ? "Fix" : "Workaround");
		manual__put_text(out, bug->fix);
		fprintf(out, "\\.\n\n");
	} else if (!bug->fixed) {
		fprintf(out, "\tNo fix is known\\.\n\n");
	}
	fprintf(out, "\tSource: ");
	manual__put_text(out, bug->refs);
	fprintf(out, "\n\n");
}

void bugs__print_page(FILE *out)
{
	const struct bug *bug;
	u32 i;

	fprintf(out,
		"grantwatch-bugs(7) \"\" \"grantwatch %s\"\n\n# NAME\n\n"
		"grantwatch-bugs - bugs that grants are known to have had\n\n# DESCRIPTION\n\n"
		"A report names the known bugs whose messages or events a finding has, by the ids below\\.\n"
		"Such a bug is a candidate, not a verdict\\. Versions are those of kernel\\.org and xenproject\\.org\\.\n"
		"A distribution may have the fix under another version\\.\n\n# BUGS\n\n",
		GRANTWATCH_VERSION);
	for (i = 0; (bug = bug__at(i)); i++)
		put_bug(out, bug);
	fprintf(out, "# SEE ALSO\n\n*grantwatch-explain*(1), *grantwatch-glossary*(7)\n");
}
