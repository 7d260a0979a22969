// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "trace_next.h"
#include "trace_print.h"
#include "trace_tally.h"

#define DOMIDS 65536u

struct domain_tally {
	u64 maps, unmaps, transfers;	/* by this domain */
	u64 mapped, unmapped, received; /* of its pages, to it */
	u64 hypercalls, continued;	/* entries seen, of them perhaps continuations */
	u64 grant_calls, grant_unknown; /* entries of grant_table_op, of them without a command */
	u64 copy_calls, copies;
	u64 guest; /* records that it wrote itself */
};

struct cpu_tally {
	u64 records, lost, lost_times;
};

struct tally {
	struct domain_tally nobody; /* records whose vCPU is not known */
	u32 domain_end, cpu_end;    /* all tables are empty from there on */
	struct domain_tally *domains[DOMIDS];
	struct cpu_tally *cpus[XT_MAX_CPUS];
};

struct tally *tally__new(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally__free(struct tally *tally)
{
	u32 i;

	if (!tally)
		return;
	for (i = 0; i < tally->domain_end; i++)
		free(tally->domains[i]);
	for (i = 0; i < tally->cpu_end; i++)
		free(tally->cpus[i]);
	free(tally);
}

static struct domain_tally *new_domain(struct tally *tally, u32 domid)
{
	tally->domains[domid] = calloc(1, sizeof(*tally->domains[domid]));
	tally->domain_end = max(tally->domain_end, domid + 1);
	return tally->domains[domid];
}

static struct domain_tally *find_domain(struct tally *tally, u32 domid)
{
	return tally->domains[domid] ? tally->domains[domid] : new_domain(tally, domid);
}

static struct cpu_tally *new_cpu(struct tally *tally, u32 nr)
{
	tally->cpus[nr] = calloc(1, sizeof(*tally->cpus[nr]));
	tally->cpu_end = max(tally->cpu_end, nr + 1);
	return tally->cpus[nr];
}

static struct cpu_tally *find_cpu(struct tally *tally, u32 nr)
{
	return tally->cpus[nr] ? tally->cpus[nr] : new_cpu(tally, nr);
}

static void add_hypercall(struct domain_tally *domain, const struct xt_hypercall *hc)
{
	domain->continued += hc->of != 0;
	if (hc->op != HYPERCALL_grant_table_op)
		return;
	domain->grant_calls++;
	if (hc->cmd == XT_UNKNOWN)
		domain->grant_unknown++;
	if (hc->cmd != GNTTAB_copy)
		return;
	/* What a continuation asks for was asked for before. */
	domain->copy_calls += !hc->of;
	domain->copies += !hc->of && hc->count != XT_UNKNOWN ? (u64)hc->count : 0;
}

static noinline bool add_rarely(struct tally *tally, struct domain_tally *by,
				const struct xt_rec *rec)
{
	struct domain_tally *to;

	switch (rec->kind) {
	case XT_VMMCALL:
		by->hypercalls++;
		/* fallthrough */
	case XT_SUBCALL:
		if (rec->hypercall)
			add_hypercall(by, rec->hypercall);
		return true;
	case XT_GRANT_TRANSFER:
		to = find_domain(tally, xt_rec__word(rec, 0) & 0xffff);
		by->transfers++;
		if (to)
			to->received++;
		return to != NULL;
	case XT_GUEST:
		by->guest++;
		return true;
	case XT_LOST:
		tally->cpus[rec->pcpu]->lost += xt_rec__word(rec, 0);
		tally->cpus[rec->pcpu]->lost_times++;
		return true;
	default:
		return true;
	}
}

/* The kinds that add_rarely() does anything for. */
#define COUNTED                                                                           \
	(1u << XT_VMMCALL | 1u << XT_SUBCALL | 1u << XT_GUEST | 1u << XT_GRANT_TRANSFER | \
	 1u << XT_LOST)

static inline bool add(struct tally *tally, const struct xt_rec *rec, u32 kind, u32 more)
{
	const u64 n = 1 + (u64)more;
	struct domain_tally *by = rec->domid == XT_UNKNOWN
					  ? &tally->nobody
					  : find_domain(tally, (u32)rec->domid & 0xffff);
	struct cpu_tally *cpu = find_cpu(tally, rec->pcpu);
	bool map = kind == XT_GRANT_MAP;
	struct domain_tally *of;

	if (!by || !cpu)
		return false;
	cpu->records += n;
	if (kind == XT_HYPERCALL) {
		by->hypercalls++;
		if (rec->hypercall)
			add_hypercall(by, rec->hypercall);
		return true;
	}
	if (!map && kind != XT_GRANT_UNMAP)
		return !(COUNTED >> kind & 1) || add_rarely(tally, by, rec);
	of = find_domain(tally, xt_rec__word(rec, 0) & 0xffff);
	if (!of)
		return false;
	if (map) {
		by->maps += n;
		of->mapped += n;
	} else {
		by->unmaps += n;
		of->unmapped += n;
	}
	return true;
}

bool tally__add(struct tally *tally, const struct xt_rec *rec, u32 more)
{
	return add(tally, rec, rec->kind, more);
}

/* What @cpu, which is first, gives before another one is. */
static inline bool add_run(struct tally *tally, struct xentrace *xt, struct cpu *cpu, u32 kind)
{
	u32 more;

	do {
		more = is_grant(kind) ? xentrace__skip(xt, cpu, kind == XT_GRANT_MAP) : 0;
		if (!add(tally, &cpu->rec, kind, more))
			return false;
	} while (xentrace__give_on(xt, cpu, &kind));
	return true;
}

enum xt_status tally__take(struct tally *tally, struct xentrace *xt)
{
	const struct xt_rec *rec;
	enum xt_status status = xentrace__next(xt, &rec);

	while (status == XT_RECORD) {
		if (!add_run(tally, xt, xt->run, rec->kind))
			return XT_NOMEM;
		status = xentrace__next_slowly(xt, &rec);
	}
	return status;
}

/* --- text --- */

static void domain_name(char *text, size_t size, u32 domid)
{
	if (domid == XT_IDLE_DOMID)
		snprintf(text, size, "idle");
	else
		snprintf(text, size, "d%u", domid);
}

/* A domain has a line when it did anything, or anything was done to it, that the summary counts. */
static bool is_of_interest(const struct domain_tally *domain)
{
	static const struct domain_tally nothing;

	return domain && memcmp(domain, &nothing, sizeof(nothing)) != 0;
}

/*
 * Copies are only known from hypercalls whose arguments are: none seen, or some without, makes them
 * a lower bound.
 */
static void copies_text(char *text, size_t size, const struct domain_tally *domain)
{
	if (!domain->hypercalls)
		snprintf(text, size, "?");
	else
		snprintf(text, size, "%" PRIu64 "%s", domain->copies,
			 domain->grant_unknown ? "+" : "");
}

static void print_domain(FILE *out, const char *name, const struct domain_tally *domain)
{
	char copies[32], hypercalls[32] = "?";

	copies_text(copies, sizeof(copies), domain);
	if (domain->hypercalls)
		snprintf(hypercalls, sizeof(hypercalls), "%" PRIu64, domain->hypercalls);
	fprintf(out,
		"%-8s %11" PRIu64 " %11" PRIu64 " %11" PRIu64 " %11" PRIu64 " %11s %11s %11" PRIu64
		"\n",
		name, domain->maps, domain->unmaps, domain->mapped, domain->unmapped, copies,
		hypercalls, domain->grant_calls);
	if (domain->transfers || domain->received)
		fprintf(out, "%-8s transfers made %" PRIu64 ", received %" PRIu64 "\n", "",
			domain->transfers, domain->received);
	if (domain->guest)
		fprintf(out, "%-8s wrote %" PRIu64 " records itself\n", "", domain->guest);
}

bool tally__blind(const struct xt_stats *stats, u32 nr, char *text, size_t size)
{
	const struct {
		u64 count;
		const char *what, *why;
	} reasons[] = {
		{stats->lost, "records lost",
		 " (the trace buffers were full: a larger xentrace -S helps)"},
		{stats->holes, "windows damaged or cut short", ""},
		{stats->skipped, "bytes skipped that were no trace", ""},
		{stats->truncated, "bytes missing at the end", ""},
		{stats->late, "records out of order", ""},
		{stats->conflicts, "records that contradict those before them",
		 " (tracing was off in between, or sched-gran is not cpu)"},
		{stats->distrusted, "pCPUs whose scheduler records are of no use", ""},
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!reasons[i].count || nr--)
			continue;
		snprintf(text, size, "%s: %" PRIu64 "%s", reasons[i].what, reasons[i].count,
			 reasons[i].why);
		return true;
	}
	return false;
}

