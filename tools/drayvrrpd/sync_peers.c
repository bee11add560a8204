// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of a director go to the module in the order that it sent them in;
 * what else it says counts as it comes.
 */
#include "sync_peers.h"

#include <netinet/in.h>
#include <string.h>

#include "log.h"
#include "sync_compare.h"
#include "sync_dump.h"
#include "sync_join.h"
#include "sync_order.h"
#include "sync_out.h"
#include "sync_take.h"

#define ANSWER_US 20000ull	/* hellos as answers, at most so often */
#define RECEIPT_US 50000ull	/* of data, at most so late */
#define RECEIPT_DATAGRAMS 64	/* or after so many */
#define GAP_US 20000ull		/* of what may only be out of order */
#define GAP_AGAIN_US 100000ull
#define GAPS_MAX 16		/* asked for at a time */
#define SAID_US 60000000ull	/* of one kind of rejection */

struct peer {
	struct sync_join join;
	uint64_t met;			/* as of its session */
	struct sync_passed passed;
	struct sync_compare compare;
	uint64_t gap_at;		/* when to ask; 0: there is none */
};

static struct {
	struct sync_sessions *sessions;
	const struct sync_key *key;
	struct sync_show *show;
	struct peer peers[SYNC_SESSIONS];	/* as sessions->peers */
	struct sync_order order;
	uint64_t hello_due, hello_at;
	unsigned int unreceipted;
	uint64_t said[SYNC_N_REJECTS];
} in;

void sync_peers_open(struct sync_sessions *sessions, const struct sync_key *key,
		     struct sync_show *show)
{
	memset(&in, 0, sizeof(in));
	in.sessions = sessions;
	in.key = key;
	in.show = show;
	in.hello_due = UINT64_MAX;
}

static struct peer *peer_of(const struct sync_session *s)
{
	struct peer *p = &in.peers[s - in.sessions->peers];

	/* after a silence it may have told what nobody will tell again */
	if (p->join.session != s->number || p->met != s->met) {
		sync_order_forget(&in.order, p->join.session);
		*p = (struct peer){ .met = s->met };
		sync_join_start(&p->join, s->number);
	}
	return p;
}

static struct sync_peer_state *show_of(const struct sync_session *s)
{
	return &in.show->peers[s - in.sessions->peers];
}

static void hello_by(uint64_t when)
{
	if (when < in.hello_at + ANSWER_US)
		when = in.hello_at + ANSWER_US;
	if (when < in.hello_due)
		in.hello_due = when;
}

uint64_t sync_peers_hello_due(void)
{
	return in.hello_due;
}

void sync_peers_hello_sent(uint64_t now)
{
	in.hello_at = now;
	in.hello_due = UINT64_MAX;
	in.unreceipted = 0;
}

/* --- entries --- */

/* What was given up is missing: everything is asked for again. */
static void give_up_gaps(struct peer *p, const struct sync_session *s)
{
	struct sync_reader *r;

	sync_order_pass(&in.order, &p->passed, s);
	while ((r = sync_order_next(&in.order, &p->passed, s)))
		sync_take_entries(r, in.show);
	sync_join_start(&p->join, s->number);
	in.show->counts[SYNC_GIVEN_UP]++;
}

static void take_entries(struct peer *p, const struct sync_session *s,
			 struct sync_reader *r, uint64_t now)
{
	enum sync_turn turn;

	if (++in.unreceipted >= RECEIPT_DATAGRAMS)
		hello_by(now);
	hello_by(now + RECEIPT_US);
	turn = sync_order_take(&in.order, &p->passed, s, r, now);
	if (turn == SYNC_FULL) {
		give_up_gaps(p, s);
		p->passed.until = r->sequence;
		turn = SYNC_NOW;
	}
	if (turn == SYNC_NOW)
		sync_take_entries(r, in.show);
}

static void take_held(struct peer *p, const struct sync_session *s)
{
	struct sync_reader *r;

	while ((r = sync_order_next(&in.order, &p->passed, s)))
		sync_take_entries(r, in.show);
}

