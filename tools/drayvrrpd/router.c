// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine's wishes carried out, and what happens on the host told to
 * it.  Its callbacks must not call back: what one finds out is kept for the
 * check, which is the next thing that is done.
 */
#include "router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "errand.h"
#include "hold.h"
#include "lease.h"
#include "link.h"
#include "tell.h"
#include "track.h"
#include "vmac.h"

#define CALM_US 10000000ull	/* nothing was put back for so long */
#define UNHEARD_US 1000ull	/* until the next look at what is not read yet */
#define PATIENCE_US 1000000ull	/* with a kernel that does not answer */

struct router *routers;

/* --- what the state machine asks for --- */

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
	if (!r->spec.unicast)
		send_to(r, &r->spec.group, priority);
	for (i = 0; i < r->spec.n_peers; i++)
		send_to(r, &r->spec.peers[i].addr, priority);
	r->record->last_sent = r->fsm.last_sent;
	r->record->sent_interval_us = r->spec.interval_us;
}

/* As long as a peer would wait for a host that says nothing at all. */
static uint64_t patience(const struct router *r)
{
	uint64_t us = 3ull * r->conf->advert_us;

	return us > PATIENCE_US ? us : PATIENCE_US;
}

static void op_acquire(void *arg)
{
	struct router *r = arg;

	lease_begin(r);
	hold_wish(r, HOLD_ALL);
	alarm_set(&r->wait, now_us() + patience(r));
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
	alarm_set(&r->announce, ALARM_NEVER);
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

void router_put_back(struct router *r, bool always)
{
	uint64_t now = now_us();

	r->owes_burst = true;
	hold_wish(r, HOLD_ALL);
	alarm_set(&r->wait, now + patience(r));
	r->cannot_hold |= always;
	alarm_set(&r->check, r->cannot_hold ? now : now + CALM_US);
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

static const struct fsm_ops ops = {
	.advert = op_advert,
	.acquire = op_acquire,
	.announce = op_announce,
	.release = op_release,
	.changed = op_changed,
	.arm = op_arm,
	.note = op_note,
};

/* --- from the host to the state machine --- */

static void set_fault(struct router *r, unsigned int cause, bool on,
		      uint64_t now)
{
	bool is = r->fsm.faults & cause;

	if (on == is)
		return;
	if (r->fsm.running)
		log_say(LOG_NOTICE, "(%s) %s: %s", r->conf->name,
			on ? "fault" : "no longer", fsm_fault_text(cause));
	if (on)
		fsm_fault(&r->fsm, cause, now);
	else
		fsm_recover(&r->fsm, cause, now);
}

static const struct link *find_link(const struct router *r)
{
	const struct link *link = NULL;

	if (r->conf->interface)
		return link_by_name(r->conf->interface);
	while ((link = link_next(link)))
		if (link_has(link, &r->conf->source))
			return link;
	return NULL;
}

static bool find_source(const struct router *r, const struct link *link,
			struct dray_addr *source)
{
	if (!r->conf->source.family)
		return link_source(link, r->conf->family, source);
	*source = r->conf->source;
	return link_has(link, source);
}

static void open_sock(struct router *r, const struct link *link)
{
	unsigned int held;
	int rc = 0;

	r->sock = sock_get(link->index, r->conf->family);
	if (!r->sock)
		rc = -errno;
	else if (!r->spec.unicast)
		rc = sock_join(r->sock, &r->spec.group);
	if (!rc)
		return;
	r->sock = NULL;
	if (log_may(&r->send_failed, &held))
		log_say(LOG_ERR, "(%s) no socket for %s: %s", r->conf->name,
			link->name, strerror(-rc));
}

/* Each wish makes the interface; here it can be made only by now, or again. */
static void look_for_vmac(struct router *r)
{
	int before = r->vmac;

	r->vmac = vmac_index(r);
	if (r->vmac || !r->fsm.running)
		return;
	if (!before && r->vmac_below == r->ifindex)
		return;
	r->vmac_below = r->ifindex;
	hold_wish(r, r->fsm.state == FSM_MASTER ? HOLD_ALL : HOLD_NOTHING);
}

void router_look(struct router *r, uint64_t now)
{
	const struct link *link = find_link(r);
	struct dray_addr source = { 0 };
	bool has_source;

	r->ifindex = link ? link->index : 0;
	if (r->sock && (!link || r->sock->ifindex != link->index))
		r->sock = NULL;
	if (link && !r->sock)
		open_sock(r, link);
	if (r->conf->use_vmac)
		look_for_vmac(r);
	has_source = link && r->sock && find_source(r, link, &source);
	if (has_source && dray_addr_cmp(&source, &r->fsm.source))
		fsm_set_source(&r->fsm, &source, now);
	set_fault(r, FSM_FAULT_LINK, !link || (!link_is_up(link) &&
					       !r->conf->dont_track_primary),
		  now);
	set_fault(r, FSM_FAULT_SOURCE, link && !has_source, now);
	router_weigh(r, now);
	if (fsm_holds(&r->fsm))
		hold_check(r);
}

void router_weigh(struct router *r, uint64_t now)
{
	struct priority_sum sum;

	track_results(r);
	sum = priority_sum(r->conf->priority, r->tracks, r->n_tracks);
	r->total = sum.total;
	if (sum.effective != r->fsm.priority && r->fsm.running)
		log_say(LOG_NOTICE, "(%s) Changing effective priority from %u "
			"to %u", r->conf->name, r->fsm.priority, sum.effective);
	if (sum.effective != r->fsm.priority) {
		fsm_set_priority(&r->fsm, sum.effective, now);
		tell_priority(r);
	}
	set_fault(r, FSM_FAULT_PENDING, sum.pending, now);
	set_fault(r, FSM_FAULT_TRACK, sum.fault, now);
	router_record(r);
}

/* What a callback has found out; and after a while whether it is over. */
static void on_check(void *arg, uint64_t now)
{
	struct router *r = arg;

	if (r->cannot_hold) {
		r->cannot_hold = false;
		set_fault(r, FSM_FAULT_VIP, true, now);
		alarm_set(&r->check, now + HOLD_RETRY_US);
	} else if (r->fsm.faults & FSM_FAULT_VIP) {
		r->put_back = 0;
		set_fault(r, FSM_FAULT_VIP, false, now);
	} else {
		r->put_back = 0;
	}
}

/* The kernel may be busy with others for long: then somebody else is better. */
static void on_wait(void *arg, uint64_t now)
{
	struct router *r = arg;

	if (r->fsm.state != FSM_MASTER || !hold_is_pending(r))
		return;
	alarm_set(&r->wait, now + patience(r));
	if (errands_stuck(now) < patience(r))
		return;
	log_say(LOG_ERR, "(%s) the kernel has not added its addresses for "
		"%u ms", r->conf->name,
		(unsigned int)(errands_stuck(now) / 1000));
	r->cannot_hold = true;
	alarm_set(&r->check, now);
}

/* In a flood: the master's advert may be among what is not read yet. */
static bool may_be_unheard(const struct router *r)
{
	return r->fsm.state == FSM_BACKUP && r->sock &&
	       r->sock->read_to < r->fsm.deadline;
}

static void on_timer(void *arg, uint64_t now)
{
	struct router *r = arg;

	if (may_be_unheard(r)) {
		alarm_set(&r->timer, now + UNHEARD_US);
		return;
	}
	fsm_timer(&r->fsm, now);
	router_record(r);
}

/* --- made, started, shown --- */

static void fill_spec(struct router *r)
{
	const struct ka_instance *c = r->conf;
	struct packet_peer *peers = calloc(c->n_peers + 1, sizeof(*peers));
	struct dray_addr *vips = calloc(c->n_addresses + 1, sizeof(*vips));
	struct packet_spec *spec = &r->spec;
	size_t i;

	spec->version = c->version;
	spec->family = c->family;
	spec->vrid = c->vrid;
	spec->auth_type = c->auth == KA_AUTH_PASS ? PACKET_AUTH_PASS :
						    PACKET_AUTH_NONE;
	memcpy(spec->auth, c->auth_pass, PACKET_AUTH_LEN);
	spec->interval_us = c->advert_us;
	spec->checksum = c->v3_checksum_as_v2 ? PACKET_CHECKSUM_PLAIN :
						PACKET_CHECKSUM_PSEUDO;
	spec->group = c->mcast_group.family ? c->mcast_group :
					      packet_group(c->family);
	spec->unicast = c->n_peers > 0;
	spec->check_peers = c->check_unicast_src;
	for (i = 0; peers && i < c->n_peers; i++) {
		peers[i].addr = c->peers[i].addr;
		peers[i].min_ttl = c->peers[i].has_ttl_range ?
					   c->peers[i].min_ttl : 0;
		peers[i].max_ttl = c->peers[i].has_ttl_range ?
					   c->peers[i].max_ttl : 255;
	}
	for (i = 0; vips && i < c->n_addresses; i++)
		vips[i] = c->addresses[i].addr;
	spec->peers = peers;
	spec->n_peers = peers ? c->n_peers : 0;
	spec->vips = vips;
	spec->n_vips = vips ? c->n_addresses : 0;
}

static struct fsm_params params_of(const struct ka_instance *c)
{
	return (struct fsm_params){
		.version = c->version,
		.down_adverts = c->down_timer_adverts,
		.preempt = !c->nopreempt,
		.lower_prio_no_advert = c->lower_prio_no_advert,
		.interval_us = c->advert_us,
		.preempt_delay_us = c->preempt_delay_us,
		.drain_us = FSM_DRAIN_US,
	};
}

struct router *router_create(const struct ka_instance *conf,
			     struct state *state)
{
	struct fsm_params params = params_of(conf);
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->conf = conf;
	r->state = state;
	r->record = state_add(state, conf->interface ? conf->interface : "",
			      conf->family, conf->vrid);
	if (!r->record) {
		free(r);
		return NULL;
	}
	strncpy(r->record->name, conf->name, sizeof(r->record->name) - 1);
	fill_spec(r);
	hold_init(r);
	track_bind(r);
	fsm_init(&r->fsm, &params, &ops, r);
	r->fsm.priority = conf->priority;
	alarm_add(&r->timer, on_timer, r);
	alarm_add(&r->check, on_check, r);
	alarm_add(&r->wait, on_wait, r);
	alarm_add(&r->lease, lease_renew, r);
	alarm_add(&r->announce, announce_again, r);
	r->next = routers;
	routers = r;
	return r;
}

void router_take_over(struct router *r)
{
	r->was_master = r->record->state == FSM_MASTER;
	r->was = r->record->state;
	if (r->was == FSM_BACKUP)
		r->past = (struct fsm_past){
			.last_heard = r->record->last_heard,
			.master = r->record->master,
			.master_priority = r->record->master_priority,
			.master_interval_us = r->record->master_interval_us,
		};
	r->heard = r->record->heard;
	r->last_sent = r->record->last_sent;
	r->last_interval_us = r->record->sent_interval_us;
	r->fsm.counters = r->record->counters;
}

/* Before this the file keeps what was: the next one may have to go on there. */
void router_start(struct router *r, uint64_t now)
{
	r->acting = true;
	if (r->was_master) {
		fsm_adopt(&r->fsm, r->last_sent, r->last_interval_us, now);
	} else {
		op_release(r);
		r->quiet = true;
		fsm_resume(&r->fsm, &r->past, now);
		r->quiet = false;
	}
	router_record(r);
}

void router_renounce(struct router *r, uint64_t now)
{
	r->acting = true;
	fsm_renounce(&r->fsm, now);
	router_record(r);
}

void router_record(struct router *r)
{
	struct state_router *record = r->record;
	size_t i;

	if (!r->acting)
		return;
	record->state = r->fsm.state;
	record->source = r->fsm.source;
	record->reason = r->fsm.reason;
	record->priority = r->fsm.priority;
	record->total = r->total;
	record->faults = r->fsm.faults;
	record->since = r->fsm.since;
	record->last_heard = r->fsm.last_heard;
	record->master_interval_us = r->fsm.master_interval_us;
	record->master = r->fsm.master;
	record->master_priority = r->fsm.master_priority;
	record->counters = r->fsm.counters;
	for (i = 0; i < r->n_tracks && i < STATE_TRACKS; i++) {
		record->results[i] = r->tracks[i].result;
		record->values[i] = r->tracks[i].value;
	}
}
