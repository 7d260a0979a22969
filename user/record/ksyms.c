// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/ksyms.h"
#include "util/array.h"

/*
 * Kernel text is in the top 2 GiB of the address space, so 32 bits hold a function's address. The
 * name is an offset into a pool of strings, in which the module's name follows.
 */
struct ksym_entry {
	u32 addr;
	u32 name : 31;
	u32 in_module : 1;
};

#define TEXT_BASE 0xffffffff00000000ull
#define POOL_MAX  (1u << 30)

#define READ_SIZE     4096 /* bytes that the kernel returns for each read */
#define WANTED_HASHES 4096 /* a power of two */

struct ksyms {
	struct ksym_entry *entry;
	u32 nr, room;
	char *pool;
	u32 used, size;
};

const struct ksym_want *ksym_want__find(const struct ksym_want *want, unsigned int nr,
					const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(want[i].name, name) && want[i].count && want[i].function)
			return &want[i];
	return NULL;
}

void ksyms__free(struct ksyms *ksyms)
{
	if (!ksyms)
		return;
	free(ksyms->entry);
	free(ksyms->pool);
	free(ksyms);
}

/* Hashes of the wanted names. Most names have another hash, which saves the comparison. */
struct wanted {
	struct ksym_want *want;
	unsigned int nr;
	bool hash[WANTED_HASHES];
};

static u32 hash_name(const char *name, size_t len)
{
	u32 hash = (u32)len;

	hash = hash * 31 + (u8)name[0];
	hash = hash * 31 + (u8)name[len / 2];
	hash = hash * 31 + (u8)name[len * 3 / 4];
	hash = hash * 31 + (u8)name[len - 1];
	return hash % WANTED_HASHES;
}

static void init_wanted(struct wanted *wanted, struct ksym_want *want, unsigned int nr)
{
	unsigned int i;

	*wanted = (struct wanted){.want = want, .nr = nr};
	for (i = 0; i < nr; i++)
		wanted->hash[hash_name(want[i].name, strlen(want[i].name))] = true;
}

/* A line of /proc/kallsyms. Strings are in its buffer. */
struct ksym_line {
	u64 addr;
	char type;
	const char *name;
	size_t name_len;
	const char *module; /* NULL: the kernel proper */
};

static void note_wanted(struct wanted *wanted, const struct ksym_line *line, bool function)
{
	unsigned int i;

	if (!wanted->hash[hash_name(line->name, line->name_len)])
		return;
	for (i = 0; i < wanted->nr; i++) {
		struct ksym_want *want = &wanted->want[i];

		if (strcmp(want->name, line->name))
			continue;
		want->addr = line->addr;
		want->function = function;
		want->count++;
	}
}

