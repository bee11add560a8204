// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selection tables by capacity-limited weighted rendezvous hashing: who gets
 * which row.
 *
 * Each pair of a row and a server has a score, the lower the better: -log2(u)
 * divided by the server's weight, u being a keyed hash of the pair.  Were each
 * row to take its best server, servers would get rows in proportion to their
 * weights, but for chance (rendezvous hashing: D. G. Thaler, C. V. Ravishankar,
 * IEEE/ACM Trans. Networking 6(1), 1998; the logarithm for weights: straw2 of
 * Ceph's CRUSH).  Chance is bounded by a capacity: a server keeps its best
 * rows, and the others go to the next best of theirs.  That is the deferred
 * acceptance of D. Gale and L. S. Shapley (Amer. Math. Monthly 69, 1962).
 * Rows and servers rank by one strict order of all pairs, so there is just one
 * stable matching: the pairs in this order, each taken if its row is free and
 * its server not full.  It depends on nothing that happens on the way.
 */
#include "table_impl.h"
#include "table_score.h"

#define SURVIVORS	12	/* servers that pass the bars of a row, about */

/* What the innermost loop reads of a server. */
struct bar {
	u64 seed;
	u64 least;	/* hash that passes */
};

/* A server that takes rows. */
struct taker {
	u64 inverse;		/* see score() */
	struct pair *held;	/* a heap, the worst on top */
	u32 n;
	u32 capacity;
};

struct match {
	struct dray_table *table;
	const siphash_key_t *key;
	const struct dray_table_spec *spec;
	struct bar *bars;
	struct taker *takers;
	struct pair *pairs;	/* where the heaps lie */
	u16 *list;		/* servers to look at */
};

static bool must_stop(const struct match *m)
{
	cond_resched();
	return m->spec->stop && m->spec->stop(m->spec->arg);
}

/* Scores. */

/* SipHash hashes the length along: what a row gives no server gives. */
static u64 row_seed(const struct match *m, u32 row)
{
	return siphash_1u64(row, m->key);
}

static struct pair make_pair(const struct match *m, u64 seed, u32 row,
			     u32 server)
{
	u64 hash = dray_table_mix(seed ^ m->bars[server].seed);

	return (struct pair){
		.score = score(hash, m->takers[server].inverse),
		.row = row,
		.server = server,
	};
}

/* Bars: where there are many servers, few can be among the best of a row, and
 * only theirs are the scores that have to be known.  Those whose score is not
 * above a limit pass; for each server that is a bar that its hash is not below.
 */

static bool has_bars(const struct match *m)
{
	return m->table->n > 2 * SURVIVORS;
}

/* The least hash whose score is not above @limit.  The greatest hash's never
 * is: set_bars() sees to it.
 */
static u64 least_hash(const struct taker *taker, u64 limit)
{
	u64 low = 0, high = U64_MAX, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (score(middle, taker->inverse) <= limit)
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

/* Returns how many servers pass on average, in units of 2^-32. */
static u64 set_bars_at(struct match *m, u64 limit)
{
	u64 passing = 0;
	u32 i;

	for (i = 0; i < m->table->n; i++) {
		if (i % DRAY_TABLE_POLL == 0)
			cond_resched();
		m->bars[i].least = least_hash(&m->takers[i], limit);
		passing += (U64_MAX - m->bars[i].least) >> 32;
	}
	return passing;
}

/* The limit decides how long it takes, never what comes out.  With a weight of
 * w in all, one of x lets x * w * ln 2 servers pass, or fewer where some have
 * much of w.  Twice the limit lets at most twice as many pass.
 */
static void set_bars(struct match *m)
{
	const u64 wanted = (u64)SURVIVORS << 32;
	u64 limit, least, passing, weights = 0;
	u32 i;

	for (i = 0; i < m->table->n; i++)
		weights += m->table->servers[i].weight;
	limit = div64_u64(SURVIVORS * 3ULL << (SCORE_UNIT - 1), weights);
	for (i = 0; i < m->table->n; i++) {
		least = score(U64_MAX, m->takers[i].inverse);
		if (limit < least)
			limit = least;
	}
	while ((passing = set_bars_at(m, limit)) < wanted)
		limit += passing < wanted / 2 ? limit : limit / 8 + 1;
}

/* Lists those that pass, all if bars are not set.  Each of them is better than
 * each that does not pass.  Returns how many.
 */
static u32 list_passing(const struct match *m, u64 seed)
{
	const struct bar *bar = m->bars;
	u32 i, n = 0;

	for (i = 0; i < m->table->n; i++, bar++) {
		/* No jump: it could not be foretold. */
		m->list[n] = i;
		n += dray_table_mix(seed ^ bar->seed) >= bar->least;
	}
	return n;
}

static u32 list_all(const struct match *m)
{
	u32 i;

	for (i = 0; i < m->table->n; i++)
		m->list[i] = i;
	return i;
}

/* Rows. */

static void rank_pair(struct pair *best, struct pair pair)
{
	u32 i = DRAY_TABLE_RANKS - 1;

	if (!better(&pair, &best[i]))
		return;
	for (; i && better(&pair, &best[i - 1]); i--)
		best[i] = best[i - 1];
	best[i] = pair;
}

/* The best servers of a row by their scores alone. */
static void rank_row(const struct match *m, u32 row, struct pair *best)
{
	u64 seed = row_seed(m, row);
	u32 i, n;

	for (i = 0; i < DRAY_TABLE_RANKS; i++)
		best[i] = (struct pair){ U64_MAX, row, DRAY_TABLE_NONE };
	n = list_passing(m, seed);
	if (n < DRAY_TABLE_RANKS)
		n = list_all(m);
	for (i = 0; i < n; i++)
		rank_pair(best, make_pair(m, seed, row, m->list[i]));
}

static u64 pack_row(const struct pair *best)
{
	u64 row = 0;
	u32 i;

	for (i = 0; i < DRAY_TABLE_RANKS; i++)
		row |= (u64)best[i].server << 16 * i;
	return row;
}

/* A row with @server in front of the others. */
static u64 put_first(u64 row, u16 server)
{
	u64 ranks = server;
	u32 i, n = 1;

	for (i = 0; n < DRAY_TABLE_RANKS; i++)
		if (dray_table_rank(row, i) != server)
			ranks |= (u64)dray_table_rank(row, i) << 16 * n++;
	return ranks;
}

/* Takers: a heap of rows each. */

static void heap_add(struct taker *taker, const struct pair *pair)
{
	struct pair *heap = taker->held;
	u32 i = taker->n++, parent;

	for (; i; i = parent) {
		parent = (i - 1) / 2;
		if (!better(&heap[parent], pair))
			break;
		heap[i] = heap[parent];
	}
	heap[i] = *pair;
}

static void heap_replace_top(struct taker *taker, const struct pair *pair)
{
	struct pair *heap = taker->held;
	u32 i = 0, child = 1;

	while (child < taker->n) {
		if (child + 1 < taker->n &&
		    better(&heap[child], &heap[child + 1]))
			child++;
		if (!better(pair, &heap[child]))
			break;
		heap[i] = heap[child];
		i = child;
		child = 2 * i + 1;
	}
	heap[i] = *pair;
}

/* Once it would not take a pair it never will: it lets go of a row for a better
 * one only.
 */
static bool would_take(const struct taker *taker, const struct pair *pair)
{
	return taker->n < taker->capacity || better(pair, &taker->held[0]);
}

/* Offers a row to a server.  Returns whether one was refused; @pair is then
 * that one: this row's, or another's that had to give way to it.
 */
static bool refuses(struct taker *taker, struct pair *pair)
{
	struct pair worst;

	if (!would_take(taker, pair))
		return true;
	if (taker->n < taker->capacity) {
		heap_add(taker, pair);
		return false;
	}
	worst = taker->held[0];
	heap_replace_top(taker, pair);
	*pair = worst;
	return true;
}

/* Matching. */

/* A row's best pair with one of the @n servers listed that would take it. */
static struct pair best_listed(const struct match *m, u64 seed, u32 row, u32 n)
{
	struct pair best = { U64_MAX, row, DRAY_TABLE_NONE }, pair;
	u32 i;

	for (i = 0; i < n; i++) {
		pair = make_pair(m, seed, row, m->list[i]);
		if (better(&pair, &best) &&
		    would_take(&m->takers[pair.server], &pair))
			best = pair;
	}
	return best;
}

/* Where a row that was refused goes: to the best server that would take it,
 * which is where it would end if it asked one after the other.  There is one:
 * they are not all full of other rows.
 */
static struct pair next_pair(const struct match *m, u32 row)
{
	u64 seed = row_seed(m, row);
	struct pair pair;
	u16 server;
	u32 i;

	for (i = 0; i < DRAY_TABLE_RANKS; i++) {
		server = dray_table_rank(m->table->row[row], i);
		if (server == DRAY_TABLE_NONE)
			break;
		pair = make_pair(m, seed, row, server);
		if (would_take(&m->takers[pair.server], &pair))
			return pair;
	}
	cond_resched();
	pair = best_listed(m, seed, row, list_passing(m, seed));
	if (pair.server == DRAY_TABLE_NONE)
		pair = best_listed(m, seed, row, list_all(m));
	return pair;
}

static int match_rows(struct match *m)
{
	struct pair best[DRAY_TABLE_RANKS], pair;
	u32 row;

	for (row = 0; row < m->table->rows; row++) {
		if (row % DRAY_TABLE_POLL == 0 && must_stop(m))
			return -EINTR;
		rank_row(m, row, best);
		m->table->row[row] = pack_row(best);
		pair = best[0];
		while (refuses(&m->takers[pair.server], &pair))
			pair = next_pair(m, pair.row);
	}
	return 0;
}

static void put_takers_first(struct match *m)
{
	u64 *rows = m->table->row;
	u32 i, k, row;

	for (i = 0; i < m->table->n; i++) {
		cond_resched();
		for (k = 0; k < m->takers[i].n; k++) {
			row = m->takers[i].held[k].row;
			rows[row] = put_first(rows[row], i);
		}
	}
}

static void set_takers(struct match *m,
		       const struct dray_table_entrant *entrants)
{
	struct pair *held = m->pairs;
	u32 i;

	for (i = 0; i < m->table->n; i++) {
		m->bars[i].seed = entrants[i].seed;
		m->takers[i].inverse = inverse_weight(m->table->servers[i].weight);
		m->takers[i].capacity = entrants[i].capacity;
		m->takers[i].held = held;
		held += entrants[i].capacity;
	}
}

static int alloc_match(struct match *m,
		       const struct dray_table_entrant *entrants)
{
	u32 i, n = m->table->n, capacities = 0;

	for (i = 0; i < n; i++)
		capacities += entrants[i].capacity;
	m->bars = kvcalloc(n, sizeof(*m->bars), GFP_KERNEL_ACCOUNT);
	m->takers = kvcalloc(n, sizeof(*m->takers), GFP_KERNEL_ACCOUNT);
	m->list = kvcalloc(n, sizeof(*m->list), GFP_KERNEL_ACCOUNT);
	m->pairs = kvcalloc(capacities, sizeof(*m->pairs), GFP_KERNEL_ACCOUNT);
	return m->bars && m->takers && m->list && m->pairs ? 0 : -ENOMEM;
}

static void free_match(struct match *m)
{
	kvfree(m->pairs);
	kvfree(m->list);
	kvfree(m->takers);
	kvfree(m->bars);
}

int dray_table_match(struct dray_table *table,
		     const struct dray_table_entrant *entrants,
		     const siphash_key_t *key,
		     const struct dray_table_spec *spec)
{
	struct match m = { .table = table, .key = key, .spec = spec };
	int err;

	err = alloc_match(&m, entrants);
	if (!err) {
		set_takers(&m, entrants);
		if (has_bars(&m))
			set_bars(&m);
		err = match_rows(&m);
	}
	if (!err)
		put_takers_first(&m);
	free_match(&m);
	return err;
}