static void print_notes(const struct xt_stats *stats, FILE *out)
{
	char text[160];
	u32 i;

	if (stats->tsc_back)
		fprintf(out,
			"note: TSC went backwards: %" PRIu64
			" times (suspend, another boot, or not reliable)\n",
			stats->tsc_back);
	if (stats->no_vcpu)
		fprintf(out,
			"note: grant records of an unknown vCPU: %" PRIu64
			" (no scheduler records before them)\n",
			stats->no_vcpu);
	if (stats->no_hypercall)
		fprintf(out,
			"note: grant records of an unknown hypercall: %" PRIu64
			" (no hypercall records before them)\n",
			stats->no_hypercall);
	if (stats->unknown)
		fprintf(out, "note: records of an unknown kind: %" PRIu64 "\n", stats->unknown);
	for (i = 0; tally__blind(stats, i, text, sizeof(text)); i++)
		fprintf(out, "blind: %s\n", text);
}

void tally__print(const struct tally *tally, const struct xt_stats *stats, FILE *out)
{
	char name[16];
	u32 i;

	fprintf(out,
		"%" PRIu64 " records in %" PRIu64 " windows of %u pCPUs, %" PRIu64 " bytes\n\n",
		stats->records, stats->windows, stats->cpus, stats->bytes);
	fprintf(out, "%-8s %11s %11s %11s %11s %11s %11s %11s\n", "domain", "maps", "unmaps",
		"mapped", "unmapped", "copies", "hypercalls", "grant ops");
	for (i = 0; i < tally->domain_end; i++) {
		if (!is_of_interest(tally->domains[i]))
			continue;
		domain_name(name, sizeof(name), i);
		print_domain(out, name, tally->domains[i]);
	}
	if (is_of_interest(&tally->nobody))
		print_domain(out, "unknown", &tally->nobody);
	fprintf(out, "\n%-8s %11s %11s %11s\n", "pCPU", "records", "lost", "gaps");
	for (i = 0; i < tally->cpu_end; i++)
		if (tally->cpus[i])
			fprintf(out, "p%-7u %11" PRIu64 " %11" PRIu64 " %11" PRIu64 "\n", i,
				tally->cpus[i]->records, tally->cpus[i]->lost,
				tally->cpus[i]->lost_times);
	fprintf(out, "\n");
	print_notes(stats, out);
}

