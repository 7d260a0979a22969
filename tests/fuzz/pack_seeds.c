// SPDX-License-Identifier: GPL-2.0
/*
 * Packs text captures into inputs of fuzz_capture and fuzz_stream, all in one process, because a
 * process for each of them takes minutes. The captures become those of domain DOMID. The first byte
 * of an input is for the target: each format of render.h in turn, and as often none.
 *
 * usage: pack_seeds DOMID < LIST   (each line: the text capture, a space, the input)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/text.h"

/* Returns the text of the capture @path with the fact "domid" replaced, as a file to read. */
static FILE *read_text(const char *path, const char *domid, char **text)
{
	FILE *in = fopen(path, "re"), *out;
	size_t size = 0, room = 0;
	char *line = NULL, *fact;

	*text = NULL;
	out = open_memstream(text, &size);
	if (!in || !out)
		return NULL;
	while (getline(&line, &room, in) > 0) {
		fact = strstr(line, " key domid value ");
		if (fact)
			fprintf(out, "%.*s key domid value %s\n", (int)(fact - line), line, domid);
		else
			fputs(line, out);
	}
	free(line);
	fclose(in);
	fclose(out);
	return fmemopen(*text, size, "r");
}

static int pack_seed(const char *path, const char *seed, const char *domid, u32 nr)
{
	const u8 flags = (u8)(nr % 16 * 2);
	int fd = open(seed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct capture_writer *writer = fd < 0 ? NULL : capture_writer__new(fd);
	char *text;
	FILE *in = read_text(path, domid, &text);
	int err = writer && in ? 0 : -errno;

	if (!err && write(fd, &flags, sizeof(flags)) != sizeof(flags))
		err = -EIO;
	if (!err)
		err = text__pack(in, path, writer);
	if (in)
		fclose(in);
	free(text);
	capture_writer__free(writer);
	if (fd >= 0)
		close(fd);
	return err;
}

int main(int argc, char **argv)
{
	char *line = NULL, *seed;
	size_t room = 0;
	u32 nr = 0;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: pack_seeds DOMID < LIST\n");
		return EXIT_FAILURE;
	}
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		seed = strchr(line, ' ');
		if (!seed)
			continue;
		*seed++ = '\0';
		err = pack_seed(line, seed, argv[1], nr++);
		if (err) {
			fprintf(stderr, "%s: cannot be packed: %s\n", line, strerror(-err));
			return EXIT_FAILURE;
		}
	}
	free(line);
	return EXIT_SUCCESS;
}
