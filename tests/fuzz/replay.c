// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzz target without the fuzzer: each FILE once, as TAP. It fails where the target does: by
 * abort(), or by a signal. usage: replay_NAME FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/types.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Exactly the file's bytes, so that a sanitizer sees what reads behind them. */
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
