// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "trace_internal.h"
#include "trace_tally.h"
#include "util/json_line.h"

#define DOMIDS 65536u

/* Counters of a domain, in arrays, so that any record is one addition. */
struct domain_tally {
	u64 did[XT_KINDS];		/* records of this domain, by enum xt_kind */
	u64 had[XT_KINDS];		/* maps and unmaps of its pages, transfers to it */
	u64 continued;			/* hypercalls that may be continuations */
	u64 grant_calls, grant_unknown; /* entries of grant_table_op, and those without a command */
	u64 copy_calls, copies;
};

struct cpu_tally {
	u64 records, lost, lost_times;
};

struct tally {
	struct domain_tally nobody; /* records with an unknown vCPU */
	struct cpu_tally cpus[XT_MAX_CPUS];
	u32 domain_end; /* no table from this domain on */
	bool short_of_memory;
	struct domain_tally *domains[DOMIDS];
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
	free(tally);
}

static noinline struct domain_tally *new_domain(struct tally *tally, u32 domid)
{
	tally->domains[domid] = calloc(1, sizeof(struct domain_tally));
	tally->domain_end = max(tally->domain_end, domid + 1);
	if (tally->domains[domid])
		return tally->domains[domid];
	tally->short_of_memory = true;
	return &tally->nobody;
}

static struct domain_tally *domain_of(struct tally *tally, u32 domid)
{
	struct domain_tally *domain = tally->domains[domid];

	return likely(domain) ? domain : new_domain(tally, domid);
}

static void add_hypercall(struct domain_tally *domain, const struct xt_hypercall *hc)
{
	domain->continued += hc->of != 0;
	if (hc->op != __HYPERVISOR_grant_table_op)
		return;
	domain->grant_calls++;
	if (hc->cmd == XT_UNKNOWN)
		domain->grant_unknown++;
	if (hc->cmd != GNTTABOP_copy)
		return;
	/* A continuation's operations were counted with its first entry. */
	domain->copy_calls += !hc->of;
	domain->copies += !hc->of && hc->count != XT_UNKNOWN ? (u64)hc->count : 0;
}

static void add_lost(struct cpu_tally *cpu, const struct xt_rec *rec)
{
	cpu->lost += xt_rec__word(rec, 0);
	cpu->lost_times++;
}

static bool is_entry(u32 kind)
{
	return kind == XT_HYPERCALL || kind == XT_VMMCALL || kind == XT_SUBCALL;
}

/* The record's first word is a domain: the granter, or the receiver of a page. */
static bool has_peer(u32 kind)
{
	return kind == XT_GRANT_MAP || kind == XT_GRANT_UNMAP || kind == XT_GRANT_TRANSFER;
}

static void add(struct tally *tally, const struct xt_rec *rec)
{
	const u32 kind = rec->kind;
	struct domain_tally *by =
		rec->domid == XT_UNKNOWN ? &tally->nobody : domain_of(tally, (u32)rec->domid);

	tally->cpus[rec->pcpu].records++;
	by->did[kind]++;
	if (has_peer(kind))
		domain_of(tally, xt_rec__word(rec, 0) & 0xffff)->had[kind]++;
	else if (is_entry(kind) && rec->hypercall)
		add_hypercall(by, rec->hypercall);
	else if (kind == XT_LOST)
		add_lost(&tally->cpus[rec->pcpu], rec);
}

enum xt_status tally__take(struct tally *tally, struct xentrace *xt)
{
	const struct xt_rec *rec;
	enum xt_status status;

	while ((status = xentrace__next_inline(xt, &rec)) == XT_RECORD)
		add(tally, rec);
	return tally->short_of_memory ? XT_NOMEM : status;
}

/* --- text --- */

static void domain_name(char *text, size_t size, u32 domid)
{
	if (domid == DOMID_IDLE)
		snprintf(text, size, "idle");
	else
		snprintf(text, size, "d%u", domid);
}

static u64 count_entries(const struct domain_tally *domain)
{
	return domain->did[XT_HYPERCALL] + domain->did[XT_VMMCALL];
}

/* A domain has a line if any counter of the summary is not 0. */
static bool is_of_interest(const struct domain_tally *domain)
{
	static const u8 counted[] = {XT_GRANT_MAP, XT_GRANT_UNMAP, XT_GRANT_TRANSFER,
				     XT_HYPERCALL, XT_VMMCALL,	   XT_GUEST};
	u32 i;

	if (!domain)
		return false;
	for (i = 0; i < ARRAY_SIZE(counted); i++)
		if (domain->did[counted[i]] || domain->had[counted[i]])
			return true;
	return domain->grant_calls != 0;
}

/*
 * The number of copies comes from hypercall arguments: if some or all hypercalls lack them, it is a
 * lower bound.
 */
static void copies_text(char *text, size_t size, const struct domain_tally *domain)
{
	if (!count_entries(domain))
		snprintf(text, size, "?");
	else
		snprintf(text, size, "%" PRIu64 "%s", domain->copies,
			 domain->grant_unknown ? "+" : "");
}

