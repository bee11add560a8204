// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions of directors.  A replayed datagram of a believed session falls to
 * the window.  One of a forgotten session would need a new proof, and a stored
 * one has a receipt that is older than any session is kept in silence.
 */
#include "sync_session.h"

#include <string.h>

enum { BITS = 64 };

void sync_sessions_init(struct sync_sessions *s, uint64_t own)
{
	*s = (struct sync_sessions){ .own = own };
}

/* Two marks: the older one is between once and twice SYNC_FRESH_US old. */
static void set_marks(struct sync_sessions *s, uint64_t now)
{
	if (now - s->mark_time < SYNC_FRESH_US)
		return;
	s->mark_time = now;
	s->marks[0] = s->marks[1];
	s->marks[1] = s->sequence;
}

uint64_t sync_next(struct sync_sessions *s, uint64_t now)
{
	set_marks(s, now);
	return ++s->sequence;
}

static struct sync_session *find(struct sync_sessions *s, uint64_t number)
{
	struct sync_session *p;

	for (p = s->peers; p < s->peers + SYNC_SESSIONS; p++)
		if (p->number == number)
			return p;
	return NULL;
}

struct sync_session *sync_session_lookup(struct sync_sessions *s,
					 uint64_t number)
{
	struct sync_session *p = number ? find(s, number) : NULL;

	return p && p->believed ? p : NULL;
}

static void forget_silent(struct sync_sessions *s, uint64_t now)
{
	struct sync_session *p;

	for (p = s->peers; p < s->peers + SYNC_SESSIONS; p++)
		if (p->number && now - p->last_heard >= SYNC_SILENT_US)
			*p = (struct sync_session){ 0 };
}

/* Nobody who is not believed takes the place of one who is. */
static struct sync_session *make_room(struct sync_sessions *s)
{
	struct sync_session *p, *oldest = find(s, 0);

	if (oldest)
		return oldest;
	for (p = s->peers; p < s->peers + SYNC_SESSIONS; p++)
		if (!p->believed &&
		    (!oldest || p->last_heard < oldest->last_heard))
			oldest = p;
	return oldest;
}

static struct sync_session *meet(struct sync_sessions *s, uint64_t number,
				 uint64_t now)
{
	struct sync_session *p = find(s, number);

	if (p)
		return p;
	p = make_room(s);
	if (p)
		*p = (struct sync_session){
			.number = number,
			.met = now,
			.last_heard = now,
		};
	return p;
}

static bool find_receipt(const struct sync_sessions *s, struct sync_reader r,
			 struct sync_heard *receipt)
{
	struct sync_hello hello;

	sync_get_hello(&r, &hello);
	while (r.at < r.end && sync_get_heard(&r, receipt))
		if (receipt->session == s->own)
			return true;
	return false;
}

/* Of a hello: is there a receipt, and a fresh one? */
static bool proves(const struct sync_sessions *s, const struct sync_reader *r)
{
	struct sync_heard receipt;

	return find_receipt(s, *r, &receipt) &&
	       receipt.latest >= s->marks[0] &&
	       receipt.latest <= s->sequence;
}

static bool has_seen(const struct sync_session *p, uint64_t sequence)
{
	return p->seen[sequence % SYNC_WINDOW / BITS] >> sequence % BITS & 1;
}

static void set_seen(struct sync_session *p, uint64_t sequence, bool seen)
{
	uint64_t *word = &p->seen[sequence % SYNC_WINDOW / BITS];
	uint64_t bit = 1ULL << sequence % BITS;

	*word = seen ? *word | bit : *word & ~bit;
}

static void believe(struct sync_session *p, uint64_t sequence)
{
	p->believed = true;
	p->first = sequence;
	p->latest = sequence - 1;
	memset(p->seen, 0xff, sizeof(p->seen));
}

