// SPDX-License-Identifier: GPL-2.0-or-later
/* Few are held, and rarely: a list that is searched will do. */
#include "sync_order.h"

#include <string.h>

/* The first number that is waited for. */
static uint64_t frontier(const struct sync_passed *p,
			 const struct sync_session *s)
{
	struct sync_gap gap;

	return sync_session_gap(s, p->until, &gap) ? gap.first : UINT64_MAX;
}

static struct sync_held *find_free(struct sync_order *o)
{
	struct sync_held *h;

	for (h = o->held; h < o->held + SYNC_HELD; h++)
		if (!h->session)
			return h;
	return NULL;
}

enum sync_turn sync_order_take(struct sync_order *o, const struct sync_passed *p,
			       const struct sync_session *s,
			       const struct sync_reader *r, uint64_t now)
{
	size_t len = r->end - r->at;
	struct sync_held *h;

	if (r->sequence <= p->until)
		return SYNC_PASSED;
	if (r->sequence < frontier(p, s))
		return SYNC_NOW;
	h = find_free(o);
	if (!h || len > sizeof(h->data))
		return SYNC_FULL;
	memcpy(h->data, r->at, len);
	h->session = s->number;
	h->since = now;
	h->reader = *r;
	h->reader.at = h->data;
	h->reader.end = h->data + len;
	return SYNC_LATER;
}

static struct sync_held *find_first(struct sync_order *o, uint64_t session)
{
	struct sync_held *h, *first = NULL;

	for (h = o->held; h < o->held + SYNC_HELD; h++)
		if (h->session == session &&
		    (!first || h->reader.sequence < first->reader.sequence))
			first = h;
	return first;
}

/* A copy: the place may be taken again while it is read. */
static struct sync_reader *hand_out(struct sync_order *o, struct sync_held *h)
{
	size_t len = h->reader.end - h->reader.at;

	memcpy(o->data, h->data, len);
	o->out = h->reader;
	o->out.at = o->data;
	o->out.end = o->data + len;
	h->session = 0;
	return &o->out;
}

struct sync_reader *sync_order_next(struct sync_order *o,
				    const struct sync_passed *p,
				    const struct sync_session *s)
{
	struct sync_held *h = find_first(o, s->number);

	if (!h || (h->reader.sequence > p->until &&
		   h->reader.sequence >= frontier(p, s)))
		return NULL;
	return hand_out(o, h);
}

void sync_order_pass(const struct sync_order *o, struct sync_passed *p,
		     const struct sync_session *s)
{
	const struct sync_held *h;

	for (h = o->held; h < o->held + SYNC_HELD; h++)
		if (h->session == s->number && h->reader.sequence > p->until)
			p->until = h->reader.sequence;
}

bool sync_order_is_late(const struct sync_order *o,
			const struct sync_session *s, uint64_t now)
{
	const struct sync_held *h;

	for (h = o->held; h < o->held + SYNC_HELD; h++)
		if (h->session == s->number &&
		    now - h->since >= SYNC_PATIENCE_US)
			return true;
	return false;
}

void sync_order_forget(struct sync_order *o, uint64_t session)
{
	struct sync_held *h;

	for (h = o->held; h < o->held + SYNC_HELD; h++)
		if (h->session == session)
			h->session = 0;
}