/* --- JSON --- */

static void json_number(struct xt_line *line, const char *key, u64 value)
{
	xt_line__text(line, key);
	xt_line__dec(line, value);
}

static void print_domain_json(FILE *out, s64 domid, const struct domain_tally *domain)
{
	struct xt_line line = {.len = 0};

	xt_line__text(&line, "{\"type\":\"domain\"");
	json_number(&line, ",\"schema\":", XT_SCHEMA);
	if (domid == XT_UNKNOWN)
		xt_line__text(&line, ",\"domid\":null");
	else
		json_number(&line, ",\"domid\":", (u64)domid);
	json_number(&line, ",\"maps\":", domain->maps);
	json_number(&line, ",\"unmaps\":", domain->unmaps);
	json_number(&line, ",\"transfers\":", domain->transfers);
	json_number(&line, ",\"mapped\":", domain->mapped);
	json_number(&line, ",\"unmapped\":", domain->unmapped);
	json_number(&line, ",\"received\":", domain->received);
	if (domain->hypercalls) {
		json_number(&line, ",\"copies\":", domain->copies);
		json_number(&line, ",\"copy_calls\":", domain->copy_calls);
		json_number(&line, ",\"hypercalls\":", domain->hypercalls);
	} else {
		xt_line__text(&line, ",\"copies\":null,\"copy_calls\":null,\"hypercalls\":null");
	}
	json_number(&line, ",\"continued\":", domain->continued);
	json_number(&line, ",\"grant_calls\":", domain->grant_calls);
	json_number(&line, ",\"grant_calls_unknown\":", domain->grant_unknown);
	json_number(&line, ",\"guest_records\":", domain->guest);
	xt_line__text(&line, "}");
	xt_line__write(&line, out);
}

