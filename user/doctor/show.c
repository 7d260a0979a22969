// SPDX-License-Identifier: GPL-2.0
/*
 * The exam's reports. What guests may have named is printable by now, and is escaped for JSON here.
 */
#include <string.h>

#include "doctor/exam.h"
#include "renderers/escape.h"
#include "util/options.h"

#define WIDTH 100

static const char *const states[] = {
	[ANSWER_YES] = "yes", [ANSWER_NO] = "no", [ANSWER_NOTE] = "note"};
static const char *const weights[] = {
	[WEIGHT_NONE] = "none", [WEIGHT_BLIND] = "blind", [WEIGHT_STOP] = "stop"};

static const char *verdict(const struct exam *exam)
{
	switch (exam__status(exam)) {
	case EXIT_UNSUPPORTED:
		return "nothing can be recorded here";
	case EXIT_BLIND:
		return "recording works here, but does not see everything";
	default:
		return "everything that is needed works";
	}
}

static const char *mark(const struct answer *answer)
{
	if (answer->state != ANSWER_NO)
		return answer->state == ANSWER_YES ? "yes" : "  -";
	return answer->weight == WEIGHT_NONE ? " no" : " NO";
}

static void print_answer(const struct answer *answer, bool first, FILE *out)
{
	char lead[160];

	snprintf(lead, sizeof(lead), "%-12s %s  %s%s", first ? answer->check : "", mark(answer),
		 answer->subject, *answer->subject ? ": " : "");
	print_wrapped(out, ESCAPE_PLAIN, lead, "                    ", WIDTH, answer->text);
	if (answer->state != ANSWER_NO)
		return;
	print_wrapped(out, ESCAPE_PLAIN, "                    why:  ", "                          ",
		      WIDTH, answer->why);
	print_wrapped(out, ESCAPE_PLAIN, "                    mend: ", "                          ",
		      WIDTH, answer->mend);
}

void exam__print(const struct exam *exam, FILE *out)
{
	u32 i;

	for (i = 0; i < exam->nr; i++)
		print_answer(&exam->answer[i],
			     !i || exam->answer[i].check != exam->answer[i - 1].check, out);
	fprintf(out, "\n%s.\n", verdict(exam));
}

static void print_string(FILE *out, const char *key, const char *value)
{
	fprintf(out, ",\"%s\":\"", key);
	print_escaped(out, ESCAPE_JSON, value);
	fputc('"', out);
}

void exam__print_json(const struct exam *exam, FILE *out)
{
	u32 i;

	for (i = 0; i < exam->nr; i++) {
		const struct answer *answer = &exam->answer[i];

		fputs("{\"type\":\"check\",\"schema\":1", out);
		print_string(out, "check", answer->check);
		if (*answer->subject)
			print_string(out, "subject", answer->subject);
		print_string(out, "state", states[answer->state]);
		print_string(out, "text", answer->text);
		if (answer->state == ANSWER_NO) {
			print_string(out, "why", answer->why);
			print_string(out, "mend", answer->mend);
			print_string(out, "weight", weights[answer->weight]);
		}
		fputs("}\n", out);
	}
	fputs("{\"type\":\"doctor\",\"schema\":1", out);
	print_string(out, "role", role__name(exam->role));
	print_string(out, "tier", tier__name(exam->tier));
	print_string(out, "verdict", verdict(exam));
	fprintf(out, ",\"exit\":%d}\n", exam__status(exam));
}
