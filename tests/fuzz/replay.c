// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzz target without the fuzzer, once for each FILE, as TAP. Fails if the target calls
 * abort() or dies of a signal. usage: replay_NAME FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/types.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The buffer has only the file's bytes, so that a sanitizer detects reads after it. */
static u8 *load(const char *path, size_t *size)
{
	FILE *in = fopen(path, "re");
	struct stat st;
	u8 *bytes;

	if (!in || fstat(fileno(in), &st)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	*size = (size_t)st.st_size;
	bytes = malloc(*size);
	if ((*size && !bytes) || fread(bytes, 1, *size, in) != *size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(EXIT_FAILURE);
	}
	fclose(in);
	return bytes;
}

int main(int argc, char **argv)
{
	int i;

	printf("1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		size_t size;
		u8 *bytes = load(argv[i], &size);

		LLVMFuzzerTestOneInput(bytes, size);
		free(bytes);
		printf("ok %d - %s\n", i, argv[i]);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
