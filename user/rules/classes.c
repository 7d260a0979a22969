// SPDX-License-Identifier: GPL-2.0
#include "rules/classes.h"

static const struct {
	const char *id;
	enum severity severity;
	const char *title;
} classes[CLASS_MAX] = {
#define CLASS_ROW(symbol, id, severity, title) [CLASS_##symbol] = {id, severity, title},
	FINDING_CLASSES(CLASS_ROW)
#undef CLASS_ROW
};

const char *class__id(enum finding_class class)
{
	return classes[class].id;
}

const char *class__title(enum finding_class class)
{
	return classes[class].title;
}

enum severity class__severity(enum finding_class class)
{
	return classes[class].severity;
}

const char *const severity_names[] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ALARM] = "alarm",
	NULL,
};

const char *severity__name(enum severity severity)
{
	return severity_names[severity];
}

const char *certainty__name(enum certainty certainty)
{
	static const char *const names[] = {"possible", "likely", "proven"};

	return names[certainty];
}
