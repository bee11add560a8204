// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See gateway.h.  One question at a time; the timer asks the next one, and
 * counts the last as missed if no answer has come.
 */
#include "gateway.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>
#include <unistd.h>

#include "job.h"
#include "log.h"
#include "ping.h"
#include "sock.h"

#define LOOK_MS 2000	/* on top of the longest connect_timeout */

struct gateway gateway;

static struct event timer, event;
static const struct ka_conf *conf;
static int fd = -1;
static uint16_t id;
static bool asked;

static void take_default(struct nl_object *object, void *arg)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct dray_addr *addr = arg;
	struct rtnl_nexthop *hop;
	struct nl_addr *via;

	if (addr->family || nl_addr_get_prefixlen(rtnl_route_get_dst(route)) ||
	    !rtnl_route_get_nnexthops(route))
		return;
	hop = rtnl_route_nexthop_n(route, 0);
	via = rtnl_route_nh_get_gateway(hop);
	if (!via || nl_addr_get_len(via) > sizeof(addr->bytes))
		return;
	memcpy(addr->bytes, nl_addr_get_binary_addr(via), nl_addr_get_len(via));
	addr->family = nl_addr_get_family(via);
}

/* A link-local gateway would need its device as well: IPv4's is asked. */
static void default_gateway(struct dray_addr *addr)
{
	struct nl_sock *sk = nl_socket_alloc();
	struct nl_cache *cache = NULL;

	memset(addr, 0, sizeof(*addr));
	if (sk && !nl_connect(sk, NETLINK_ROUTE) &&
	    !rtnl_route_alloc_cache(sk, AF_INET, 0, &cache)) {
		nl_cache_foreach(cache, take_default, addr);
		nl_cache_free(cache);
	}
	nl_socket_free(sk);
}

static void close_socket(void)
{
	if (fd < 0)
		return;
	event_del(&event);
	close(fd);
	fd = -1;
}

/* While it matters the one that has answered before is asked. */
static void find(void)
{
	struct dray_addr now = conf->globals.probe_gateway;

	if (blame_holds(&gateway.blame))
		return;
	if (!now.family)
		default_gateway(&now);
	if (!now.family && gateway.addr.family)
		return;
	if (!dray_addr_cmp(&now, &gateway.addr))
		return;
	gateway.addr = now;
	blame_forget(&gateway.blame);
	close_socket();
}

static uint64_t look_ms(void)
{
	uint64_t longest = 0;
	size_t i;

	for (i = 0; i < jobs.n; i++)
		if (jobs.list[i]->conf->connect_timeout_us > longest)
			longest = jobs.list[i]->conf->connect_timeout_us;
	return longest / 1000 + LOOK_MS;
}

static void act(enum blame_act what)
{
	if (what != BLAME_NOTHING)
		gateway.act(what);
}

static void answered(bool yes)
{
	asked = false;
	act(blame_answer(&gateway.blame, yes, now_ms(), look_ms()));
}

static void on_answer(evutil_socket_t from, short what, void *arg)
{
	uint8_t data[512];
	ssize_t n = recv(from, data, sizeof(data), MSG_DONTWAIT);

	(void)what;
	(void)arg;
	if (n > 0 && asked && ping_answers(gateway.addr.family, id, data, n))
		answered(true);
}

static int open_socket(void)
{
	struct ka_checker any = { .addr = gateway.addr };
	int protocol = gateway.addr.family == AF_INET6 ? IPPROTO_ICMPV6 :
							 IPPROTO_ICMP;

	fd = sock_open(&any, gateway.addr.family, SOCK_DGRAM, protocol);
	if (fd < 0)
		fd = sock_open(&any, gateway.addr.family, SOCK_RAW, protocol);
	if (fd < 0)
		return fd;
	event_assign(&event, jobs.base, fd, EV_READ | EV_PERSIST, on_answer,
		     NULL);
	event_add(&event, NULL);
	return 0;
}

/* A question that cannot be sent is one that is not answered. */
static void ask(void)
{
	struct sockaddr_storage to;
	uint8_t echo[PING_LEN];
	socklen_t len;

	if (!gateway.addr.family || (fd < 0 && open_socket()))
		return;
	len = sock_address(&gateway.addr, 0, &to);
	sendto(fd, echo, ping_make(gateway.addr.family, ++id, echo), 0,
	       (struct sockaddr *)&to, len);
	asked = true;
}

static void set_timer(void)
{
	uint64_t ms = blame_next_question(&gateway.blame);
	struct timeval tv = probe_timeval(ms * 1000);

	evtimer_add(&timer, &tv);
}

static void on_timer(evutil_socket_t from, short what, void *arg)
{
	(void)from;
	(void)what;
	(void)arg;
	if (asked)
		answered(false);
	act(blame_tick(&gateway.blame, now_ms()));
	find();
	ask();
	set_timer();
}

/* After each result of a check. */
void gateway_counts(size_t failing, size_t all)
{
	bool frozen = gateway.blame.phase == BLAME_FROZEN;
	enum blame_act what;

	if (blame_counts(&gateway.blame, failing, all, now_ms(),
			 frozen ? look_ms() : 0, &what)) {
		ask();
		set_timer();
	}
	act(what);
}

void gateway_setup(const struct ka_conf *now)
{
	conf = now;
	find();
}

void gateway_open(const struct ka_conf *now, gateway_act_fn then)
{
	gateway.act = then;
	evtimer_assign(&timer, jobs.base, on_timer, NULL);
	gateway_setup(now);
	ask();
	set_timer();
}

void gateway_close(void)
{
	evtimer_del(&timer);
	close_socket();
}