static void take_gaps(struct sync_reader *r)
{
	struct sync_gap gap;

	while (sync_get_gap(r, &gap)) {
		if (gap.session != in.sessions->own)
			continue;
		if (gap.last == SYNC_EVERYTHING)
			sync_dump_want();
		else
			sync_out_again(gap.first, gap.last);
	}
}

static void take(struct peer *p, const struct sync_session *s,
		 struct sync_reader *r, uint64_t now)
{
	struct sync_dump dump;

	if (r->type != SYNC_HELLO)
		p->join.active = now;
	switch (r->type) {
	case SYNC_HELLO:
		if (s->hello.flags & SYNC_HELLO_ASKS)
			hello_by(now);
		break;
	case SYNC_FLOWS:
	case SYNC_PERSIST:
		take_entries(p, s, r, now);
		break;
	case SYNC_STATES:
		sync_take_states(r, in.show, now);
		break;
	case SYNC_GAPS:
		take_gaps(r);
		break;
	case SYNC_TABLES:
		sync_compare_take(&p->compare, r);
		break;
	case SYNC_DUMP_BEGIN:
	case SYNC_DUMP_END:
		if (sync_get_dump(r, &dump))
			sync_join_take(&p->join, r->type, &dump, r->sequence,
				       now);
		hello_by(now + RECEIPT_US);
		break;
	default:
		break;
	}
}

/* --- datagrams --- */

static void rejected(enum sync_reject verdict, const struct dray_addr *from,
		     uint64_t now)
{
	char text[INET6_ADDRSTRLEN];

	if (verdict == SYNC_REJECT_OWN || verdict == SYNC_REJECT_SESSION ||
	    (in.said[verdict] && now - in.said[verdict] < SAID_US))
		return;
	in.said[verdict] = now;
	log_say(LOG_WARNING, "sync datagram from %s ignored: %s; more of that "
		"kind are only counted",
		dray_addr_text(from, text, sizeof(text)),
		sync_reject_text(verdict));
}

static void met(const struct sync_session *s, const struct dray_addr *from,
		uint64_t now)
{
	struct sync_peer_state *show = show_of(s);
	char text[INET6_ADDRSTRLEN];

	if (show->session == s->number && show->believed)
		return;
	log_say(LOG_NOTICE, "state sync: director %s is there",
		dray_addr_text(from, text, sizeof(text)));
	*show = (struct sync_peer_state){ .session = s->number,
					  .believed = true };
	hello_by(now);
}

void sync_peers_receive(const struct received *received, uint64_t now)
{
	struct sync_session *s;
	struct sync_reader r = { 0 };
	enum sync_reject verdict;

	verdict = sync_open(received->data, received->len, in.key, &r);
	verdict = sync_judge(in.sessions, verdict, &r, now);
	in.show->rejected[verdict]++;
	if (verdict == SYNC_REJECT_SESSION && r.type == SYNC_HELLO)
		hello_by(now);
	if (verdict != SYNC_ACCEPTED) {
		rejected(verdict, &received->from, now);
		return;
	}
	in.show->counts[SYNC_RECEIVED]++;
	s = sync_session_lookup(in.sessions, r.from);
	met(s, &received->from, now);
	show_of(s)->addr = received->from;
	if (sync_is_for_us(in.sessions, &r))
		take(peer_of(s), s, &r, now);
	take_held(peer_of(s), s);
}

/* --- what is missing --- */

static void ask(const struct sync_session *s, const struct sync_gap *first,
		uint64_t now)
{
	struct sync_writer *w = sync_out_begin(SYNC_GAPS, s->number, now);
	struct sync_gap gap = *first;
	unsigned int n = 0;

	do {
		if (!sync_put_gap(w, &gap))
			break;
		in.show->counts[SYNC_ASKED_AGAIN]++;
	} while (++n < GAPS_MAX && sync_session_gap(s, gap.last, &gap));
	sync_out_end(now);
}

