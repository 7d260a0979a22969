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

static int add_function(struct ksyms *ksyms, u64 addr, const char *name, const char *module)
{
	u32 len = (u32)strlen(name) + 1, mod_len = module ? (u32)strlen(module) + 1 : 0;
	struct ksym_entry *entry;
	char *pool;

	if (addr < TEXT_BASE || ksyms->used > POOL_MAX)
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
	entry->addr = (u32)addr;
	entry->name = ksyms->used;
	entry->in_module = !!module;
	memcpy(ksyms->pool + ksyms->used, name, len);
	if (module)
		memcpy(ksyms->pool + ksyms->used + len, module, mod_len);
	ksyms->used += len + mod_len;
	return 0;
}

static void note_wanted(struct ksym_want *want, unsigned int nr, u64 addr, const char *name,
			bool function)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (strcmp(want[i].name, name))
			continue;
		want[i].addr = addr;
		want[i].function = function;
		want[i].count++;
	}
}

/* "ffffffff81000000 T name\t[module]": the fields, or false for a line that is something else. */
static bool split_line(char *line, u64 *addr, char *type, char **name, char **module)
{
	char *end;

	*addr = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	*type = end[1];
	*name = end + 3;
	*module = strchr(*name, '\t');
	end = strchr(*module ? *module : *name, '\n');
	if (end)
		*end = '\0';
	if (*module) {
		*(*module)++ = '\0';
		if (**module == '[')
			(*module)++;
		end = strchr(*module, ']');
		if (end)
			*end = '\0';
	}
	return **name;
}

static int by_addr(const void *a, const void *b)
{
	const struct ksym_entry *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Programs and trampolines of BPF and ftrace come and go: not worth remembering. */
static bool is_generated(const char *module)
{
	return module && (!strcmp(module, "bpf") || !strncmp(module, "__builtin__", 11));
}

struct ksyms *ksyms__read(FILE *file, struct ksym_want *want, unsigned int nr_want)
{
	struct ksyms *ksyms = calloc(1, sizeof(*ksyms));
	char line[1024], *name, *module, type;
	u64 addr;

	if (!ksyms)
		return NULL;
	while (fgets(line, sizeof(line), file)) {
		bool function;

		if (!split_line(line, &addr, &type, &name, &module))
			continue;
		function = strchr("tTwW", type);
		note_wanted(want, nr_want, addr, name, function);
		if (function && !is_generated(module) && add_function(ksyms, addr, name, module)) {
			ksyms__free(ksyms);
			errno = ENOMEM;
			return NULL;
		}
	}
	if (ksyms->nr)
		qsort(ksyms->entry, ksyms->nr, sizeof(*ksyms->entry), by_addr);
	return ksyms;
}

struct ksyms *ksyms__new(struct ksym_want *want, unsigned int nr_want)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct ksyms *ksyms;

	if (!file)
		return NULL;
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
