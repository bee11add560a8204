// SPDX-License-Identifier: GPL-2.0-or-later
/* See hold.h.  All tables are sorted, and so are their services' servers. */
#include "hold.h"

#include <stdlib.h>

/* what has to be made anew for going from one service to another */
enum remake { REMAKE_NOTHING, REMAKE_WEIGHTS, REMAKE_ALL };

static enum remake remake(const struct dray_service *a,
			  const struct dray_service *b)
{
	enum remake found = REMAKE_NOTHING;
	size_t i;

	if (!dray_service_has_table(b))
		return REMAKE_NOTHING;
	if (a->n_servers != b->n_servers || !dray_service_has_table(a))
		return REMAKE_ALL;
	for (i = 0; i < a->n_servers; i++) {
		if (dray_server_cmp(&a->servers[i], &b->servers[i]))
			return REMAKE_ALL;
		if (a->servers[i].weight != b->servers[i].weight)
			found = REMAKE_WEIGHTS;
	}
	return found;
}

/* The service of that key, no earlier than *at, which moves on. */
static const struct dray_service *next_same(const struct dray_table *table,
					    size_t *at,
					    const struct dray_key *key)
{
	int rc = -1;

	while (*at < table->n_services) {
		rc = dray_key_cmp(&table->services[*at].key, key);
		if (rc >= 0)
			break;
		++*at;
	}
	return rc ? NULL : &table->services[*at];
}

static int compare(const void *a, const void *b)
{
	return dray_key_cmp(&((const struct hold *)a)->key,
			    &((const struct hold *)b)->key);
}

static uint64_t held_until(const struct holds *h, const struct dray_key *key)
{
	struct hold like = { .key = *key }, *found;

	found = h->n ? bsearch(&like, h->list, h->n, sizeof(like), compare) :
		       NULL;
	return found ? found->until : 0;
}

/*
 * Weights that may not go yet become in @wanted what they are @now.
 * Return: when to ask again; 0: nothing is held back.
 */
uint64_t holds_apply(const struct holds *h, const struct dray_table *now,
		     struct dray_table *wanted, uint64_t time)
{
	const struct dray_service *is;
	struct dray_service *svc;
	uint64_t until, due = 0;
	size_t i, j, at = 0;

	for (i = 0; h->n && i < wanted->n_services; i++) {
		svc = &wanted->services[i];
		is = next_same(now, &at, &svc->key);
		until = held_until(h, &svc->key);
		if (!is || until <= time || remake(is, svc) != REMAKE_WEIGHTS)
			continue;
		for (j = 0; j < svc->n_servers; j++)
			svc->servers[j].weight = is->servers[j].weight;
		due = due && due < until ? due : until;
	}
	return due;
}

static void add(struct holds *h, const struct dray_key *key, uint64_t until)
{
	h->list = dray_grow(h->list, h->n, sizeof(*h->list));
	h->list[h->n++] = (struct hold){ *key, until };
}

/* The kernel went from one table to the other. */
void holds_written(struct holds *h, const struct dray_table *before,
		   const struct dray_table *written, uint64_t time)
{
	const struct dray_service *svc, *was;
	struct holds old = *h;
	size_t i, at = 0;

	h->list = NULL;
	h->n = 0;
	for (i = 0; i < written->n_services; i++) {
		svc = &written->services[i];
		was = next_same(before, &at, &svc->key);
		if (was && remake(was, svc) != REMAKE_NOTHING)
			add(h, &svc->key, time + HOLD_MS);
		else if (held_until(&old, &svc->key) > time)
			add(h, &svc->key, held_until(&old, &svc->key));
	}
	holds_free(&old);
}

void holds_free(struct holds *h)
{
	free(h->list);
	h->list = NULL;
	h->n = 0;
}
