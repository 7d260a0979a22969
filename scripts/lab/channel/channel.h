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
// The result is one of four static buffers, so it is valid for three further calls.
const char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

// store.c. Functions which return a length return -1 with errno set after an error of xenstore.
// Buffers have PAYLOAD + 1 bytes, and results end with a 0.
int store_read(const char *path, char *value);
int store_list(const char *path, char *names);
int store_write(const char *path, const void *value, size_t len);
int store_rm(const char *path);
int store_exists(const char *path);
void store_watch(const char *path);
void store_sleep(double until); // until a watch fires, a signal arrives, or the time has come

// Waits for path. Returns 1 if it exists, 0 after the time, -1 if alive (may be NULL) does not exist.
int store_wait(const char *path, double seconds, const char *alive);

// agent.c
void agent(void) __attribute__((noreturn));

// stream.c: copies stdin into a vchan, or a vchan to stdout. Return 0, or -1 if the other side has
// gone away first.
int stream_serve(int domid, const char *path);
int stream_receive(int domid, const char *path, const char *alive);

#endif
