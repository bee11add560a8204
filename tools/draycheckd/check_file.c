// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FILE_CHECK: a number in a file, times a weight, is added to the server's;
 * -254 and less means that the server is not to be used.  A file that is not
 * there or says no number says 0.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ka_vrrp.h"

#define DEAD (-254)

/* A FIFO must not keep the loop waiting.  Return: 0 or -errno. */
static int read_number(const char *path, long *value)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[64] = "", *end;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 0 && errno != EAGAIN)
		rc = -errno;
	close(fd);
	if (rc)
		return rc;
	*value = strtol(text, &end, 10);
	return end == text ? -EINVAL : 0;
}

static void *file_start(struct look *look)
{
	const struct ka_file_check *conf = &look_checker(look)->file;
	struct probe_result result = { .ok = true, .relative = true };
	char why[100];
	long value = 0;
	int rc = read_number(conf->file->path, &value);

	if (rc && rc != -ENOENT && rc != -EINVAL) {
		look_failed(look, "%s: %s", conf->file->path, strerror(-rc));
		return NULL;
	}
	if (value > 1000000 || value < -1000000)
		value = value < 0 ? -1000000 : 1000000;
	value *= conf->reverse ? -conf->weight : conf->weight;
	snprintf(why, sizeof(why), "the file says %ld", value);
	result.why = why;
	result.ok = value > DEAD;
	result.has_weight = conf->weight && result.ok;
	result.weight = value > 65535 ? 65535 : value;
	look_done(look, &result);
	return NULL;
}

const struct probe_ops probe_file = {
	.name = "FILE_CHECK",
	.start = file_start,
};
