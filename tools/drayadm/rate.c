// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates are measured here: two readings of the counters a second apart.  The
 * kernel keeps no estimators, so nothing runs when nobody looks.
 */
#include <time.h>

#include "classic_run.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* A counter that went back was zeroed in between. */
static uint64_t per_second(uint64_t before, uint64_t after, double seconds)
{
	if (after < before)
		return 0;
	return (after - before) / seconds + 0.5;
}

static void rate_between(const struct dray_stats *before,
			 const struct dray_stats *after, double seconds,
			 struct dray_rates *rates)
{
	rates->conns = per_second(before->conns, after->conns, seconds);
	rates->packets = per_second(before->packets, after->packets, seconds);
	rates->bytes = per_second(before->bytes, after->bytes, seconds);
}

static void rate_service(const struct dray_service *before,
			 struct dray_service *after, double seconds)
{
	struct dray_server *srv, *old;
	size_t i;

	rate_between(&before->stats, &after->stats, seconds, &after->rates);
	for (i = 0; i < after->n_servers; i++) {
		srv = &after->servers[i];
		/* both listings are in the same order unless one changed */
		old = i < before->n_servers ? &before->servers[i] : NULL;
		if (!old || dray_server_cmp(old, srv))
			old = dray_service_server(before, srv);
		if (old)
			rate_between(&old->stats, &srv->stats, seconds,
				     &srv->rates);
	}
}

static int read_once(struct session *s, const struct dray_key *only,
		     struct dray_table *table)
{
	return only ? dray_service_load(&s->nl, only, table) :
		      dray_services_read(&s->nl, table);
}

/* Return: 0 or -errno; what appeared within the second has no rate yet. */
int measure_rates(struct session *s, const struct dray_key *only,
		  struct dray_table *table)
{
	struct timespec second = { .tv_sec = 1 };
	struct dray_table before;
	struct dray_service *old;
	double start;
	size_t i;
	int rc;

	dray_table_init(&before);
	rc = read_once(s, only, &before);
	start = now();
	if (!rc) {
		nanosleep(&second, NULL);
		rc = read_once(s, only, table);
	}
	for (i = 0; !rc && i < table->n_services; i++) {
		old = dray_table_service(&before, &table->services[i].key);
		if (old)
			rate_service(old, &table->services[i], now() - start);
	}
	dray_table_free(&before);
	return rc;
}
