// SPDX-License-Identifier: GPL-2.0-or-later
/* Which addresses are announced how often; the frames are garp.c's. */
#include "burst.h"

#include <fcntl.h>
#include <unistd.h>

#include "announce.h"
#include "garp.h"
#include "link.h"

#define BURST_GAP_US 20000		/* between two of a burst, if none is said */

static bool is_router(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/all/forwarding",
		      O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c != '0';
}

static void say(const struct router *r, const struct link *link,
		const struct dray_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	log_say(LOG_INFO, "(%s) Sending %s on %s for %s", r->conf->name,
		addr->family == AF_INET6 ? "unsolicited Neighbour Advert" :
					   "gratuitous ARP",
		link->name, dray_addr_text(addr, text, sizeof(text)));
}

static void announce(struct router *r, unsigned int rounds, uint64_t at)
{
	unsigned int flags = is_router() ? ANNOUNCE_ROUTER : 0;
	const struct ka_garp *garp = &r->conf->garp;
	uint64_t gap;
	size_t i;

	for (i = 0; i < r->hold.n; i++) {
		const struct hold_address *a = &r->hold.addresses[i];
		const struct link *link = link_by_index(a->ifindex);

		if (!link || !link->has_mac)
			continue;
		say(r, link, &a->conf->addr);
		gap = a->conf->addr.family == AF_INET6 ? garp->gna_interval_us :
							 garp->interval_us;
		garp_want(&a->conf->addr, link->index, link->mac, flags, rounds,
			  gap ? gap : BURST_GAP_US, at, &r->record->garps);
	}
}

/* One alarm for all of them: none puts another off or ends it. */
static void plan(struct router *r, enum burst burst, uint64_t now,
		 uint64_t delay)
{
	uint64_t first = ALARM_NEVER;
	int i;

	r->bursts[burst] = delay ? now + delay : ALARM_NEVER;
	for (i = 0; i < BURST_N; i++)
		if (r->bursts[i] < first)
			first = r->bursts[i];
	alarm_set(&r->announce, first);
}

void announce_burst(struct router *r, uint64_t now)
{
	const struct ka_garp *garp = &r->conf->garp;

	announce(r, garp->repeat, now);
	plan(r, BURST_SECOND, now, garp->delay_us);
	plan(r, BURST_REFRESH, now, garp->refresh_us);
}

void announce_lower(struct router *r, uint64_t now)
{
	const struct ka_garp *garp = &r->conf->garp;

	announce(r, garp->lower_prio_repeat, now);
	plan(r, BURST_LOWER, now, garp->lower_prio_delay_us);
}

void announce_again(void *arg, uint64_t now)
{
	struct router *r = arg;
	const struct ka_garp *garp = &r->conf->garp;
	const unsigned int repeat[BURST_N] = {
		[BURST_SECOND] = garp->repeat,
		[BURST_LOWER] = garp->lower_prio_repeat,
		[BURST_REFRESH] = garp->refresh_repeat,
	};
	unsigned int rounds = 0;
	int i;

	for (i = 0; i < BURST_N; i++) {
		if (r->bursts[i] > now)
			continue;
		if (repeat[i] > rounds)
			rounds = repeat[i];
		plan(r, i, now, i == BURST_REFRESH ? garp->refresh_us : 0);
	}
	announce(r, rounds, now);
}

void announce_no_more(struct router *r)
{
	int i;

	for (i = 0; i < BURST_N; i++)
		plan(r, i, 0, 0);
}
