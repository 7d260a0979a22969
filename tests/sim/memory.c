// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

#define FIRST_FD (1 << 20)

static struct memory {
	u8 *bytes;
	size_t size, room;
	size_t at, limit; /* read up to @at; readable up to @limit */
	bool more;	  /* at the limit more data may come, instead of the end */
} memories[MEMORY_MAX];

ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __real_write(int fd, const void *buf, size_t len);
int __real_close(int fd);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __wrap_close(int fd);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
unsigned long __wrap_crc32(unsigned long crc, const u8 *buf, u32 len);

/* Detects a changed byte like the real one, at a part of its cost. */
unsigned long __wrap_crc32(unsigned long crc, const u8 *buf, u32 len)
{
	u64 hash = crc + len, word = 0;

	for (; len; buf += min(len, (u32)sizeof(word)), len -= min(len, (u32)sizeof(word))) {
		memcpy(&word, buf, min(len, (u32)sizeof(word)));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	}
	return (u32)(hash >> 32 ^ hash);
}

int memory__fd(u32 nr)
{
	return FIRST_FD + (int)nr;
}

static struct memory *memory_of(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + MEMORY_MAX ? &memories[fd - FIRST_FD] : NULL;
}

void memory__clear(u32 nr)
{
	memories[nr].size = 0;
}

u8 *memory__bytes(u32 nr, size_t *size)
{
	*size = memories[nr].size;
	return memories[nr].bytes;
}

void memory__cut(u32 nr, size_t size)
{
	memories[nr].size = min(memories[nr].size, size);
}

void memory__copy(u32 to, u32 from)
{
	memory__clear(to);
	if (write(memory__fd(to), memories[from].bytes, memories[from].size) < 0)
		abort();
}

void memory__rewind(u32 nr, size_t limit, bool more)
{
	memories[nr].at = 0;
	memories[nr].limit = min(limit, memories[nr].size);
	memories[nr].more = more;
}

bool memory__grow(u32 nr, size_t size)
{
	struct memory *memory = &memories[nr];

	memory->more = memory->limit < memory->size;
	memory->limit += min(size, memory->size - memory->limit);
	return memory->more;
}

ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	struct memory *memory = memory_of(fd);

	if (!memory)
		return __real_read(fd, buf, len);
	if (memory->at == memory->limit && memory->more) {
		errno = EAGAIN;
		return -1;
	}
	len = min(len, memory->limit - memory->at);
	memcpy(buf, memory->bytes + memory->at, len);
	memory->at += len;
	return (ssize_t)len;
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	struct memory *memory = memory_of(fd);

	if (!memory)
		return __real_write(fd, buf, len);
	if (memory->size + len > memory->room) {
		memory->room = max(2 * memory->room, memory->size + len + 65536);
		memory->bytes = realloc(memory->bytes, memory->room);
		if (!memory->bytes)
			abort();
	}
	memcpy(memory->bytes + memory->size, buf, len);
	memory->size += len;
	return (ssize_t)len;
}

int __wrap_close(int fd)
{
	return memory_of(fd) ? 0 : __real_close(fd);
}

int __wrap_fstat(int fd, struct stat *st)
{
	const struct memory *memory = memory_of(fd);

	if (!memory)
		return __real_fstat(fd, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG;
	st->st_size = (off_t)memory->size;
	return 0;
}
