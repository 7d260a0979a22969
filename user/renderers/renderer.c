// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "renderers/renderer.h"

#define RENDERER_ENTRY(name) &name##_renderer,
static const struct renderer *const renderers[] = {GRANTWATCH_RENDERERS(RENDERER_ENTRY)};
#undef RENDERER_ENTRY

const struct renderer *renderer__find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(renderers); i++)
		if (!strcmp(renderers[i]->name, name))
			return renderers[i];
	return NULL;
}

const char *renderer__names(void)
{
	static char names[160];
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(renderers) && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
				      renderers[i]->name);
	return names;
}

void renderer__print(const struct renderer *renderer, FILE *out, const struct report *report)
{
	u32 i;

	if (renderer->begin)
		renderer->begin(out, report);
	for (i = 0; i < report->nr && renderer->finding; i++)
		renderer->finding(out, report, report->findings[i]);
	if (renderer->end)
		renderer->end(out, report);
}
