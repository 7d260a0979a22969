// SPDX-License-Identifier: GPL-2.0
/* Prints the results. Names from guests are printable by now. */
#include <string.h>

#include "doctor/exam.h"
#include "util/escape.h"
#include "util/json_line.h"
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
	print_wrapped(out, ESCAPE_PLAIN, "                    fix:  ", "                          ",
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

static void print_json_answer(const struct answer *answer, FILE *out)
{
	struct json_line line;

	json_line__begin(&line, out, "check");
	json__set_string(line.object, "check", answer->check);
	if (*answer->subject)
		json__set_string(line.object, "subject", answer->subject);
	json__set_string(line.object, "state", states[answer->state]);
	json__set_string(line.object, "text", answer->text);
	if (answer->state == ANSWER_NO) {
		json__set_string(line.object, "why", answer->why);
		json__set_string(line.object, "mend", answer->mend);
		json__set_string(line.object, "weight", weights[answer->weight]);
	}
	json_line__end(&line);
}

void exam__print_json(const struct exam *exam, FILE *out)
{
	struct json_line line;
	u32 i;

	for (i = 0; i < exam->nr; i++)
		print_json_answer(&exam->answer[i], out);
	json_line__begin(&line, out, "doctor");
	json__set_string(line.object, "role", role__name(exam->role));
	json__set_string(line.object, "tier", tier__name(exam->tier));
	json__set_string(line.object, "verdict", verdict(exam));
	json__set_number(line.object, "exit", (u64)exam__status(exam));
	json_line__end(&line);
}
