// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "model/wall.h"
#include "renderers/document.h"
#include "renderers/picture.h"
#include "util/escape.h"

#define BAR    14 /* height of a bar */
#define ROW    16 /* height of a line of the table */
#define AXIS   46
#define LEGEND 40

#define INK   "#1a1a1a"
#define FAINT "#b8b8b8"
#define RED   "#c00000"

/* --- the look of a step --- */

static bool is_stale(const struct finding *finding, const struct step *step)
{
	return step->type == STEP_MAP && step->key &&
	       (finding->class == CLASS_STALE_MAP || finding->class == CLASS_DOUBLE_MAP ||
		finding->class == CLASS_PARTIAL_MAP_LEAK);
}

static void print_text(FILE *out, double x, double y, const char *style, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
	print_escaped(out, ESCAPE_XML, text);
	fputs("</text>\n", out);
}

/* Prints the bound of a step's time, thick for the map that the finding is about. */
static void print_whisker(FILE *out, const struct picture *picture, u32 i, bool stale)
{
	const struct step *step = &picture->finding->steps[i];
	double from, to, y = lane__y(picture->lane_of[i]) + (stale ? BAR : 0);

	if (step->err >= CLOCK_ERR_UNKNOWN)
		return;
	from = picture__x(picture, step->ns > step->err ? step->ns - step->err : 0);
	to = picture__x(picture, step->ns + step->err);
	if (to - from < 2 && !stale)
		return;
	fprintf(out,
		"<path d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\" fill=\"none\" stroke=\"%s\" "
		"stroke-width=\"%s\"/>\n",
		from, y - 4, to, stale ? RED : INK, stale ? "2" : "0.8");
}

static void print_mark(FILE *out, const struct picture *picture, u32 i)
{
	const struct step *step = &picture->finding->steps[i];
	double x = picture->at[i], y = lane__y(picture->lane_of[i]);

	switch (step->type) {
	case STEP_ARM:
		fprintf(out,
			"<path d=\"M%.1f %.1fl-7 -12h14z\" fill=\"#fff\" stroke=\"" INK
			"\" stroke-width=\"1.6\"/>\n",
			x, y + 6);
		break;
	case STEP_REFUSED_END:
	case STEP_REFUSED_MAP:
	case STEP_REFUSED_COPY:
		fprintf(out,
			"<path d=\"M%.1f %.1fl12 12m0 -12l-12 12\" fill=\"none\" stroke=\"%s\" "
			"stroke-width=\"3\"/>\n",
			x - 6, y - 6, step->key ? RED : INK);
		break;
	case STEP_RELEASE:
		fprintf(out,
			"<path d=\"M%.1f %.1fl7 7l-7 7l-7 -7z\" fill=\"" RED "\" stroke=\"" INK
			"\"/>\n",
			x, y - 7);
		break;
	case STEP_LOG:
		fprintf(out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"12\" fill=\"#fff\" stroke=\"%s\" "
			"stroke-width=\"1.6\"/><path d=\"M%.1f %.1fh6m-6 3h6\" stroke=\"%s\"/>\n",
			x - 5, y - 6, step->key ? RED : INK, x - 3, y - 1, step->key ? RED : INK);
		break;
	case STEP_COPY:
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>\n", x, y,
			step->key ? RED : INK);
		break;
	case STEP_OTHER:
	case STEP_TABLE_READ:
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"" INK "\"/>\n", x, y);
		break;
	default: /* begins or ends a bar */
		break;
	}
}

/* --- bars --- */

/* Returns the step that ends what step @from began, or -1. */
static int find_end(const struct finding *finding, u32 from)
{
	const struct step *step = &finding->steps[from];
	enum step_type end = step->type == STEP_GRANT ? STEP_END : STEP_UNMAP;
	u32 i;

	for (i = 0; i < finding->nr_steps; i++) {
		const struct step *other = &finding->steps[i];

		if (other->type == end && other->number == step->number &&
		    other->domid == step->domid && other->ns >= step->ns && i != from)
			return (int)i;
	}
	return -1;
}