static void look_for_gaps(struct peer *p, const struct sync_session *s,
			  uint64_t now)
{
	struct sync_gap gap;

	if (!sync_session_gap(s, 0, &gap)) {
		p->gap_at = 0;
	} else if (!p->gap_at) {
		p->gap_at = now + GAP_US;
	} else if (now >= p->gap_at) {
		p->gap_at = now + GAP_AGAIN_US;
		ask(s, &gap, now);
	}
}

static void look_for_all(struct peer *p, struct sync_session *s, uint64_t now)
{
	struct sync_gap everything = { .session = s->number,
				       .last = SYNC_EVERYTHING };
	struct sync_writer *w;

	if (s->overrun)
		sync_join_restart(&p->join);
	if (sync_join_look(&p->join, s)) {
		in.show->counts[SYNC_DUMPS_TAKEN]++;
		log_say(LOG_INFO, "state sync: everything of the other "
			"director is here");
	}
	/* without a receipt it does not believe us yet, and would not listen */
	if (!s->receipt || !sync_join_asks(&p->join, now))
		return;
	s->overrun = false;
	w = sync_out_begin(SYNC_GAPS, s->number, now);
	sync_put_gap(w, &everything);
	sync_out_end(now);
	in.show->counts[SYNC_DUMPS_ASKED]++;
}

static void note(const struct peer *p, const struct sync_session *s)
{
	struct sync_peer_state *show = show_of(s);

	show->heard = s->last_heard;
	show->joined = p->join.done;
	show->master = s->hello.flags & SYNC_HELLO_MASTER;
	show->in_sync = s->hello.flags & SYNC_HELLO_IN_SYNC;
	show->behind = in.sessions->sequence - s->receipt;
}

static bool is_recent(const struct sync_session *s, uint64_t now)
{
	return s->number && s->believed && now - s->last_heard < SYNC_RECENT_US;
}

void sync_peers_look(uint64_t now)
{
	struct sync_session *s = in.sessions->peers;
	struct peer *p;

	for (; s < in.sessions->peers + SYNC_SESSIONS; s++) {
		if (!s->number || !s->believed) {
			*show_of(s) = (struct sync_peer_state){ 0 };
			continue;
		}
		p = peer_of(s);
		if (sync_order_is_late(&in.order, s, now))
			give_up_gaps(p, s);
		if (is_recent(s, now)) {
			look_for_gaps(p, s, now);
			look_for_all(p, s, now);
		}
		note(p, s);
		sync_compare_look(&p->compare, &s->hello, show_of(s),
				  now);
	}
}

void sync_peers_join_again(void)
{
	size_t i;

	for (i = 0; i < SYNC_SESSIONS; i++)
		sync_join_start(&in.peers[i].join, in.peers[i].join.session);
}

unsigned int sync_peers_n(uint64_t now)
{
	const struct sync_session *s = in.sessions->peers;
	unsigned int n = 0;

	for (; s < in.sessions->peers + SYNC_SESSIONS; s++)
		n += is_recent(s, now);
	return n;
}

bool sync_peers_joined(uint64_t now)
{
	const struct sync_session *s = in.sessions->peers;

	for (; s < in.sessions->peers + SYNC_SESSIONS; s++)
		if (is_recent(s, now) && !peer_of(s)->join.done)
			return false;
	return true;
}

uint64_t sync_peers_behind(uint64_t now)
{
	const struct sync_session *s = in.sessions->peers;
	uint64_t most = 0, behind;

	for (; s < in.sessions->peers + SYNC_SESSIONS; s++) {
		if (!is_recent(s, now))
			continue;
		behind = in.sessions->sequence - s->receipt;
		if (behind > most)
			most = behind;
	}
	return most;
}

bool sync_peers_heard(void)
{
	const struct sync_session *s = in.sessions->peers;

	for (; s < in.sessions->peers + SYNC_SESSIONS; s++)
		if (s->number)
			return true;
	return false;
}
