// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A virtual router's life, and what happens on the host told to its state machine.
 * What that asks for is carried out in router_wish.c.
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
#include "router_wish.h"
#include "tell.h"
#include "track.h"
#include "vmac.h"

#define UNHEARD_US 1000ull	/* until the next look at what is not read yet */

struct router *routers;

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

/* Return: whether its socket is not there yet, but will be. */
static bool open_sock(struct router *r, const struct link *link)
{
	unsigned int held;
	int rc = 0;

	r->sock = sock_get(link->index, r->conf->family);
	if (!r->sock)
		rc = -errno;
	else if (!r->spec.unicast)
		rc = sock_join(r->sock, &r->spec.group);
	if (!rc)
		return false;
	r->sock = NULL;
	if (rc != -EINPROGRESS && log_may(&r->send_failed, &held))
		log_say(LOG_ERR, "(%s) no socket for %s: %s", r->conf->name,
			link->name, strerror(-rc));
	return rc == -EINPROGRESS;
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
	bool has_source, joins = false;

	r->ifindex = link ? link->index : 0;
	if (r->sock && (!link || r->sock->ifindex != link->index))
		r->sock = NULL;
	if (link && !r->sock)
		joins = open_sock(r, link);
	if (r->conf->use_vmac)
		look_for_vmac(r);
	has_source = link && r->sock && find_source(r, link, &source);
	if (has_source && dray_addr_cmp(&source, &r->fsm.source))
		fsm_set_source(&r->fsm, &source, now);
	/* nobody is heard there before */
	set_fault(r, FSM_FAULT_LINK, !link || joins ||
		  (!link_is_up(link) && !r->conf->dont_track_primary), now);
	set_fault(r, FSM_FAULT_SOURCE, link && !joins && !has_source, now);
	router_weigh(r, now);
	if (fsm_holds(&r->fsm))
		hold_check(r);
	hold_look(r, NULL);
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

	if (r->fsm.state != FSM_MASTER)
		return;
	if (!hold_is_pending(r)) {
		hold_check(r);
		return;
	}
	alarm_set(&r->wait, now + router_patience(r));
	if (errands_stuck(now) < router_patience(r))
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
		.higher_prio_send_advert = c->higher_prio_send_advert,
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
	fsm_init(&r->fsm, &params, &router_wishes, r);
	r->fsm.priority = conf->priority;
	alarm_add(&r->timer, on_timer, r);
	alarm_add(&r->check, on_check, r);
	alarm_add(&r->wait, on_wait, r);
	alarm_add(&r->lease, lease_renew, r);
	alarm_add(&r->announce, announce_again, r);
	announce_no_more(r);
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
		router_wishes.release(r);
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