static bool has_begin(const struct finding *finding, u32 end)
{
	enum step_type begin = finding->steps[end].type == STEP_END ? STEP_GRANT : STEP_MAP;
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].type == begin &&
		    finding->steps[i].number == finding->steps[end].number &&
		    finding->steps[i].domid == finding->steps[end].domid)
			return true;
	return false;
}

/* A bar that continues beyond the record has no edge there. */
static void print_bar(FILE *out, double from, double to, double y, bool open_left, bool open_right,
		      const char *look)
{
	double width = max(to - from, 3.0);

	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" %s/>\n", from,
		y - BAR / 2.0, width, BAR, look);
	if (open_right)
		fprintf(out, "<path d=\"M%.1f %.1fl6 7l-6 7\" fill=\"none\" stroke=\"" INK "\"/>\n",
			from + width, y - BAR / 2.0);
	if (open_left)
		fprintf(out, "<path d=\"M%.1f %.1fl-6 7l6 7\" fill=\"none\" stroke=\"" INK "\"/>\n",
			from, y - BAR / 2.0);
}

static void print_generation(FILE *out, const struct picture *picture, double from, double to,
			     double y, u32 number, bool open_left, bool open_right)
{
	char label[24];

	print_bar(out, from, to, y, open_left, open_right,
		  "fill=\"#d9e6f2\" stroke=\"" INK "\" stroke-width=\"1\"");
	snprintf(label, sizeof(label), to - from > 44 ? "gen %u" : "%u", number);
	if (to - from > 20)
		print_text(out, from + 5, y + 4, "font-size=\"10\"", label);
}

static void print_map(FILE *out, const struct picture *picture, u32 i, double from, double to,
		      bool open_left, bool open_right)
{
	const struct finding *finding = picture->finding;
	double y = lane__y(picture->lane_of[i]);
	char label[80];
	int n;

	if (!is_stale(finding, &finding->steps[i])) {
		print_bar(out, from, to, y, open_left, open_right,
			  "fill=\"#6b7a89\" stroke=\"" INK "\" stroke-width=\"1\"");
		return;
	}
	snprintf(label, sizeof(label),
		 "fill=\"url(#stale%u)\" stroke=\"" RED "\" stroke-width=\"2.5\"", finding->id);
	print_bar(out, from, to, y, open_left, open_right, label);
	n = snprintf(label, sizeof(label), "%s",
		     finding->class == CLASS_STALE_MAP ? "STALE MAP" : "THIS MAP");
	if (finding->steps[i].err < CLOCK_ERR_UNKNOWN)
		snprintf(label + n, sizeof(label) - (size_t)n, " ± %.3f ms",
			 (double)finding->steps[i].err / 1e6);
	print_text(out, from, y - 11,
		   "font-size=\"11\" font-weight=\"bold\" text-anchor=\"middle\" fill=\"" RED "\"",
		   label);
}

static void print_bars(FILE *out, const struct picture *picture)
{
	const struct finding *finding = picture->finding;
	u32 i;

	for (i = 0; i < finding->nr_steps; i++) {
		const struct step *step = &finding->steps[i];
		bool begins = step->type == STEP_GRANT || step->type == STEP_MAP;
		bool ends = step->type == STEP_END || step->type == STEP_UNMAP;
		double y = lane__y(picture->lane_of[i]), from, to;
		int end = begins ? find_end(finding, i) : -1;

		if (!begins && (!ends || has_begin(finding, i)))
			continue;
		from = begins ? picture->at[i] : PICTURE_LEFT + 8;
		to = begins ? (end < 0 ? PICTURE_RIGHT - 10 : picture->at[end]) : picture->at[i];
		if (step->type == STEP_GRANT || step->type == STEP_END)
			print_generation(out, picture, from, to, y, step->number, !begins,
					 begins && end < 0);
		else
			print_map(out, picture, i, from, to, !begins, begins && end < 0);
	}
}

/* --- the frame --- */

