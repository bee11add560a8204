// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What counts is what an answer depends on: scheduler, persistence, servers,
 * weights, the table and its key; not what health checks say of a server, which
 * two directors may see differently.
 */
#include "sync_compare.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sync_module.h"
#include "sync_out.h"

#define PATIENCE_US 5000000ull	/* one director is changed after the other */
#define TELL_US 5000000ull

struct print {
	struct dray_key key;
	uint64_t value;
};

static struct {
	struct print *prints;		/* sorted by key */
	size_t n;
	uint64_t all;
	uint32_t tables;		/* version */
} own;

static void hash_number(crypto_generichash_state *h, uint64_t value)
{
	uint8_t bytes[8];
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = value >> 8 * i;
	crypto_generichash_update(h, bytes, sizeof(bytes));
}

static void hash_addr(crypto_generichash_state *h, const struct dray_addr *a)
{
	hash_number(h, a->family == AF_INET6 ? 6 : a->family ? 4 : 0);
	crypto_generichash_update(h, a->bytes, dray_addr_len(a));
}

static uint64_t hash_end(crypto_generichash_state *h)
{
	uint8_t bytes[crypto_generichash_BYTES_MIN];
	uint64_t value = 0;
	int i;

	crypto_generichash_final(h, bytes, sizeof(bytes));
	for (i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void hash_begin(crypto_generichash_state *h)
{
	crypto_generichash_init(h, NULL, 0, crypto_generichash_BYTES_MIN);
}

static uint64_t print_of(const struct dray_service *svc)
{
	crypto_generichash_state h;
	size_t i;

	hash_begin(&h);
	crypto_generichash_update(&h, (const uint8_t *)svc->scheduler,
				  strlen(svc->scheduler));
	hash_number(&h, svc->flags);
	hash_number(&h, svc->sched_flags);
	hash_number(&h, svc->persist_timeout);
	hash_number(&h, svc->persist_timeout ? svc->persist_prefix : 0);
	if (dray_service_has_table(svc))
		hash_number(&h, svc->fingerprint);
	for (i = 0; i < svc->n_servers; i++) {
		hash_addr(&h, &svc->servers[i].addr);
		hash_number(&h, svc->servers[i].port);
		hash_number(&h, svc->servers[i].weight);
	}
	return hash_end(&h);
}

static void fill(const struct dray_table *table)
{
	crypto_generichash_state h;
	size_t i;

	free(own.prints);
	own.prints = calloc(table->n_services + 1, sizeof(*own.prints));
	own.n = own.prints ? table->n_services : 0;
	hash_begin(&h);
	for (i = 0; i < own.n; i++) {
		const struct dray_key *key = &table->services[i].key;

		own.prints[i].key = *key;
		own.prints[i].value = print_of(&table->services[i]);
		hash_number(&h, key->protocol);
		hash_number(&h, key->port);
		hash_number(&h, key->fwmark);
		hash_addr(&h, &key->addr);
		hash_number(&h, own.prints[i].value);
	}
	own.all = hash_end(&h);
}

int sync_compare_read(void)
{
	struct dray_table table;
	int rc;

	dray_table_init(&table);
	rc = dray_services_read(sync_module_ask(), &table);
	if (!rc) {
		dray_table_sort(&table);
		fill(&table);
	}
	dray_table_free(&table);
	return rc;
}

void sync_compare_version(uint32_t tables)
{
	own.tables = tables;
}

uint64_t sync_compare_own(void)
{
	return own.all;
}

static struct sync_table entry_of(const struct print *p)
{
	struct sync_table t = { .fingerprint = p->value, .service = {
		.protocol = p->key.protocol, .port = p->key.port,
		.fwmark = p->key.fwmark, .addr = p->key.addr } };

	t.service.addr.family = p->key.family;
	return t;
}

static void tell(uint64_t now)
{
	struct sync_writer *w = sync_out_begin(SYNC_TABLES, 0, now);
	struct sync_table t;
	size_t i;

	for (i = 0; i < own.n; i++) {
		t = entry_of(&own.prints[i]);
		if (sync_put_table(w, &t))
			continue;
		sync_out_end(now);
		w = sync_out_begin(SYNC_TABLES, 0, now);
		sync_put_table(w, &t);
	}
	sync_out_end(now);
}

static const struct print *find(const struct dray_key *key)
{
	size_t i;

	for (i = 0; i < own.n; i++)
		if (!dray_key_cmp(&own.prints[i].key, key))
			return &own.prints[i];
	return NULL;
}

/* The first that is found is named; one is enough to look at. */
void sync_compare_take(struct sync_compare *c, struct sync_reader *r)
{
	const struct print *p;
	struct sync_table t;
	struct dray_key key;

	while (!c->differs.family && sync_get_table(r, &t)) {
		key = (struct dray_key){
			.family = t.service.addr.family,
			.protocol = t.service.protocol,
			.port = t.service.port,
			.fwmark = t.service.fwmark };
		if (!key.fwmark)
			key.addr = t.service.addr;
		p = find(&key);
		if (!p || p->value != t.fingerprint)
			c->differs = key;
	}
}

static void name(const struct dray_key *key, char *text, size_t size)
{
	char addr[DRAY_ADDRTEXT];

	if (!key->family)
		snprintf(text, size, "services differ");
	else if (key->fwmark)
		snprintf(text, size, "firewall mark %u differs", key->fwmark);
	else
		snprintf(text, size, "%s %s differs",
			 dray_protocol_name(key->protocol),
			 dray_addrport_text(&key->addr, key->port,
					    key->protocol, true, addr,
					    sizeof(addr)));
}

static void say(struct sync_compare *c, const struct sync_peer_state *show)
{
	char from[INET6_ADDRSTRLEN], text[320];

	name(&c->differs, text, sizeof(text));
	dray_addr_text(&show->addr, from, sizeof(from));
	c->said = true;
	log_say(LOG_WARNING, "state sync: director %s would answer clients "
		"otherwise than this one: %s; compare their configurations "
		"and keys", from, text);
}

/* Equal fingerprints say nothing then: one module hashes otherwise. */
static void look_at_version(struct sync_compare *c, uint32_t tables,
			    const struct sync_peer_state *show)
{
	bool differs = tables && own.tables && tables != own.tables;
	char from[INET6_ADDRSTRLEN];

	if (differs && !c->version_said)
		log_say(LOG_ERR, "state sync: dray.ko of director %s computes "
			"other servers from the same configuration (its tables "
			"are of version %u, here %u): connections will not "
			"survive a failover before both are of one version",
			dray_addr_text(&show->addr, from, sizeof(from)),
			tables, own.tables);
	if (!differs && c->version_said)
		log_say(LOG_NOTICE, "state sync: dray.ko of director %s computes "
			"the same servers again",
			dray_addr_text(&show->addr, from, sizeof(from)));
	c->version_said = differs;
}

void sync_compare_look(struct sync_compare *c, const struct sync_hello *hello,
		       struct sync_peer_state *show, uint64_t now)
{
	char from[INET6_ADDRSTRLEN];

	look_at_version(c, hello->tables, show);
	if (!hello->config || !own.all || hello->config == own.all) {
		if (c->said)
			log_say(LOG_NOTICE, "state sync: director %s has the "
				"same configuration again",
				dray_addr_text(&show->addr, from,
					       sizeof(from)));
		*c = (struct sync_compare){ .version_said = c->version_said };
	} else if (!c->since) {
		c->since = now;
	} else if (now - c->since >= PATIENCE_US &&
		   now - c->told >= TELL_US) {
		/* said with the next round, when the other's have come */
		if (c->told && !c->said)
			say(c, show);
		c->told = now;
		tell(now);
	}
	show->differs = c->said || c->version_said;
}
