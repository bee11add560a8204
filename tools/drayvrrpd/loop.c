// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One loop over few descriptors.  Before anything is done because time has
 * passed, everything that came in meanwhile is read: an advert that lies in a
 * queue has been heard.
 */
#include "loop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "errand.h"
#include "fib.h"
#include "garp.h"
#include "hello.h"
#include "holding.h"
#include "link.h"
#include "receive.h"
#include "router.h"
#include "statics.h"

#define DRAIN_US 2000ull	/* of one socket in one turn, whoever floods us */
#define LOOKS 4			/* in a turn: looking may change something itself */

static struct {
	struct event_base *base;
	struct state *state;
	const struct ka_conf *conf;
	struct dray_addr *own;
	size_t n_own;
	bool stopping;
	bool started;			/* until then all addresses are of the one before */
	bool sweeps;			/* when all have what they are to have */
	int links, alarms, fib;
} loop;

/* --- what comes in --- */

/*
 * Everything that is there, but not for longer than DRAIN_US: a flood takes
 * no advert's time.  How far it got is kept, for what waits to hear nothing.
 */
static void drain(struct sock *sock)
{
	static struct received r;
	uint64_t now = now_us(), end = now + DRAIN_US;

	sock->read_to = SOCK_ALL;
	while (sock_receive(sock, &r) > 0) {
		router_receive(sock, &r, loop.state, now);
		now = now_us();
		if (now < end)
			continue;
		sock->read_to = r.at;
		break;
	}
}

static void on_sock(evutil_socket_t fd, short what, void *arg);

/* Sockets come with interfaces, and go with them. */
static void keep_socks(void)
{
	struct sock *sock, *next;

	for (sock = sock_next(NULL); sock; sock = next) {
		next = sock_next(sock);
		if (!link_by_index(sock->ifindex)) {
			if (sock->event)
				event_free(sock->event);
			sock_close(sock);
		} else if (!sock->event) {
			sock->event = event_new(loop.base, sock->fd,
						EV_READ | EV_PERSIST, on_sock,
						sock);
			event_add(sock->event, NULL);
		}
	}
}

/* A virtual address is everybody's: another master may send from it, as FRR does,
 * and has to be heard.
 */
static void keep_own(void)
{
	const struct link *link = NULL;
	struct router *r;
	size_t i;

	loop.n_own = 0;
	while ((link = link_next(link)))
		for (i = 0; i < link->n_addrs; i++) {
			if (link->addrs[i].proto == VRRP_RTPROT)
				continue;
			loop.own = dray_grow(loop.own, loop.n_own,
					     sizeof(*loop.own));
			loop.own[loop.n_own++] = link->addrs[i].addr;
		}
	for (r = routers; r; r = r->next) {
		r->spec.own = loop.own;
		r->spec.n_own = loop.n_own;
	}
}

void loop_look(uint64_t now)
{
	struct router *r;

	keep_own();
	for (r = routers; r; r = r->next)
		router_look(r, now);
	look_at_static(NULL);
	keep_socks();
	/* what could not be removed, or came too late, goes then */
	loop.sweeps = true;
}

static bool has_changed(void)
{
	bool links = links_changed();

	return socks_changed() || links;
}

/* What link.c was told while something else read its table counts too. */
static void look_if_changed(void)
{
	int n;

	for (n = 0; n < LOOKS && has_changed(); n++)
		loop_look(now_us());
}

static void sweep_if_due(void)
{
	if (!loop.started || !loop.sweeps || !errands_are_idle())
		return;
	loop.sweeps = false;
	links_read();
	sweep_stale(loop.conf);
}

/* The end of a turn: nothing may be waited for before this. */
void loop_turn_over(void)
{
	struct router *r;

	look_if_changed();
	sweep_if_due();
	loop.state->beat = now_us();
	alarms_commit();
	if (!loop.stopping)
		return;
	for (r = routers; r; r = r->next)
		if (r->fsm.running)
			return;
	event_base_loopbreak(loop.base);
}

static void on_sock(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
	loop_turn_over();
}

static void on_links(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	links_read();
	loop_turn_over();
}

static void on_change(const struct fib_change *change)
{
	struct router *r;

	look_at_static(change);
	for (r = routers; r; r = r->next)
		hold_look(r, change);
}

static void on_fib(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fib_read(on_change);
	loop_turn_over();
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct sock *sock;
	uint64_t late;

	(void)fd;
	(void)what;
	(void)arg;
	for (sock = sock_next(NULL); sock; sock = sock_next(sock))
		drain(sock);
	links_read();
	look_if_changed();
	late = alarms_ring(now_us());
	if (late > loop.state->late_max)
		loop.state->late_max = late;
	loop_turn_over();
}

static void on_hello(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	hello_receive(fd, AF_INET, now_us());
	loop_turn_over();
}

static void on_hello6(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	hello_receive(fd, AF_INET6, now_us());
	loop_turn_over();
}

/* --- for the others --- */

int loop_open(const struct ka_conf *conf, struct state *state)
{
	loop.conf = conf;
	loop.state = state;
	loop.links = links_open();
	loop.alarms = alarms_open();
	loop.fib = fib_open(conf);
	if (loop.links < 0 || loop.alarms < 0 || holding_open() ||
	    garp_open() || (loop.fib < 0 && loop.fib != -ENOENT)) {
		log_say(LOG_ERR, "cannot talk to the kernel's network: %s",
			strerror(errno));
		return -EIO;
	}
	loop.base = event_base_new();
	return loop.base ? 0 : -ENOMEM;
}

void loop_watch(int fd, event_callback_fn fn)
{
	struct event *e = event_new(loop.base, fd, EV_READ | EV_PERSIST, fn,
				    event_self_cbarg());

	if (!e || event_add(e, NULL))
		_exit(1);
}

/* Two workers have the port for a moment, and a host may have no IPv6. */
static void watch_hello(uint8_t family, event_callback_fn fn)
{
	int fd = hello_open(family);

	if (fd >= 0)
		loop_watch(fd, fn);
}

void loop_watch_network(void)
{
	loop_watch(loop.links, on_links);
	loop_watch(loop.alarms, on_alarm);
	if (loop.fib >= 0)
		loop_watch(loop.fib, on_fib);
	watch_hello(AF_INET, on_hello);
	watch_hello(AF_INET6, on_hello6);
}

void loop_watch_signal(int sig, event_callback_fn fn)
{
	struct event *e = evsignal_new(loop.base, sig, fn, NULL);

	if (!e || event_add(e, NULL))
		_exit(1);
}

void loop_started(void)
{
	loop.started = true;
	loop.sweeps = true;
}

void loop_end(void)
{
	loop.stopping = true;
}

void loop_run(void)
{
	event_base_dispatch(loop.base);
}
