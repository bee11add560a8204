// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file with the key of the selection tables: 32 hexadecimal digits, white
 * space around them.  Who knows the key can choose a client address that goes
 * to a certain server, so a file that others could have read is refused: what
 * it holds is no secret any more.
 */
#include "table_key.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../kernel/table.h"

#define DIGITS (2 * DRAY_TABLE_KEY_LEN)
#define FILE_MAX 4096		/* far more than a key and white space */

/* Where in the text, from 1. */
struct place {
	unsigned int line, column;
};

static int fail(char *error, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return -1;
}

void table_key_public(uint8_t *key)
{
	memcpy(key, DRAY_TABLE_PUBLIC_KEY, DRAY_TABLE_KEY_LEN);
}

static void step(struct place *at, char c)
{
	at->column++;
	if (c != '\n')
		return;
	at->line++;
	at->column = 1;
}

static size_t skip_blanks(const char *text, size_t len, size_t i,
			  struct place *at)
{
	while (i < len && isspace((unsigned char)text[i]))
		step(at, text[i++]);
	return i;
}

static int digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Says how many digits there are, never which. */
int table_key_parse(const char *name, const char *text, size_t len,
		    uint8_t *key, char *error, size_t size)
{
	struct place at = { 1, 1 };
	size_t i = skip_blanks(text, len, 0, &at);
	int n, value;

	for (n = 0; n < DIGITS; n++, i++, at.column++) {
		if (i == len || isspace((unsigned char)text[i]))
			return fail(error, size, "%s:%u:%u: the key ends after "
				    "%d of %d hexadecimal digits", name,
				    at.line, at.column, n, DIGITS);
		value = digit_value(text[i]);
		if (value < 0)
			return fail(error, size, "%s:%u:%u: not a hexadecimal "
				    "digit", name, at.line, at.column);
		key[n / 2] = n % 2 ? key[n / 2] << 4 | value : value;
	}
	if (i < len && digit_value(text[i]) >= 0)
		return fail(error, size, "%s:%u:%u: the key is longer than %d "
			    "hexadecimal digits", name, at.line, at.column,
			    DIGITS);
	i = skip_blanks(text, len, i, &at);
	if (i < len)
		return fail(error, size, "%s:%u:%u: there is something behind "
			    "the key", name, at.line, at.column);
	return 0;
}

int table_key_judge(const char *name, const struct stat *st, char *error,
		    size_t size)
{
	if (!S_ISREG(st->st_mode))
		return fail(error, size, "%s: not a regular file", name);
	if (st->st_uid)
		return fail(error, size, "%s: not owned by root, so that its "
			    "owner knows the key; type: chown root %s && "
			    "chmod 600 %s", name, name, name);
	if (st->st_mode & 066)
		return fail(error, size, "%s: group or others may read or "
			    "write it; type: chmod 600 %s", name, name);
	return 0;
}

static int cannot_open(const char *name, char *error, size_t size)
{
	if (errno == ELOOP)
		return fail(error, size, "%s: a symbolic link, which is not "
			    "followed; name the file itself", name);
	return fail(error, size, "%s: %s", name, strerror(errno));
}

static int read_fd(const char *name, int fd, uint8_t *key, char *error,
		   size_t size)
{
	char text[FILE_MAX];
	struct stat st;
	ssize_t got;
	int rc;

	if (fstat(fd, &st))
		return fail(error, size, "%s: %s", name, strerror(errno));
	if (table_key_judge(name, &st, error, size))
		return -1;
	got = read(fd, text, sizeof(text));
	if (got < 0)
		return fail(error, size, "%s: %s", name, strerror(errno));
	if (got == sizeof(text))
		rc = fail(error, size, "%s: too long for a key of %d "
			  "hexadecimal digits", name, DIGITS);
	else
		rc = table_key_parse(name, text, got, key, error, size);
	explicit_bzero(text, sizeof(text));
	return rc;
}

/* "none": the public key.  What is judged is the file that is then read. */
int table_key_read(const char *name, uint8_t *key, char *error, size_t size)
{
	int fd, rc;

	if (!strcmp(name, "none")) {
		table_key_public(key);
		return 0;
	}
	/* O_NONBLOCK: a fifo is refused, not waited for */
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
		  O_NOCTTY);
	if (fd < 0)
		return cannot_open(name, error, size);
	rc = read_fd(name, fd, key, error, size);
	close(fd);
	return rc;
}
