/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl's transfers in the daemon's event loop: HTTP, HTTPS and SMTP, for
 * checks and mail.  Nothing here waits.
 */
#ifndef DRAYCHECKD_CURL_LOOP_H
#define DRAYCHECKD_CURL_LOOP_H

#include <curl/curl.h>
#include <event2/event_struct.h>

struct ka_checker;

typedef void (*transfer_done_fn)(CURL *easy, CURLcode code, void *arg);

/* Who makes transfers holds one of these for each. */
struct transfer {
	CURL *easy;
	transfer_done_fn done;
	void *arg;
	const struct ka_checker *from;	/* binding and mark; NULL: any */
	char error[CURL_ERROR_SIZE];
	long limit_ms;
	struct event limit;		/* runs once the request is sent */
};

int transfer_init(struct transfer *t, transfer_done_fn done, void *arg);
void transfer_limit(struct transfer *t, long ms);
int transfer_start(struct transfer *t);
void transfer_free(struct transfer *t);
const char *transfer_error(const struct transfer *t, CURLcode code);

#endif
