/* SPDX-License-Identifier: GPL-2.0 */
/* Short fixed-width types as in the kernel, for all of user space. */
#ifndef GRANTWATCH_TYPES_H
#define GRANTWATCH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* For memory that the kernel changes. */
#define READ_ONCE(x)  (*(const volatile __typeof__(x) *)&(x))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC  ((u64)1000000000)
#define NSEC_PER_MSEC ((u64)1000000)
#define NSEC_PER_USEC ((u64)1000)

/* Returns the structure whose @member is at @ptr. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif

#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