/* Value + 1 of each lower-case hex digit, 0 for other characters. */
static const u8 hex_digit[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* Returns the number at the start of @text, and sets its end. */
static u64 parse_addr(char *text, char **end)
{
	u64 addr = 0;
	u8 digit;

	for (; (digit = hex_digit[(u8)*text]); text++)
		addr = addr << 4 | (u64)(digit - 1);
	*end = text;
	return addr;
}

/* "ffffffff81000000 T name\t[module]". Returns false for any other line. */
static bool split_line(char *text, struct ksym_line *line)
{
	char *end, *tab;

	line->addr = parse_addr(text, &end);
	if (end == text || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	line->type = end[1];
	line->name = end + 3;
	line->name_len = strcspn(line->name, "\n");
	line->module = NULL;
	end = end + 3 + line->name_len;
	*end = '\0';
	tab = memchr(line->name, '\t', line->name_len);
	if (tab) {
		*tab = '\0';
		line->name_len = (size_t)(tab - line->name);
		line->module = tab[1] == '[' ? tab + 2 : tab + 1;
		if (end[-1] == ']')
			end[-1] = '\0';
	}
	return line->name_len;
}

static int add_function(struct ksyms *ksyms, const struct ksym_line *line)
{
	u32 len = (u32)line->name_len + 1;
	u32 mod_len = line->module ? (u32)strlen(line->module) + 1 : 0;
	struct ksym_entry *entry;
	char *pool;

	if (line->addr < TEXT_BASE || ksyms->used > POOL_MAX)
		return 0;
	entry = array__reserve(ksyms->entry, &ksyms->room, ksyms->nr + 1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	ksyms->entry = entry;
	pool = array__reserve(ksyms->pool, &ksyms->size, ksyms->used + len + mod_len, 1);
	if (!pool)
		return -ENOMEM;
	ksyms->pool = pool;
	entry = &ksyms->entry[ksyms->nr++];
	entry->addr = (u32)line->addr;
	entry->name = ksyms->used;
	entry->in_module = !!line->module;
	memcpy(ksyms->pool + ksyms->used, line->name, len);
	if (line->module)
		memcpy(ksyms->pool + ksyms->used + len, line->module, mod_len);
	ksyms->used += len + mod_len;
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct ksym_entry *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Sorts by address, stably. The kernel proper is already in order; only modules need work. */
static void sort_entries(struct ksyms *ksyms)
{
	u32 sorted = 1, low = 0, high, i, lowest;

	while (sorted < ksyms->nr && ksyms->entry[sorted - 1].addr <= ksyms->entry[sorted].addr)
		sorted++;
	if (sorted >= ksyms->nr)
		return;
	lowest = ksyms->entry[sorted].addr;
	for (i = sorted; i < ksyms->nr; i++)
		lowest = min(lowest, ksyms->entry[i].addr);
	for (high = sorted; low < high;) {
		u32 mid = (low + high) / 2;

		if (ksyms->entry[mid].addr <= lowest)
			low = mid + 1;
		else
			high = mid;
	}
	qsort(ksyms->entry + low, ksyms->nr - low, sizeof(*ksyms->entry), by_addr);
}

static bool is_function(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* Generated code of BPF and ftrace comes and goes, so it is left out. */
static bool is_generated(const char *module)
{
	return module && (!strcmp(module, "bpf") || !strncmp(module, "__builtin__", 11));
}

struct ksyms *ksyms__read(FILE *file, struct ksym_want *want, unsigned int nr_want)
{
	struct ksyms *ksyms = calloc(1, sizeof(*ksyms));
	struct wanted wanted;
	struct ksym_line line;
	char text[1024];

	if (!ksyms)
		return NULL;
	init_wanted(&wanted, want, nr_want);
	while (fgets(text, sizeof(text), file)) {
		bool function;

		if (!split_line(text, &line))
			continue;
		function = is_function(line.type);
		note_wanted(&wanted, &line, function);
		if (function && !is_generated(line.module) && add_function(ksyms, &line)) {
			ksyms__free(ksyms);
			errno = ENOMEM;
			return NULL;
		}
	}
	sort_entries(ksyms);
	return ksyms;
}

struct ksyms *ksyms__new(struct ksym_want *want, unsigned int nr_want)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct ksyms *ksyms;

	if (!file)
		return NULL;
	setvbuf(file, NULL, _IOFBF, READ_SIZE);
	ksyms = ksyms__read(file, want, nr_want);
	fclose(file);
	return ksyms;
}

/* Code without names, such as BPF trampolines, may follow a module's last function. */
#define LAST_FUNCTION_MAX 4096

static const char *module_of(const struct ksyms *ksyms, const struct ksym_entry *entry)
{
	const char *name = ksyms->pool + entry->name;

	return entry->in_module ? name + strlen(name) + 1 : "";
}

static bool is_last(const struct ksyms *ksyms, const struct ksym_entry *entry)
{
	return entry + 1 == ksyms->entry + ksyms->nr ||
	       strcmp(module_of(ksyms, entry), module_of(ksyms, entry + 1)) != 0;
}

bool ksyms__find(const struct ksyms *ksyms, u64 addr, struct ksym *sym)
{
	size_t low = 0, high = ksyms->nr;
	const struct ksym_entry *entry;

	if (addr < TEXT_BASE)
		return false;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ksyms->entry[mid].addr <= (u32)addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	entry = &ksyms->entry[low - 1];
	if ((u32)addr - entry->addr >= LAST_FUNCTION_MAX && is_last(ksyms, entry))
		return false;
	sym->name = ksyms->pool + entry->name;
	sym->module = entry->in_module ? module_of(ksyms, entry) : NULL;
	sym->offset = (u32)addr - entry->addr;
	return true;
}

/* If a call was the last instruction, its return address is after the function's end. */
static bool find_frame(const struct ksyms *ksyms, u64 ip, bool innermost, struct ksym *sym)
{
	if (!ksyms__find(ksyms, ip, sym))
		return false;
	if (!sym->offset && !innermost && ksyms__find(ksyms, ip - 1, sym))
		sym->offset++;
	return true;
}

/* Programs and trampolines have no names here. */
static unsigned int skip_nameless(const struct ksyms *ksyms, const u64 *ip, unsigned int nr)
{
	struct ksym sym;
	unsigned int i;

	for (i = 0; i < nr && !ksyms__find(ksyms, ip[i], &sym); i++)
		;
	return i;
}

unsigned int ksyms__find_top(const struct ksyms *ksyms, const u64 *ip, unsigned int nr,
			     const char *const *tops, unsigned int nr_tops)
{
	struct ksym sym;
	unsigned int i = skip_nameless(ksyms, ip, nr), k;

	/* A trampoline that is jumped to instead of called (Linux 7) hides the traced function. */
	if (i)
		return i;
	for (; i < nr; i++) {
		if (!ksyms__find(ksyms, ip[i], &sym))
			continue;
		for (k = 0; k < nr_tops; k++)
			if (!strcmp(sym.name, tops[k]))
				return i;
	}
	return nr;
}

size_t ksyms__format_stack(const struct ksyms *ksyms, const u64 *ip, unsigned int nr, char *buf,
			   size_t size)
{
	struct ksym last = {.name = ""};
	unsigned int i;
	size_t used = 0;

	buf[0] = '\0';
	for (i = 0; i < nr; i++) {
		struct ksym sym;
		int n;

		/* A probed function appears twice, with the trampoline in between. */
		if (!find_frame(ksyms, ip[i], !i, &sym) ||
		    (i && sym.name == last.name && !find_frame(ksyms, ip[i - 1], false, &last)))
			continue;
		n = snprintf(buf + used, size - used, "%s%s+0x%llx%s%s%s", used ? "; " : "",
			     sym.name, (unsigned long long)sym.offset, sym.module ? " [" : "",
			     sym.module ? sym.module : "", sym.module ? "]" : "");
		if (n < 0 || (size_t)n >= size - used) {
			buf[used] = '\0';
			break;
		}
		used += (size_t)n;
		last = sym;
	}
	return used;
}
