// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The socket pair is the ring: the kernel bounds it, and a full one refuses a
 * line at once.  Only the writer ever touches a terminal, a file or syslog.
 */
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RING_BYTES (1 << 20)

static struct {
	int fd;
	pid_t writer;
	bool detail;
	unsigned int lost;
} logger = { .fd = -1 };

static void write_stderr(int level, const char *text)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	(void)level;
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", localtime_r(&now, &tm));
	fprintf(stderr, "%s drayvrrpd: %s\n", stamp, text);
}

/* The end of the last process that can say something is the end of this one. */
static void writer_loop(int fd, bool to_stderr)
{
	char line[LOG_LINE + 1];
	ssize_t n;

	prctl(PR_SET_NAME, "drayvrrpd-log");
	/* ended by the end of what it reads only: last words are to be heard */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!to_stderr)
		openlog("drayvrrpd", LOG_PID, LOG_DAEMON);
	while ((n = recv(fd, line, sizeof(line) - 1, 0)) > 0 ||
	       (n < 0 && errno == EINTR)) {
		if (n < 2)
			continue;
		line[n] = '\0';
		if (to_stderr)
			write_stderr(line[0], line + 1);
		else
			syslog(line[0], "%s", line + 1);
	}
	_exit(0);
}

int log_start(const struct log_options *options)
{
	int pair[2], bytes = RING_BYTES;
	pid_t pid;

	logger.detail = options->detail;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	pid = fork();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (!pid) {
		close(pair[0]);
		writer_loop(pair[1], options->to_stderr);
	}
	close(pair[1]);
	logger.fd = pair[0];
	logger.writer = pid;
	return 0;
}

static bool put(int level, const char *text)
{
	char line[LOG_LINE];
	int n = snprintf(line, sizeof(line), "%c%s", level, text);

	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	return send(logger.fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) == n;
}

void log_say(int level, const char *format, ...)
{
	char text[LOG_LINE - 1], note[64];
	va_list args;

	if (level > LOG_NOTICE && !logger.detail)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (logger.fd < 0) {
		write_stderr(level, text);
		return;
	}
	if (logger.lost) {
		snprintf(note, sizeof(note), "%u lines of the log were lost",
			 logger.lost);
		if (put(LOG_WARNING, note))
			logger.lost = 0;
	}
	if (!put(level, text))
		logger.lost++;
}

void log_stop(void)
{
	if (logger.fd < 0)
		return;
	close(logger.fd);
	logger.fd = -1;
	waitpid(logger.writer, NULL, 0);
}

bool log_may(struct log_limit *limit, unsigned int *held)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
	if (now < limit->next) {
		limit->held++;
		return false;
	}
	*held = limit->held;
	limit->held = 0;
	limit->next = now + 1000;
	return true;
}
