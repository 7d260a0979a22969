// SPDX-License-Identifier: GPL-2.0
#include "renderers/renderer.h"

const char *const report_format_names[] = {
#define FORMAT_NAME(symbol, name) #name,
	GRANTWATCH_RENDERERS(FORMAT_NAME)
#undef FORMAT_NAME
		NULL,
};

const struct renderer *renderer__of(enum report_format format)
{
#define RENDERER_ENTRY(symbol, name) &name##_renderer,
	static const struct renderer *const renderers[] = {GRANTWATCH_RENDERERS(RENDERER_ENTRY)};
#undef RENDERER_ENTRY

	return renderers[format];
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
