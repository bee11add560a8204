// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Containers for the nouns: add, find, sort, free.  Knows nothing of netlink
 * and prints nothing.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more element; doubles at powers of two.  Never fails: a tool
 * that cannot get a few kilobytes has nothing better to do than to end.
 */
void *dray_grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	array = reallocarray(array, n ? 2 * n : 1, size);
	if (!array) {
		fputs("Memory allocation problem\n", stderr);
		exit(255);
	}
	return array;
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* ipvsadm's order: mark, family, protocol, address, port; but no wrapping. */
int dray_key_cmp(const struct dray_key *a, const struct dray_key *b)
{
	int c = cmp_u32(a->fwmark, b->fwmark);

	if (!c)
		c = cmp_u32(a->family, b->family);
	if (c || a->fwmark)
		return c;
	c = cmp_u32(a->protocol, b->protocol);
	if (!c)
		c = dray_addr_cmp(&a->addr, &b->addr);
	return c ? c : cmp_u32(a->port, b->port);
}

int dray_server_cmp(const struct dray_server *a, const struct dray_server *b)
{
	int c = dray_addr_cmp(&a->addr, &b->addr);

	return c ? c : cmp_u32(a->port, b->port);
}

/* The schedulers that go by a selection table. */
bool dray_service_has_table(const struct dray_service *svc)
{
	return !strcmp(svc->scheduler, "dray") ||
	       !strcmp(svc->scheduler, "sh") || !strcmp(svc->scheduler, "mh");
}

/*
 * Return: the rows for shares that are not coarse, at most DRAY_MAX_ROWS, and
 * in n the servers that have a weight, which are those of the table.
 */
uint32_t dray_service_rows_wanted(const struct dray_service *svc, uint32_t *n)
{
	uint32_t rows = DRAY_MIN_ROWS;
	size_t i;

	*n = 0;
	for (i = 0; i < svc->n_servers; i++)
		*n += svc->servers[i].weight > 0;
	while (rows < DRAY_MAX_ROWS && rows / DRAY_ROWS_PER_SERVER < *n)
		rows *= 2;
	return rows;
}

/* Who names sh or mh wants a client at one server: no limit. */
uint32_t dray_default_load_limit(const struct dray_service *svc)
{
	return strcmp(svc->scheduler, "dray") ? 0 : DRAY_DEFAULT_LOAD_LIMIT;
}

/* The kernel speaks of these only where there is a table. */
void dray_service_table_defaults(struct dray_service *svc)
{
	svc->rows = DRAY_DEFAULT_ROWS;
	svc->load_limit = DRAY_DEFAULT_LOAD_LIMIT;
	svc->slow_start = DRAY_DEFAULT_SLOW_START;
}

/*
 * What -A and -a send when nothing is said.  state, down-hold and what is the
 * table's are left out: ipvsadm's "edit" replaces what ipvsadm knows, and must
 * not undo a drain that another tool asked for.
 */
void dray_service_defaults(struct dray_service *svc)
{
	memset(svc, 0, sizeof(*svc));
	svc->down_hold = DRAY_DEFAULT_DOWN_HOLD;
	dray_service_table_defaults(svc);
	svc->has = DRAY_BIT(DRAY_A_SERVICE_SCHEDULER) |
		   DRAY_BIT(DRAY_A_SERVICE_FLAGS) |
		   DRAY_BIT(DRAY_A_SERVICE_SCHED_FLAGS) |
		   DRAY_BIT(DRAY_A_SERVICE_PERSIST_TIMEOUT) |
		   DRAY_BIT(DRAY_A_SERVICE_PERSIST_PREFIX);
}

void dray_server_defaults(struct dray_server *srv)
{
	memset(srv, 0, sizeof(*srv));
	srv->weight = DRAY_DEFAULT_WEIGHT;
	srv->has = DRAY_BIT(DRAY_A_SERVER_WEIGHT) |
		   DRAY_BIT(DRAY_A_SERVER_U_THRESHOLD) |
		   DRAY_BIT(DRAY_A_SERVER_L_THRESHOLD);
}

void dray_table_init(struct dray_table *table)
{
	memset(table, 0, sizeof(*table));
}

void dray_table_free(struct dray_table *table)
{
	size_t i;

	for (i = 0; i < table->n_services; i++)
		free(table->services[i].servers);
	free(table->services);
	free(table->vips);
	free(table->config.hooks);
	dray_table_init(table);
}

static int sort_services(const void *a, const void *b)
{
	const struct dray_service *x = a, *y = b;

	return dray_key_cmp(&x->key, &y->key);
}

static int sort_servers(const void *a, const void *b)
{
	return dray_server_cmp(a, b);
}

static int sort_vips(const void *a, const void *b)
{
	const struct dray_vip *x = a, *y = b;

	return dray_addr_cmp(&x->addr, &y->addr);
}

static void sort(void *array, size_t n, size_t size,
		 int (*cmp)(const void *, const void *))
{
	if (n > 1)
		qsort(array, n, size, cmp);
}

void dray_table_sort(struct dray_table *table)
{
	size_t i;

	sort(table->services, table->n_services, sizeof(*table->services),
	     sort_services);
	sort(table->vips, table->n_vips, sizeof(*table->vips), sort_vips);
	for (i = 0; i < table->n_services; i++)
		sort(table->services[i].servers, table->services[i].n_servers,
		     sizeof(struct dray_server), sort_servers);
}

/* Return: the copy in the table, valid until the next one is added. */
struct dray_service *dray_table_add_service(struct dray_table *table,
					    const struct dray_service *svc)
{
	struct dray_service *copy;

	table->services = dray_grow(table->services, table->n_services,
				    sizeof(*svc));
	copy = &table->services[table->n_services++];
	*copy = *svc;
	copy->servers = NULL;
	copy->n_servers = 0;
	return copy;
}

struct dray_service *dray_table_service(const struct dray_table *table,
					const struct dray_key *key)
{
	size_t i;

	for (i = 0; i < table->n_services; i++)
		if (!dray_key_cmp(&table->services[i].key, key))
			return &table->services[i];
	return NULL;
}

struct dray_server *dray_service_add_server(struct dray_service *svc,
					    const struct dray_server *srv)
{
	svc->servers = dray_grow(svc->servers, svc->n_servers, sizeof(*srv));
	svc->servers[svc->n_servers] = *srv;
	return &svc->servers[svc->n_servers++];
}

struct dray_server *dray_service_server(const struct dray_service *svc,
					const struct dray_server *like)
{
	size_t i;

	for (i = 0; i < svc->n_servers; i++)
		if (!dray_server_cmp(&svc->servers[i], like))
			return &svc->servers[i];
	return NULL;
}

struct dray_vip *dray_table_add_vip(struct dray_table *table,
				    const struct dray_vip *vip)
{
	table->vips = dray_grow(table->vips, table->n_vips, sizeof(*vip));
	table->vips[table->n_vips] = *vip;
	return &table->vips[table->n_vips++];
}

struct dray_vip *dray_table_vip(const struct dray_table *table,
				const struct dray_addr *addr)
{
	size_t i;

	for (i = 0; i < table->n_vips; i++)
		if (!dray_addr_cmp(&table->vips[i].addr, addr))
			return &table->vips[i];
	return NULL;
}
