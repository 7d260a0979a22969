// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "util/screen.h"
#include "util/terminal.h"

/* ECMA-48, and the private modes of xterm that terminals have in common. */
#define ENTER	   "\033[?1049h\033[?25l" /* alternate screen, no cursor */
#define LEAVE	   "\033[?25h\033[?1049l"
#define HOME	   "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_DOWN "\033[J"
#define REVERSE	   "\033[7m"

static struct termios before;
static volatile sig_atomic_t taken;

/* The functions down to on_stop() run in signal handlers. */
static void put(const char *text, size_t len)
{
	/* If the terminal is gone, nothing is left to restore. */
	ssize_t n = write(STDOUT_FILENO, text, len);

	(void)n;
}

static bool enter(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return false;
	taken = 1;
	put(ENTER, sizeof(ENTER) - 1);
	return true;
}

void screen__end(void)
{
	if (!taken)
		return;
	taken = 0;
	put(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* Ends as the signal does without a handler, which SA_RESETHAND has removed. */
static void on_death(int sig)
{
	screen__end();
	raise(sig);
}

static void on_stop(int sig)
{
	const int error = errno;

	screen__end();
	raise(SIGSTOP);
	enter();
	errno = error;
}

static void catch_ends(void)
{
	static const int deadly[] = {SIGSEGV, SIGBUS,  SIGILL,	SIGFPE,	 SIGABRT,
				     SIGSYS,  SIGPIPE, SIGQUIT, SIGALRM, SIGXCPU};
	const struct sigaction death = {.sa_handler = on_death, .sa_flags = SA_RESETHAND};
	const struct sigaction stop = {.sa_handler = on_stop};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &death, NULL);
	sigaction(SIGTSTP, &stop, NULL);
	atexit(screen__end);
}

bool screen__begin(void)
{
	if (!terminal__progress(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before))
		return false;
	catch_ends();
	return enter();
}

static u32 rows(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 2)
		return 24;
	return size.ws_row;
}

u32 screen__lines(void)
{
	return rows() - 1;
}

/* Prints up to @len columns of @line, so that the terminal breaks none. */
static void put_line(const char *line, size_t len, u32 width)
{
	fwrite(line, 1, width && len > width ? width : len, stdout);
	fputs(CLEAR_LINE, stdout);
}

void screen__show(const char *text, const char *status)
{
	const u32 width = terminal__width(STDOUT_FILENO);
	u32 left = screen__lines();

	fputs(HOME, stdout);
	while (*text && left--) {
		const size_t len = strcspn(text, "\n");

		put_line(text, len, width);
		fputs("\r\n", stdout);
		text += len + (text[len] == '\n');
	}
	fputs(CLEAR_DOWN, stdout);
	printf("\033[%u;1H" REVERSE, rows());
	put_line(status, strlen(status), width);
	fputs(SGR_OFF, stdout);
	fflush(stdout);
}

int screen__read(char keys[SCREEN_KEYS], int ms)
{
	struct pollfd fd = {STDIN_FILENO, POLLIN, 0};
	ssize_t n;

	if (poll(&fd, 1, ms) != 1)
		return 0;
	n = read(STDIN_FILENO, keys, SCREEN_KEYS);
	if (n > 0)
		return (int)n;
	return n < 0 && errno == EINTR ? 0 : -1;
}
