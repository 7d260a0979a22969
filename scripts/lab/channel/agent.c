// The guest's side of the channel: runs the commands which dom0 writes to xenstore, side by side.
#define _GNU_SOURCE
#include "channel.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 64 };

static struct job {
	char id[40];
	pid_t command, server; // 0: none, or ended; the server streams stdout
	int status, output;
} jobs[JOBS];

static void job_start(const char *id, char *text)
{
	char *command = strchr(text, '\n');
	int stream = !strncmp(text, "stream\n", 7), ends[2] = {-1, -1};
	struct job *job = jobs;

	while (job < jobs + JOBS && job->id[0])
		job++;
	if (job == jobs + JOBS || !command) {
		store_write(path_of("data/lab/done/%s", id), "126 0 0", 7);
		return;
	}
	memset(job, 0, sizeof(*job));
	snprintf(job->id, sizeof(job->id), "%s", id);
	job->output = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (job->output < 0 || (stream && pipe2(ends, O_CLOEXEC)))
		die("cannot start a command: %m");

	job->command = fork();
	if (job->command == 0) {
		setsid();
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(stream ? ends[1] : job->output, 1);
		dup2(job->output, 2);
		execl("/bin/bash", "bash", "-c", command + 1, NULL);
		_exit(127);
	}
	if (stream)
		job->server = fork();
	if (stream && job->server == 0) {
		dup2(ends[0], 0);
		dup2(job->output, 2);
		execl("/proc/self/exe", "channel", "serve", "0", path_of("data/lab/vchan/%s", id),
		      NULL);
		_exit(127);
	}
	if (stream) {
		close(ends[0]);
		close(ends[1]);
	}
}

static void job_finish(struct job *job)
{
	off_t size = lseek(job->output, 0, SEEK_END);
	char chunk[CHUNK], done[64];
	int pieces = 0;
	ssize_t n;

	lseek(job->output, 0, SEEK_SET);
	while (pieces < CHUNKS && (n = read(job->output, chunk, sizeof(chunk))) > 0)
		if (store_write(path_of("data/lab/out/%s/%d", job->id, pieces++), chunk, n) < 0)
			die("cannot hand out output: %m");
	n = snprintf(done, sizeof(done), "%d %d %lld", job->status, pieces, (long long)size);
	store_write(path_of("data/lab/done/%s", job->id), done, n);
	close(job->output);
	job->id[0] = 0;
}

static void jobs_reap(void)
{
	pid_t pid;
	int status;

	// All children are the agent's own: orphans go to init.
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct job *job = jobs; job < jobs + JOBS; job++) {
			if (!job->id[0] || (pid != job->command && pid != job->server))
				continue;
			if (pid == job->command) {
				job->command = 0;
				job->status = WIFEXITED(status) ? WEXITSTATUS(status)
								: 128 + WTERMSIG(status);
			} else {
				job->server = 0;
				// The stream has lost its reader.
				if (job->command)
					kill(-job->command, SIGTERM);
			}
			if (!job->command && !job->server)
				job_finish(job);
		}
	}
}

static void jobs_take(void)
{
	char names[PAYLOAD + 1], text[PAYLOAD + 1];
	int len = store_list("data/lab/cmd", names);

	for (char *id = names; id < names + len; id += strlen(id) + 1) {
		const char *path = path_of("data/lab/cmd/%s", id);
		char own[40];

		if (store_read(path, text) < 0 || strlen(id) >= sizeof(own))
			continue;
		strcpy(own, id);
		store_rm(path);
		job_start(own, text);
	}
}

static void on_child(int signal)
{
	(void)signal;
}

void agent(void)
{
	struct sigaction action = {.sa_handler = on_child};
	struct utsname kernel;
	char uptime[32] = "";
	const char *ready;
	FILE *f = fopen("/proc/uptime", "r");

	if (!f || fscanf(f, "%31s", uptime) != 1 || uname(&kernel))
		die("no uptime");
	fclose(f);
	sigaction(SIGCHLD, &action, NULL);
	store_write("data/lab/cmd", "", 0);
	store_watch("data/lab/cmd");
	ready = path_of("%s %s", uptime, kernel.release);
	store_write("data/lab/ready", ready, strlen(ready));
	printf("agent ready, up %s\n", uptime);
	fflush(stdout);
	for (;;) {
		jobs_take();
		jobs_reap();
		// The timeout is for a child which ends between jobs_reap() and the poll.
		store_sleep(now() + 0.5);
	}
}
