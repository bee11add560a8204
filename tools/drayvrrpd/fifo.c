// SPDX-License-Identifier: GPL-2.0-or-later
/* FIFOs that events are written to; a full one loses lines, and never waits. */
#include "fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define FIFOS 8

static struct {
	char *path;
	int fd;
} fifos[FIFOS];

/* Stays open for reading too: what is in it is not lost between readers. */
int fifo_open(const char *path)
{
	struct stat st;
	int i, fd;

	for (i = 0; i < FIFOS && fifos[i].path; i++)
		if (!strcmp(fifos[i].path, path))
			return fifos[i].fd;
	if (i == FIFOS || (mkfifo(path, 0644) && errno != EEXIST))
		return -1;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISFIFO(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	fifos[i].path = strdup(path);
	fifos[i].fd = fd;
	return fd;
}

void fifo_write(const char *path, const char *line)
{
	static struct log_limit limit;
	int fd = fifo_open(path);
	size_t len = strlen(line);
	unsigned int held;

	if ((fd < 0 || write(fd, line, len) != (ssize_t)len) &&
	    log_may(&limit, &held))
		log_say(LOG_WARNING, "%s: a line is lost: %s (%u more)", path,
			strerror(errno), held);
}

void fifos_close(void)
{
	int i;

	for (i = 0; i < FIFOS && fifos[i].path; i++)
		close(fifos[i].fd);
}