static void print_lanes(FILE *out, const struct picture *picture)
{
	u32 i;

	for (i = 0; i < picture->nr_lanes; i++) {
		const struct picture_lane *lane = &picture->lane[i];
		double y = lane__y(i);
		char name[64], domain[32];

		fprintf(out,
			"<path d=\"M%d %.1fH%d\" stroke=\"" FAINT "\" stroke-dasharray=\"1 3\"/>\n",
			PICTURE_LEFT, y, PICTURE_RIGHT);
		snprintf(domain, sizeof(domain), "d%u%s", lane->domid,
			 lane->domid == picture->finding->granter ? ", grants" : "");
		snprintf(name, sizeof(name), "%s%s%s",
			 lane->log ? "kernel log" : kind__name(lane->kind),
			 !lane->log && lane->comm[0] ? " in " : "", lane->log ? "" : lane->comm);
		print_text(out, 12, y - 3, "font-size=\"11\" font-weight=\"bold\"", domain);
		print_text(out, 12, y + 11, "font-size=\"11\"", name);
	}
}

/*
 * Prints every step's number, in two rows so that neighbours do not overlap, with a line to its
 * mark.
 */
static void print_axis(FILE *out, const struct picture *picture)
{
	const struct finding *finding = picture->finding;
	double y = PICTURE_TOP + picture->nr_lanes * LANE_HEIGHT + 8;
	u32 i;

	fprintf(out, "<path d=\"M%d %.1fH%d\" stroke=\"" INK "\"/>\n", PICTURE_LEFT, y,
		PICTURE_RIGHT);
	for (i = 0; i < finding->nr_steps; i++) {
		char number[16];
		double row = y + 12 + 11 * (i % 2);

		fprintf(out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-width=\"0.7\"/>\n",
			picture->at[i], lane__y(picture->lane_of[i]), row - 9,
			finding->steps[i].key ? RED : FAINT);
		snprintf(number, sizeof(number), "%u", i + 1);
		print_text(out, picture->at[i], row,
			   finding->steps[i].key
				   ? "font-size=\"10\" text-anchor=\"middle\" font-weight=\"bold\""
				   : "font-size=\"10\" text-anchor=\"middle\"",
			   number);
	}
	print_text(out, 12, y + 18, "font-size=\"10\"", "step (long gaps are shortened)");
}

static void print_legend(FILE *out, double y, u32 id)
{
	fprintf(out,
		"<g font-size=\"10\"><rect x=\"12\" y=\"%.1f\" width=\"26\" height=\"10\" fill=\"#d9e6f2\" "
		"stroke=\"" INK "\"/><text x=\"43\" y=\"%.1f\">generation of the ref</text>"
		"<rect x=\"165\" y=\"%.1f\" width=\"26\" height=\"10\" fill=\"#6b7a89\" stroke=\"" INK
		"\"/>"
		"<text x=\"196\" y=\"%.1f\">mapped</text>"
		"<rect x=\"250\" y=\"%.1f\" width=\"26\" height=\"10\" fill=\"url(#stale%u)\" stroke=\"" RED
		"\" stroke-width=\"2\"/><text x=\"281\" y=\"%.1f\">the map in question</text>",
		y, y + 9, y, y + 9, y, id, y + 9);
	fprintf(out,
		"<path d=\"M400 %.1fl-6 -10h12z\" fill=\"#fff\" stroke=\"" INK
		"\" stroke-width=\"1.6\"/>"
		"<text x=\"411\" y=\"%.1f\">announced</text>"
		"<path d=\"M502 %.1fl10 10m0 -10l-10 10\" fill=\"none\" stroke=\"" INK
		"\" stroke-width=\"3\"/>"
		"<text x=\"518\" y=\"%.1f\">refused</text>"
		"<rect x=\"572\" y=\"%.1f\" width=\"9\" height=\"11\" fill=\"#fff\" stroke=\"" INK
		"\"/>"
		"<text x=\"587\" y=\"%.1f\">kernel log</text>"
		"<path d=\"M655 %.1fv8m0 -4h22m0 -4v8\" fill=\"none\" stroke=\"" INK "\"/>"
		"<text x=\"684\" y=\"%.1f\">bound of the clock</text>"
		"<path d=\"M795 %.1fl6 6l-6 6\" fill=\"none\" stroke=\"" INK "\"/>"
		"<text x=\"807\" y=\"%.1f\">goes on</text></g>\n",
		y + 10, y + 9, y, y + 9, y, y + 9, y + 1, y + 9, y, y + 9);
}