static void print_domain(FILE *out, const char *name, const struct domain_tally *domain)
{
	char copies[32], hypercalls[32] = "?";

	copies_text(copies, sizeof(copies), domain);
	if (count_entries(domain))
		snprintf(hypercalls, sizeof(hypercalls), "%" PRIu64, count_entries(domain));
	fprintf(out,
		"%-8s %11" PRIu64 " %11" PRIu64 " %11" PRIu64 " %11" PRIu64 " %11s %11s %11" PRIu64
		"\n",
		name, domain->did[XT_GRANT_MAP], domain->did[XT_GRANT_UNMAP],
		domain->had[XT_GRANT_MAP], domain->had[XT_GRANT_UNMAP], copies, hypercalls,
		domain->grant_calls);
	if (domain->did[XT_GRANT_TRANSFER] || domain->had[XT_GRANT_TRANSFER])
		fprintf(out, "%-8s transfers made %" PRIu64 ", received %" PRIu64 "\n", "",
			domain->did[XT_GRANT_TRANSFER], domain->had[XT_GRANT_TRANSFER]);
	if (domain->did[XT_GUEST])
		fprintf(out, "%-8s wrote %" PRIu64 " records itself\n", "", domain->did[XT_GUEST]);
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
	for (i = 0; i < XT_MAX_CPUS; i++)
		if (tally->cpus[i].records)
			fprintf(out, "p%-7u %11" PRIu64 " %11" PRIu64 " %11" PRIu64 "\n", i,
				tally->cpus[i].records, tally->cpus[i].lost,
				tally->cpus[i].lost_times);
	fprintf(out, "\n");
	print_notes(stats, out);
}

/* --- JSON --- */

/* Adds a number, null if nothing of its kind was traced. */
static void set_traced(json_t *object, const char *key, bool traced, u64 value)
{
	if (traced)
		json__set_number(object, key, value);
	else
		json_object_set_new(object, key, json_null());
}

static void print_domain_json(FILE *out, s64 domid, const struct domain_tally *domain)
{
	u64 entries = count_entries(domain);
	struct json_line line;

	json_line__begin(&line, out, "trace-domain");
	set_traced(line.object, "domid", domid != XT_UNKNOWN, (u64)domid);
	json__set_number(line.object, "maps", domain->did[XT_GRANT_MAP]);
	json__set_number(line.object, "unmaps", domain->did[XT_GRANT_UNMAP]);
	json__set_number(line.object, "transfers", domain->did[XT_GRANT_TRANSFER]);
	json__set_number(line.object, "mapped", domain->had[XT_GRANT_MAP]);
	json__set_number(line.object, "unmapped", domain->had[XT_GRANT_UNMAP]);
	json__set_number(line.object, "received", domain->had[XT_GRANT_TRANSFER]);
	set_traced(line.object, "copies", entries, domain->copies);
	set_traced(line.object, "copy_calls", entries, domain->copy_calls);
	set_traced(line.object, "hypercalls", entries, entries);
	json__set_number(line.object, "continued", domain->continued);
	json__set_number(line.object, "grant_calls", domain->grant_calls);
	json__set_number(line.object, "grant_calls_unknown", domain->grant_unknown);
	json__set_number(line.object, "guest_records", domain->did[XT_GUEST]);
	json_line__end(&line);
}

static void print_cpu_json(FILE *out, u32 nr, const struct cpu_tally *cpu)
{
	struct json_line line;

	json_line__begin(&line, out, "trace-pcpu");
	json__set_number(line.object, "pcpu", nr);
	json__set_number(line.object, "records", cpu->records);
	json__set_number(line.object, "lost", cpu->lost);
	json__set_number(line.object, "gaps", cpu->lost_times);
	json_line__end(&line);
}

static void print_summary_json(const struct xt_stats *stats, FILE *out)
{
	json_t *blind = json_array();
	struct json_line line;
	char text[160];
	u32 i;

	json_line__begin(&line, out, "trace-summary");
	json__set_number(line.object, "records", stats->records);
	json__set_number(line.object, "lost", stats->lost);
	json__set_number(line.object, "bytes", stats->bytes);
	json__set_number(line.object, "windows", stats->windows);
	json__set_number(line.object, "pcpus", stats->cpus);
	json__set_number(line.object, "holes", stats->holes);
	json__set_number(line.object, "skipped_bytes", stats->skipped);
	json__set_number(line.object, "truncated_bytes", stats->truncated);
	json__set_number(line.object, "late", stats->late);
	json__set_number(line.object, "forced", stats->forced);
	json__set_number(line.object, "no_tsc", stats->no_tsc);
	json__set_number(line.object, "tsc_back", stats->tsc_back);
	json__set_number(line.object, "unknown_events", stats->unknown);
	json__set_number(line.object, "unknown_vcpu", stats->no_vcpu);
	json__set_number(line.object, "unknown_hypercall", stats->no_hypercall);
	json__set_number(line.object, "conflicts", stats->conflicts);
	for (i = 0; tally__blind(stats, i, text, sizeof(text)); i++)
		json__append_string(blind, text);
	json_object_set_new(line.object, "blind", blind);
	json_line__end(&line);
}

void tally__print_json(const struct tally *tally, const struct xt_stats *stats, FILE *out)
{
	u32 i;

	for (i = 0; i < tally->domain_end; i++)
		if (is_of_interest(tally->domains[i]))
			print_domain_json(out, i, tally->domains[i]);
	if (is_of_interest(&tally->nobody))
		print_domain_json(out, XT_UNKNOWN, &tally->nobody);
	for (i = 0; i < XT_MAX_CPUS; i++)
		if (tally->cpus[i].records)
			print_cpu_json(out, i, &tally->cpus[i]);
	print_summary_json(stats, out);
}
