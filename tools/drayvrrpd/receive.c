// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An advert on its way to the state machine of its virtual router.  What is
 * rejected changes a counter and nothing else; what is accepted tells who else
 * there is.
 */
#include "receive.h"

#include <string.h>

#include "lease.h"

static struct router *find_router(const struct sock *sock, uint8_t vrid)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		if (r->sock == sock && r->spec.vrid == vrid)
			return r;
	return NULL;
}

static void rejected(struct router *r, enum packet_reject verdict,
		     const struct dray_addr *from, uint64_t now)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int held;

	if (complaint_may(&r->rejects[verdict], from, now, &held))
		log_say(LOG_WARNING, "(%s) advert from %s on %s ignored: %s "
			"(%u more)", r->conf->name,
			dray_addr_text(from, text, sizeof(text)),
			r->record->interface, packet_reject_text(verdict),
			held);
}

/* What is good again is said again when it is not. */
static void forgive(struct router *r, const struct dray_addr *from)
{
	int i;

	for (i = 0; i < PACKET_N_REJECTS; i++)
		complaint_withdraw(&r->rejects[i], from);
}

static void odd(struct router *r, const struct packet_advert *advert)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int held;

	dray_addr_text(&advert->src, text, sizeof(text));
	if ((advert->notes & PACKET_NOTE_INTERVAL) &&
	    log_may(&r->odd[0], &held))
		log_say(LOG_NOTICE, "(%s) %s adverts every %u ms, we every %u",
			r->conf->name, text, advert->interval_us / 1000,
			r->conf->advert_us / 1000);
	if ((advert->notes & PACKET_NOTE_ADDRS) && log_may(&r->odd[1], &held))
		log_say(LOG_WARNING, "(%s) %s has not the same list of virtual "
			"addresses as we", r->conf->name, text);
}

static struct state_peer *peer_place(struct router *r,
				     const struct dray_addr *src)
{
	struct state_peer *p, *oldest = r->record->peers;

	for (p = oldest; p < r->record->peers + STATE_PEERS; p++) {
		if (p->addr.family && !dray_addr_cmp(&p->addr, src))
			return p;
		if (p->heard < oldest->heard)
			oldest = p;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->addr = *src;
	return oldest;
}

/* From now on frames of another are known by its MAC address. */
static void met(struct router *r, bool was_heard)
{
	if (was_heard)
		return;
	r->record->heard = true;
	r->peers_at = 0;
	if (fsm_holds(&r->fsm))
		lease_begin(r);
}

void router_meet(struct router *r, const struct dray_addr *from,
		 uint8_t priority, uint64_t now)
{
	struct state_peer *peer = peer_place(r, from);
	bool was_heard = r->heard;

	peer->priority = priority;
	peer->heard = now;
	r->heard = true;
	met(r, was_heard);
}

static void accepted(struct router *r, const struct packet_advert *advert,
		     uint64_t at, uint64_t now)
{
	struct state_peer *peer = peer_place(r, &advert->src);
	unsigned int news = advert->notes & ~peer->notes;
	bool was_heard = r->heard;

	if (news || !peer->adverts)
		odd(r, advert);
	peer->notes = advert->notes;
	peer->priority = advert->priority;
	peer->version = advert->version;
	peer->checksum = advert->checksum;
	peer->heard = at;
	peer->adverts++;
	r->heard = true;
	forgive(r, &advert->src);
	fsm_packet(&r->fsm, advert, at, now);
	met(r, was_heard);
	router_record(r);
}

static void unknown(struct state *state, const struct sock *sock,
		    const struct packet_datagram *dg, uint64_t now)
{
	static struct complaint complaint;
	char text[INET6_ADDRSTRLEN];
	unsigned int held;

	state->unknown_vrids++;
	if (state->log_unknown_vrids &&
	    complaint_may(&complaint, &dg->src, now, &held))
		log_say(LOG_NOTICE, "advert from %s for VRID %u, which is not "
			"configured on interface %d (%u more)",
			dray_addr_text(&dg->src, text, sizeof(text)),
			packet_vrid(dg), sock->ifindex, held);
}

void router_receive(struct sock *sock, const struct received *received,
		    struct state *state, uint64_t now)
{
	struct packet_datagram dg = { .src = received->from,
				      .dst = received->to,
				      .ttl = received->ttl,
				      .data = received->data,
				      .len = received->len };
	struct packet_advert advert = { 0 };
	enum packet_reject verdict;
	struct router *r;

	if (sock->family == AF_INET &&
	    packet_open_ipv4(received->data, received->len, &dg) !=
		    PACKET_ACCEPTED)
		return;
	r = find_router(sock, packet_vrid(&dg));
	if (!r) {
		unknown(state, sock, &dg, now);
		return;
	}
	verdict = packet_parse(&dg, &r->spec, &advert);
	counters_parsed(&r->fsm.counters, verdict, &r->spec, &advert);
	if (verdict == PACKET_ACCEPTED)
		accepted(r, &advert, received->at, now);
	else
		rejected(r, verdict, &dg.src, now);
}
