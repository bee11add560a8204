/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mail, sent by libcurl; in a process of its own, which may wait. */
#ifndef DRAYVRRPD_MAIL_H
#define DRAYVRRPD_MAIL_H

#include <stddef.h>

/* What the words of a JOB_MAIL are. */
enum {
	MAIL_URL,		/* smtp://SERVER:PORT/HELO */
	MAIL_CONNECT_MS,
	MAIL_FROM,
	MAIL_SUBJECT,
	MAIL_BODY,
	MAIL_TO,		/* and all that follow */
};

/* Return: 0, or 1 and said in the log, rarely. */
int mail_send(char *const *words, size_t n);

#endif