/* Columns have fixed positions: blanks collapse if a picture is embedded. */
static void print_row(FILE *out, const struct step *step, u32 number, double y)
{
	char text[240];

	fprintf(out, "<g%s>\n", step->key ? " font-weight=\"bold\"" : "");
	snprintf(text, sizeof(text), "%u", number);
	print_text(out, 28, y, "text-anchor=\"end\"", text);
	if (step->key)
		print_text(out, 36, y, "", ">");
	snprintf(text, sizeof(text), "%.6f s", (double)step->ns / 1e9);
	print_text(out, 160, y, "text-anchor=\"end\"", text);
	if (step->err < CLOCK_ERR_UNKNOWN) {
		snprintf(text, sizeof(text), "± %.3f ms", (double)step->err / 1e6);
		print_text(out, 260, y, "text-anchor=\"end\"", text);
	}
	snprintf(text, sizeof(text), "d%u", step->domid);
	print_text(out, 276, y, "", text);
	print_text(out, 318, y, "", step->text);
	fputs("</g>\n", out);
}

static void print_table(FILE *out, const struct finding *finding, double y)
{
	u32 i;

	fputs("<g font-size=\"11\" font-family=\"DejaVu Sans Mono, monospace\">\n", out);
	for (i = 0; i < finding->nr_steps; i++)
		print_row(out, &finding->steps[i], i + 1, y + i * ROW);
	fputs("</g>\n", out);
}

/* Ids are different for each finding, as an HTML page has several pictures. */
static void print_defs(FILE *out, const char *title, u32 id)
{
	fputs("<title>", out);
	print_escaped(out, ESCAPE_XML, title);
	fprintf(out,
		"</title>\n"
		"<defs><pattern id=\"stale%u\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<rect width=\"6\" height=\"6\" fill=\"#ffd0d0\"/>"
		"<path d=\"M0 6L6 0M-1 1L1 -1M5 7L7 5\" stroke=\"" RED
		"\" stroke-width=\"1.4\"/></pattern></defs>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		id);
}

bool picture__print(FILE *out, const struct finding *finding)
{
	struct picture picture;
	double axis, height;
	char title[400], where[200], mapper[24] = "an unknown domain", at[WALL_TEXT];
	u32 i;

	if (!finding->nr_steps)
		return false;
	picture__lay_out(&picture, finding);
	axis = PICTURE_TOP + picture.nr_lanes * LANE_HEIGHT;
	height = axis + AXIS + LEGEND + finding->nr_steps * ROW + 24;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" "
		"role=\"img\" font-family=\"DejaVu Sans, sans-serif\" fill=\"" INK "\">\n",
		PICTURE_WIDTH, height, PICTURE_WIDTH, height);
	finding__title(finding, title, sizeof(title));
	print_defs(out, title, finding->id);
	print_text(out, 12, 24, "font-size=\"15\" font-weight=\"bold\"", title);
	if (finding->mapper != DOMID_UNKNOWN)
		snprintf(mapper, sizeof(mapper), "d%u", finding->mapper);
	snprintf(where, sizeof(where),
		 "ref %u (0x%x) granted by d%u to %s, certainty %s, seen %" PRIu64 " time%s%s%s",
		 finding->ref, finding->ref, finding->granter, mapper,
		 certainty__name(finding->certainty), finding->count,
		 finding->count == 1 ? "" : "s", finding->wall ? ", at " : "",
		 wall__text(finding->wall, at, sizeof(at)));
	print_text(out, 12, 44, "font-size=\"12\"", where);
	print_lanes(out, &picture);
	print_axis(out, &picture);
	print_bars(out, &picture);
	for (i = 0; i < finding->nr_steps; i++)
		print_whisker(out, &picture, i, is_stale(finding, &finding->steps[i]));
	for (i = 0; i < finding->nr_steps; i++)
		print_mark(out, &picture, i);
	print_legend(out, axis + AXIS + 6, finding->id);
	print_table(out, finding, axis + AXIS + LEGEND + 8);
	print_text(out, 12, height - 8, "font-size=\"10\"", finding->fingerprint);
	fputs("</svg>\n", out);
	return true;
}