/* Make room in the ring for numbers up to @sequence, all missing as yet. */
static void advance(struct sync_session *p, uint64_t sequence)
{
	uint64_t next = p->latest + 1;

	if (sequence - p->latest >= SYNC_WINDOW) {
		p->overrun = true;
		next = sequence - SYNC_WINDOW + 1;
		p->first = next;
	}
	for (; next <= sequence; next++) {
		/* what was at this place of the ring can not be asked for now */
		if (!has_seen(p, next))
			p->overrun = true;
		set_seen(p, next, false);
	}
	p->latest = sequence;
}

static uint64_t window_start(const struct sync_session *p)
{
	uint64_t start = p->latest < SYNC_WINDOW ? 0 :
						   p->latest - SYNC_WINDOW + 1;

	return start > p->first ? start : p->first;
}

static enum sync_reject check_replay(struct sync_session *p, uint64_t sequence)
{
	if (sequence > p->latest)
		advance(p, sequence);
	else if (sequence < window_start(p))
		return SYNC_REJECT_OLD;
	else if (has_seen(p, sequence))
		return SYNC_REJECT_REPLAYED;
	set_seen(p, sequence, true);
	return SYNC_ACCEPTED;
}

static void note_hello(struct sync_sessions *s, struct sync_session *p,
		       struct sync_reader r)
{
	struct sync_heard receipt;

	if (find_receipt(s, r, &receipt) && receipt.all_until > p->receipt &&
	    receipt.all_until <= s->sequence)
		p->receipt = receipt.all_until;
	sync_get_hello(&r, &p->hello);
}

static enum sync_reject judge(struct sync_sessions *s,
			      const struct sync_reader *r, uint64_t now)
{
	struct sync_session *p;
	enum sync_reject verdict;

	if (r->from == s->own)
		return SYNC_REJECT_OWN;
	if (!r->from || !r->sequence)
		return SYNC_REJECT_SESSION;
	p = r->type == SYNC_HELLO ? meet(s, r->from, now) : find(s, r->from);
	if (!p)
		return SYNC_REJECT_SESSION;
	if (!p->believed) {
		p->last_heard = now;
		if (r->sequence > p->latest)
			p->latest = r->sequence;
		if (r->type != SYNC_HELLO || !proves(s, r))
			return SYNC_REJECT_SESSION;
		believe(p, r->sequence);
	}
	verdict = check_replay(p, r->sequence);
	if (verdict != SYNC_ACCEPTED)
		return verdict;
	p->last_heard = now;
	if (r->type == SYNC_HELLO)
		note_hello(s, p, *r);
	return SYNC_ACCEPTED;
}

enum sync_reject sync_judge(struct sync_sessions *s, enum sync_reject verdict,
			    const struct sync_reader *r, uint64_t now)
{
	set_marks(s, now);
	forget_silent(s, now);
	if (verdict == SYNC_ACCEPTED)
		verdict = judge(s, r, now);
	if (verdict == SYNC_ACCEPTED)
		s->accepted++;
	else
		s->rejected[verdict]++;
	return verdict;
}

bool sync_session_gap(const struct sync_session *session, uint64_t after,
		      struct sync_gap *gap)
{
	uint64_t at = window_start(session);

	if (at <= after)
		at = after + 1;
	while (at <= session->latest && has_seen(session, at))
		at++;
	*gap = (struct sync_gap){ .session = session->number, .first = at };
	while (at <= session->latest && !has_seen(session, at))
		gap->last = at++;
	return gap->last != 0;
}

void sync_put_receipts(const struct sync_sessions *s, struct sync_writer *w)
{
	const struct sync_session *p;
	struct sync_heard heard;
	struct sync_gap gap;

	for (p = s->peers; p < s->peers + SYNC_SESSIONS; p++) {
		if (!p->number)
			continue;
		heard = (struct sync_heard){
			.session = p->number,
			.latest = p->latest,
		};
		if (p->believed)
			heard.all_until = sync_session_gap(p, 0, &gap) ?
					  gap.first - 1 : p->latest;
		sync_put_heard(w, &heard);
	}
}
