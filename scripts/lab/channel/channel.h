// Shared by the parts of the lab's channel; see main.c.
#ifndef LAB_CHANNEL_H
#define LAB_CHANNEL_H

#include <stddef.h>

enum {
	PAYLOAD = 4096, // the longest message of xenstore
	CHUNK = 2000,	// a piece of output
	CHUNKS = 128,
};

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
double now(void); // seconds, monotonic
// Formatted into one of four buffers that take turns.
const char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

// store.c. Functions that return a length return -1 with errno set when xenstore says no; buffers
// hold PAYLOAD + 1 bytes and get a terminating 0.
int store_read(const char *path, char *value);
int store_list(const char *path, char *names);
int store_write(const char *path, const void *value, size_t len);
int store_rm(const char *path);
int store_exists(const char *path);
void store_watch(const char *path);
void store_sleep(double until); // until something watched changes, or a signal, or the time comes

// 1 when path is there, 0 when time is up, -1 when alive (may be NULL) is not there
int store_wait(const char *path, double seconds, const char *alive);

// agent.c
void agent(void) __attribute__((noreturn));

// stream.c: stdin into a vchan, a vchan to stdout. 0, or -1 when the other side went away first.
int stream_serve(int domid, const char *path);
int stream_receive(int domid, const char *path, const char *alive);

#endif
