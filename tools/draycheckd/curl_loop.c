// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The multi socket interface: libcurl says which descriptors it waits for and
 * for how long, the event loop tells it what happened.
 */
#include "curl_loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <unistd.h>

#include "mem.h"
#include "probe.h"
#include "sock.h"

static CURLM *multi;
static struct event timer;

static void take_finished(void)
{
	struct transfer *t;
	CURLMsg *message;
	CURLcode code;
	char *private;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &private);
		t = (struct transfer *)private;
		event_del(&t->limit);
		curl_multi_remove_handle(multi, t->easy);
		t->done(t->easy, code, t->arg);
	}
}

static void act(curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(multi, fd, what, &running);
	take_finished();
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	(void)arg;
	act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) |
	    (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	act(CURL_SOCKET_TIMEOUT, 0);
}

static int want_timer(CURLM *m, long ms, void *arg)
{
	struct timeval tv = probe_timeval(ms < 0 ? 0 : ms * 1000);

	(void)m;
	(void)arg;
	if (ms < 0)
		evtimer_del(&timer);
	else
		evtimer_add(&timer, &tv);
	return 0;
}

static void forget_socket(curl_socket_t fd, struct event *event)
{
	if (!event)
		return;
	event_del(event);
	free(event);
	curl_multi_assign(multi, fd, NULL);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		       void *assigned)
{
	struct event *event = assigned;
	short flags = EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
		      (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		forget_socket(fd, event);
		return 0;
	}
	if (event) {
		event_del(event);
	} else {
		event = mem_zero(1, sizeof(*event));
		curl_multi_assign(multi, fd, event);
	}
	event_assign(event, job_base(), fd, flags, on_socket, NULL);
	event_add(event, NULL);
	return 0;
}

static int begin(void)
{
	if (multi)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -1;
	multi = curl_multi_init();
	if (!multi)
		return -1;
	evtimer_assign(&timer, job_base(), on_timer, NULL);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
	/* a check asks the server of now, not a connection of before */
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 1L);
	return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	int type = to->socktype | SOCK_CLOEXEC;
	int fd;

	(void)purpose;
	if (t->from)
		fd = sock_open(t->from, to->family, type, to->protocol);
	else
		fd = socket(to->family, type | SOCK_NONBLOCK, to->protocol);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct transfer *t = arg;

	(void)fd;
	(void)what;
	snprintf(t->error, sizeof(t->error),
		 "Timed out: no whole answer in %ld ms", t->limit_ms);
	curl_multi_remove_handle(multi, t->easy);
	t->done(t->easy, CURLE_OPERATION_TIMEDOUT, t->arg);
}

/* The connection is there, of TLS too, and the request goes out. */
static int on_connected(void *arg, char *to, char *from, int to_port,
			int from_port)
{
	struct transfer *t = arg;
	struct timeval tv = probe_timeval(t->limit_ms * 1000);

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	evtimer_add(&t->limit, &tv);
	return CURL_PREREQFUNC_OK;
}

/*
 * So long to connect, and so long for the whole answer from then on: libcurl
 * itself limits only the sum, which a server that takes connections and hangs
 * would have all of.
 */
void transfer_limit(struct transfer *t, long ms)
{
	t->limit_ms = ms;
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, ms);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, 2 * ms);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}

/* Return: 0, or -1 without memory. */
int transfer_init(struct transfer *t, transfer_done_fn done, void *arg)
{
	if (begin())
		return -1;
	t->easy = curl_easy_init();
	if (!t->easy)
		return -1;
	t->done = done;
	t->arg = arg;
	t->error[0] = 0;
	evtimer_assign(&t->limit, job_base(), on_limit, t);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
	return 0;
}

/* The done() of it comes later, never from within. */
int transfer_start(struct transfer *t)
{
	return curl_multi_add_handle(multi, t->easy) ? -1 : 0;
}

void transfer_free(struct transfer *t)
{
	if (!t->easy)
		return;
	event_del(&t->limit);
	curl_multi_remove_handle(multi, t->easy);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
}

const char *transfer_error(const struct transfer *t, CURLcode code)
{
	long err = 0;

	/* "Connection refused" says more than libcurl's sentence about it */
	if (code == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &err);
	if (err)
		return strerror(err);
	return t->error[0] ? t->error : curl_easy_strerror(code);
}
