// SPDX-License-Identifier: GPL-2.0-or-later
/* See fifo.h.  One that stays the same over a reload is not opened anew. */
#include "fifo.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "probe.h"
#include "reader.h"

#define WAITING_MAX (1 << 20)	/* bytes that nobody has read yet */

struct fifo {
	char *path;		/* NULL: none */
	int fd;
	struct event event;
	struct evbuffer *waiting;
	bool full;
	struct reader *reader;	/* NULL: none of ours */
};

enum { OF_ALL, OF_LVS, FIFOS };

static struct fifo fifos[FIFOS];

static void fifo_flush(struct fifo *f)
{
	while (evbuffer_get_length(f->waiting))
		if (evbuffer_write(f->waiting, f->fd) <= 0)
			break;
	if (evbuffer_get_length(f->waiting))
		event_add(&f->event, NULL);
	else
		f->full = false;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fifo_flush(arg);
}

/* Read and write, so that there is always a reader and no SIGPIPE. */
static int fifo_make(const char *path)
{
	int fd;

	if (mkfifo(path, 0644) && errno != EEXIST)
		return -1;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	return fd;
}

static bool is_fifo(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

static void fifo_open(struct fifo *f, const char *path)
{
	f->fd = fifo_make(path);
	if (f->fd < 0 || !is_fifo(f->fd)) {
		log_error("The FIFO %s cannot be opened: %s", path,
			  f->fd < 0 ? strerror(errno) : "it is something else");
		if (f->fd >= 0)
			close(f->fd);
		return;
	}
	f->path = mem_text(path);
	f->waiting = evbuffer_new();
	event_assign(&f->event, job_base(), f->fd, EV_WRITE, on_writable, f);
}

static void fifo_close(struct fifo *f)
{
	if (!f->path)
		return;
	fifo_flush(f);
	event_del(&f->event);
	evbuffer_free(f->waiting);
	reader_leave(f->reader);
	close(f->fd);
	unlink(f->path);
	free(f->path);
	memset(f, 0, sizeof(*f));
}

static void fifo_want(struct fifo *f, const struct ka_conf *conf,
		      const struct ka_fifo *wanted)
{
	const char *path = wanted ? wanted->path : NULL;

	if (path && f->path && !strcmp(path, f->path))
		return;
	fifo_close(f);
	if (!path)
		return;
	fifo_open(f, path);
	if (f->path && wanted->script)
		f->reader = reader_start(conf, wanted->script, path);
}

/* conf NULL: at the end */
void fifo_setup(const struct ka_conf *conf)
{
	fifo_want(&fifos[OF_ALL], conf, conf ? &conf->globals.fifo : NULL);
	fifo_want(&fifos[OF_LVS], conf, conf ? &conf->globals.lvs_fifo : NULL);
}

static void fifo_add(struct fifo *f, const char *line)
{
	if (!f->path)
		return;
	if (evbuffer_get_length(f->waiting) + strlen(line) > WAITING_MAX) {
		if (!f->full)
			log_warning("Nobody reads the FIFO %s: events are lost",
				    f->path);
		f->full = true;
		return;
	}
	evbuffer_add(f->waiting, line, strlen(line));
	fifo_flush(f);
}

void fifo_line(const char *format, ...)
{
	char line[512];
	va_list args;
	size_t i;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (i = 0; i < FIFOS; i++)
		fifo_add(&fifos[i], line);
}
