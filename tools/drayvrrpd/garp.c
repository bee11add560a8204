// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One packet socket for all interfaces.  Wishes wait in a list that is gone
 * through in rounds; in one turn of the loop at most BATCH frames are sent.
 */
#include "garp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alarm.h"
#include "announce.h"
#include "sock.h"

#define BATCH 64		/* frames in a turn */
#define TURN_US 1000		/* between two turns while more is due */

struct wish {
	struct wish *next;
	struct dray_addr vip;
	int ifindex;
	uint8_t mac[DRAY_MACLEN];
	unsigned int flags, rounds;
	uint64_t gap, at;
	uint32_t *count;
};

static struct {
	int fd;
	struct alarm alarm;
	struct wish *first;
} garps = { .fd = -1 };

static bool send_frame(const struct wish *w)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = w->ifindex };
	uint8_t frame[ANNOUNCE_MAX];
	size_t len = announce_build(&w->vip, w->mac, w->flags, frame);

	return sendto(garps.fd, frame, len, MSG_DONTWAIT,
		      (struct sockaddr *)&to, sizeof(to)) >= 0 ||
	       (errno != ENOBUFS && errno != EAGAIN);
}

static struct wish *earliest(void)
{
	struct wish *w, *best = NULL;

	for (w = garps.first; w; w = w->next)
		if (!best || w->at < best->at)
			best = w;
	return best;
}

static void drop(struct wish *w)
{
	struct wish **link = &garps.first;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	free(w);
}

static void ring(void *arg, uint64_t now)
{
	struct wish *w;
	int n;

	(void)arg;
	for (n = 0; (w = earliest()) && w->at <= now && n < BATCH; n++) {
		/* a full queue of the device: the same again in a moment */
		if (!send_frame(w))
			break;
		if (w->count)
			++*w->count;
		w->at = now + w->gap;
		if (!--w->rounds)
			drop(w);
	}
	w = earliest();
	if (w)
		alarm_set(&garps.alarm, w->at > now ? w->at : now + TURN_US);
}

int garp_open(void)
{
	garps.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (garps.fd < 0)
		return -errno;
	alarm_add(&garps.alarm, ring, NULL);
	return 0;
}

static struct wish *find(const struct dray_addr *vip, int ifindex)
{
	struct wish *w;

	for (w = garps.first; w; w = w->next)
		if (w->ifindex == ifindex && !dray_addr_cmp(&w->vip, vip))
			return w;
	return NULL;
}

void garp_want(const struct dray_addr *vip, int ifindex,
	       const uint8_t mac[DRAY_MACLEN], unsigned int flags,
	       unsigned int rounds, uint64_t gap, uint64_t at,
	       uint32_t *count)
{
	struct wish *w = find(vip, ifindex);

	if (!rounds)
		return;
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return;
		w->next = garps.first;
		garps.first = w;
	}
	w->vip = *vip;
	w->ifindex = ifindex;
	memcpy(w->mac, mac, DRAY_MACLEN);
	w->flags = flags;
	if (rounds > w->rounds)
		w->rounds = rounds;
	w->gap = gap;
	w->at = at;
	w->count = count;
	if (at < garps.alarm.at)
		alarm_set(&garps.alarm, at);
}

void garp_cancel(const struct dray_addr *vip, int ifindex)
{
	struct wish *w = find(vip, ifindex);

	if (w)
		drop(w);
}