static void print_cpu_json(FILE *out, u32 nr, const struct cpu_tally *cpu)
{
	struct xt_line line = {.len = 0};

	xt_line__text(&line, "{\"type\":\"pcpu\"");
	json_number(&line, ",\"schema\":", XT_SCHEMA);
	json_number(&line, ",\"pcpu\":", nr);
	json_number(&line, ",\"records\":", cpu->records);
	json_number(&line, ",\"lost\":", cpu->lost);
	json_number(&line, ",\"gaps\":", cpu->lost_times);
	xt_line__text(&line, "}");
	xt_line__write(&line, out);
}

static void print_summary_json(const struct xt_stats *stats, FILE *out)
{
	struct xt_line line = {.len = 0};
	char text[160];
	u32 i;

	xt_line__text(&line, "{\"type\":\"summary\"");
	json_number(&line, ",\"schema\":", XT_SCHEMA);
	json_number(&line, ",\"records\":", stats->records);
	json_number(&line, ",\"lost\":", stats->lost);
	json_number(&line, ",\"bytes\":", stats->bytes);
	json_number(&line, ",\"windows\":", stats->windows);
	json_number(&line, ",\"pcpus\":", stats->cpus);
	json_number(&line, ",\"holes\":", stats->holes);
	json_number(&line, ",\"skipped_bytes\":", stats->skipped);
	json_number(&line, ",\"truncated_bytes\":", stats->truncated);
	json_number(&line, ",\"late\":", stats->late);
	json_number(&line, ",\"forced\":", stats->forced);
	json_number(&line, ",\"no_tsc\":", stats->no_tsc);
	json_number(&line, ",\"tsc_back\":", stats->tsc_back);
	json_number(&line, ",\"unknown_events\":", stats->unknown);
	json_number(&line, ",\"unknown_vcpu\":", stats->no_vcpu);
	json_number(&line, ",\"unknown_hypercall\":", stats->no_hypercall);
	json_number(&line, ",\"conflicts\":", stats->conflicts);
	xt_line__text(&line, ",\"blind\":[");
	for (i = 0; tally__blind(stats, i, text, sizeof(text)); i++) {
		xt_line__text(&line, i ? ",\"" : "\"");
		xt_line__text(&line, text);
		xt_line__text(&line, "\"");
	}
	xt_line__text(&line, "]}");
	xt_line__write(&line, out);
}

void tally__print_json(const struct tally *tally, const struct xt_stats *stats, FILE *out)
{
	u32 i;

	for (i = 0; i < tally->domain_end; i++)
		if (is_of_interest(tally->domains[i]))
			print_domain_json(out, i, tally->domains[i]);
	if (is_of_interest(&tally->nobody))
		print_domain_json(out, XT_UNKNOWN, &tally->nobody);
	for (i = 0; i < tally->cpu_end; i++)
		if (tally->cpus[i])
			print_cpu_json(out, i, tally->cpus[i]);
	print_summary_json(stats, out);
}
