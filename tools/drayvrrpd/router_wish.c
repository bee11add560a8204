// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine's wishes carried out.  Its callbacks must not call back: what
 * one finds out is kept for the check, which is the next thing that is done.
 */
#include "router_wish.h"

#include <string.h>

#include "burst.h"
#include "hold.h"
#include "lease.h"
#include "link.h"
#include "tell.h"

#define PUT_BACK_MAX 20		/* lately */
#define CALM_US 10000000ull	/* nothing was put back for so long */
#define PATIENCE_US 1000000ull	/* with a kernel that does not answer */

/* The first advert of a master may be earlier than that. */
static bool vmac_is_up(const struct router *r)
{
	const struct link *link = link_by_index(r->vmac);

	return link && (link->flags & IFF_UP);
}

static void send_to(struct router *r, const struct dray_addr *to,
		    uint8_t priority)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t buf[PACKET_MAX];
	size_t len = packet_build(&r->spec, &r->fsm.source, to, priority, buf,
				  sizeof(buf));
	int ttl = r->spec.unicast ? r->conf->unicast_ttl : PACKET_TTL;
	struct sock *sock = r->sock;
	unsigned int held;
	int rc;

	if (vmac_is_up(r) && !r->conf->vmac_xmit_base)
		sock = sock_get(r->vmac, r->conf->family);
	if (!sock)
		return;
	rc = sock_send(sock, &r->fsm.source, to, ttl, buf, len);
	if (rc && log_may(&r->send_failed, &held))
		log_say(LOG_WARNING, "(%s) cannot send to %s on %s: %s "
			"(%u more)", r->conf->name,
			dray_addr_text(to, text, sizeof(text)),
			r->record->interface, strerror(-rc), held);
}

static void op_advert(void *arg, uint8_t priority)
{
	struct router *r = arg;
	size_t i;

	if (!r->sock)
		return;
	if (r->fsm.draining)
		lease_shorten(r);
	if (!r->spec.unicast)
		send_to(r, &r->spec.group, priority);
	for (i = 0; i < r->spec.n_peers; i++)
		send_to(r, &r->spec.peers[i].addr, priority);
	r->record->last_sent = r->fsm.last_sent;
	r->record->sent_interval_us = r->spec.interval_us;
}

uint64_t router_patience(const struct router *r)
{
	uint64_t us = 3ull * r->conf->advert_us;

	return us > PATIENCE_US ? us : PATIENCE_US;
}

static void op_acquire(void *arg)
{
	struct router *r = arg;

	lease_begin(r);
	hold_wish(r, HOLD_ALL);
	alarm_set(&r->wait, now_us() + router_patience(r));
}

/* An address that is not there yet is announced when it is. */
static void op_announce(void *arg, enum fsm_announce why)
{
	struct router *r = arg;

	if (why == FSM_ANNOUNCE_WAKE)
		lease_begin(r);
	if (hold_is_pending(r))
		r->owes_burst = true;
	else if (why == FSM_ANNOUNCE_CONTENTION)
		announce_lower(r, now_us());
	else
		announce_burst(r, now_us());
}

/* The module lets go first: it does not wait for anybody. */
static void op_release(void *arg)
{
	struct router *r = arg;

	r->owes_burst = false;
	announce_no_more(r);
	alarm_set(&r->wait, ALARM_NEVER);
	lease_end(r);
	hold_wish(r, HOLD_NOTHING);
}

/* Scripts of a master find its addresses; in the order of the events. */
static void pay_telling(struct router *r)
{
	if (r->owes_telling)
		tell_scripts(r, FSM_MASTER);
	r->owes_telling = false;
}

void router_held(struct router *r, bool failed, uint64_t now)
{
	if (r->fsm.state != FSM_MASTER)
		return;
	if (failed) {
		r->cannot_hold = true;
		alarm_set(&r->check, now);
		return;
	}
	/* with the MAC address that it has by now */
	if (r->owes_burst && r->conf->use_vmac)
		fsm_speak(&r->fsm, now);
	if (r->owes_burst)
		announce_burst(r, now);
	r->owes_burst = false;
	pay_telling(r);
}

void router_lost(struct router *r, unsigned int n, uint64_t now)
{
	r->record->put_back += n;
	r->put_back += n;
	r->cannot_hold |= r->put_back > PUT_BACK_MAX;
	alarm_set(&r->check, r->cannot_hold ? now : now + CALM_US);
}

void router_put_back(struct router *r, unsigned int n)
{
	uint64_t now = now_us();

	r->owes_burst = true;
	hold_wish(r, HOLD_ALL);
	alarm_set(&r->wait, now + router_patience(r));
	router_lost(r, n, now);
}

/* What is wrong is said once per state. */
static void complaints_close(struct router *r)
{
	int i;

	for (i = 0; i < PACKET_N_REJECTS; i++)
		complaint_close(&r->rejects[i]);
	for (i = 0; i < FSM_N_NOTES; i++)
		complaint_close(&r->notes[i]);
}

static void op_changed(void *arg, enum fsm_state from, enum fsm_state to,
		       enum fsm_reason reason)
{
	struct router *r = arg;
	struct state_router *record = r->record;
	struct state_move *move = &record->history[record->moves++ %
						   STATE_HISTORY];

	move->at = r->fsm.now;
	move->from = from;
	move->to = to;
	move->reason = reason;
	move->priority = r->fsm.priority;
	complaints_close(r);
	router_record(r);
	pay_telling(r);
	if (!tell_instance(r, from, to, reason))
		return;
	if (to == FSM_MASTER && hold_is_pending(r))
		r->owes_telling = true;
	else
		tell_scripts(r, to);
}

static void op_arm(void *arg, uint64_t deadline)
{
	struct router *r = arg;

	alarm_set(&r->timer, deadline);
}

static void op_note(void *arg, enum fsm_note note, const struct dray_addr *src,
		    uint8_t priority)
{
	char text[INET6_ADDRSTRLEN] = "nobody";
	struct router *r = arg;
	unsigned int held;

	if (note == FSM_NOTE_CONTENDER && log_may(&r->lower_told, &held))
		tell_lower_priority(r);
	if (src ? !complaint_may(&r->notes[note], src, r->fsm.now, &held) :
		  !log_may(&r->late_said, &held))
		return;
	if (src)
		dray_addr_text(src, text, sizeof(text));
	if (note == FSM_NOTE_CONTENDER)
		log_say(LOG_NOTICE, "(%s) Received advert from %s with lower "
			"priority %u, ours %u, forcing new election (%u more)",
			r->conf->name, text, priority, r->fsm.priority, held);
	else if (note == FSM_NOTE_SECOND_OWNER)
		log_say(LOG_WARNING, "(%s) %s has priority 255 as well: %s",
			r->conf->name, text, fsm_note_text(note));
	else
		log_say(LOG_WARNING, "(%s) %s (%u more)", r->conf->name,
			fsm_note_text(note), held);
}

const struct fsm_ops router_wishes = {
	.advert = op_advert,
	.acquire = op_acquire,
	.announce = op_announce,
	.release = op_release,
	.changed = op_changed,
	.arm = op_arm,
	.note = op_note,
};
