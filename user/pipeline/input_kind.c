// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/input_kind.h"
#include "util/log.h"

#define ADVICE_SIZE 8400

/* The kinds' names, in messages about the wanted and the found kind, and the advice for each. */
static const struct {
	enum content content;
	const char *wanted, *there;
	const char *advice; /* %1$s: the file */
} kinds[] = {
	{CONTENT_CAPTURE, "a grantwatch capture", "a capture",
	 "'grantwatch analyze %1$s' judges it, 'grantwatch dump %1$s' prints it"},
	{CONTENT_CAPTURE_TEXT, "the text form of a capture", "the text form of a capture",
	 "'grantwatch pack -o NEW.gwc %1$s' makes a capture of it"},
	{CONTENT_XENTRACE, "a trace of xentrace", "a trace of xentrace",
	 "'grantwatch xentrace %1$s' prints it, 'grantwatch analyze --xentrace %1$s' takes it beside captures"},
	{CONTENT_REPORT, NULL, "a report in JSON",
	 "give the captures that it is about; 'grantwatch compare' takes rates.json"},
	{CONTENT_TAR, NULL, "an archive", "'grantwatch explain %1$s' reads a bundle"},
	{CONTENT_GZIP, NULL, "compressed", "'grantwatch explain %1$s' reads it"},
	{CONTENT_XZ, NULL, "compressed", "'grantwatch explain %1$s' reads it"},
	{CONTENT_ZSTD, NULL, "compressed", "'grantwatch explain %1$s' reads it"},
	{CONTENT_BZIP2, NULL, "compressed", "'grantwatch explain %1$s' reads it"},
	{CONTENT_LOG, "a log", "text, perhaps a log",
	 "'grantwatch explain %1$s' reads logs, 'grantwatch analyze --log %1$s' takes one beside captures"},
};

static u32 row_of(enum content content)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds) - 1; i++)
		if (kinds[i].content == content)
			break;
	return i;
}

static int complain(const char *path, enum content wanted, enum content there)
{
	char advice[ADVICE_SIZE];

	snprintf(advice, sizeof(advice), kinds[row_of(there)].advice, path);
	pr_err("%s: not %s, but %s: %s", path, kinds[row_of(wanted)].wanted,
	       kinds[row_of(there)].there, advice);
	return -1;
}

static bool is_directory(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
		return false;
	pr_err("%s: Is a directory: give the files in it, %s/*.gwc", path, path);
	return true;
}

/* Whether the first bytes look like text. */
static bool is_text(int fd)
{
	unsigned char bytes[CONTENT_BYTES];
	ssize_t i, n = pread(fd, bytes, sizeof(bytes), 0);

	for (i = 0; i < n; i++)
		if (bytes[i] == 0x7f || (bytes[i] < ' ' && !strchr("\t\n\r\f\033", bytes[i])))
			return false;
	return n > 0;
}

int input_kind__check(int fd, const char *path, enum content wanted)
{
	int there;

	if (is_directory(fd, path))
		return -1;
	there = content__of_file(fd);
	if (there < 0 || there == (int)wanted)
		return 0;
	/* For a damaged or empty file, its reader has the better message. */
	if (there == CONTENT_LOG && (wanted == CONTENT_CAPTURE_TEXT || !is_text(fd)))
		return 0;
	return complain(path, wanted, (enum content)there);
}

int input_kind__check_log(int fd, const char *path)
{
	int there;

	if (is_directory(fd, path))
		return -1;
	there = content__of_file(fd);
	if (there != CONTENT_CAPTURE && there != CONTENT_CAPTURE_TEXT &&
	    there != CONTENT_XENTRACE && there != CONTENT_REPORT)
		return 0;
	return complain(path, CONTENT_LOG, (enum content)there);
}
