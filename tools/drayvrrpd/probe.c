// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looked at, not told: keepalived listens to the kernel's process connector,
 * which wakes it up for every process of the host.
 */
#include "probe.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMDLINE 4096

static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

long probe_file(const char *path)
{
	char buf[64];

	return read_file(path, buf, sizeof(buf)) > 0 ? strtol(buf, NULL, 10) :
						       0;
}

/* The words behind the first: all of them, or the first, or part of each. */
static bool words_match(const char *p, const char *end, char *const *words,
			size_t n, const char *how)
{
	size_t i;

	for (i = 0; i < n; i++, p += strlen(p) + 1) {
		if (p >= end)
			return false;
		if (!strcmp(how, "partial") ? strncmp(p, words[i],
						      strlen(words[i])) :
					      strcmp(p, words[i]))
			return false;
	}
	return p >= end || strcmp(how, "exact");
}

static bool is_match(const char *pid, char *const *words, size_t n)
{
	char path[64], buf[CMDLINE], *name;
	bool full = !strcmp(words[0], "full");
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid,
		 full ? "cmdline" : "comm");
	len = read_file(path, buf, sizeof(buf));
	if (len <= 0)
		return false;
	if (!full) {
		buf[strcspn(buf, "\n")] = '\0';
		/* the kernel keeps 15 characters */
		if (strncmp(buf, words[2], 15))
			return false;
		if (n == 3)
			return true;
		snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
		len = read_file(path, buf, sizeof(buf));
		if (len <= 0)
			return false;
	} else {
		name = strrchr(buf, '/');
		if (strcmp(words[2], buf) &&
		    (!name || strcmp(words[2], name + 1)))
			return false;
	}
	return words_match(buf + strlen(buf) + 1, buf + len, words + 3, n - 3,
			   n > 3 ? words[1] : "initial");
}

long probe_processes(char *const *words, size_t n)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	long found = 0;

	if (!proc)
		return 0;
	while (n > 2 && (d = readdir(proc)))
		found += isdigit((unsigned char)d->d_name[0]) &&
			 is_match(d->d_name, words, n);
	closedir(proc);
	return found;
}
