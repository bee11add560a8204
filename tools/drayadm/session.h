/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one run of the tool carries along: its name as typed, the connection
 * to the kernel (made when the first command needs it, so that mistakes on
 * the command line are named without root and without the module), and where
 * in a file it stands.
 */
#ifndef DRAYADM_SESSION_H
#define DRAYADM_SESSION_H

#include "classic.h"
#include "emit.h"
#include "request.h"

struct session {
	const char *program;
	struct dray_nl nl;
	bool connected;
	bool restoring;			/* -R within -R is refused */
	const char *file;		/* NULL: the standard input */
	unsigned int line;		/* 0: the command line */
};

int session_connect(struct session *s);
void session_close(struct session *s);

void complain(const struct session *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void note(const struct session *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int session_failed(const struct session *s, const char *what);

const char *errno_text(enum classic_cmd cmd, int err);
const char *errno_reason(const struct dray_error *error, char *buf, size_t len);

#endif
