// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/ksyms.h"
#include "util/array.h"

/*
 * Kernel text is in the uppermost 2 GiB of the address space, so 32 bits tell a function's address.
 * The name is an offset into a pool of strings; a module's name follows its function's.
 */
struct ksym_entry {
	u32 addr;
	u32 name : 31;
	u32 in_module : 1;
};

#define TEXT_BASE 0xffffffff00000000ull
#define POOL_MAX  (1u << 30)

#define READ_SIZE     4096 /* what the kernel gives at a time */
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

/*
 * Which hashes the wanted names have. Most names of a kernel have another one, and are not compared
 * with the wanted ones.
 */
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

/* A line of /proc/kallsyms; the strings are in its buffer. */
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

/* Each digit's value and one; 0 for what is none. As the kernel writes them. */
static const u8 hex_digit[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* The number at the start of @text, and where it ends. */
static u64 parse_addr(char *text, char **end)
{
	u64 addr = 0;
	u8 digit;

	for (; (digit = hex_digit[(u8)*text]); text++)
		addr = addr << 4 | (u64)(digit - 1);
	*end = text;
	return addr;
}

/* "ffffffff81000000 T name\t[module]"; false for a line that is something else. */
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

/*
 * Sort by address, and keep the file's order among equal ones. The kernel proper comes in order;
 * only what follows it, the modules, needs work.
 */
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

/* Programs and trampolines of BPF and ftrace come and go: not worth remembering. */
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

/* Behind a module's last function may be what has no name here, a trampoline of BPF for example. */
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

/* A return address may be the first byte after its function, when the call was the last thing in
 * it. */
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

	/*
	 * A trampoline that was jumped to instead of called (Linux 7) hides the function that it is
	 * for.
	 */
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

		/* A probed function stands there twice, with the trampoline between. */
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
