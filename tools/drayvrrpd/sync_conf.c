// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the configuration is the state sync's business. */
#include "sync.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "model.h"
#include "table_key.h"

bool sync_wanted(const struct ka_conf *conf)
{
	const char *key = conf->globals.key_file;

	return key && strcmp(key, "none");
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_addresses(const struct ka_address *a,
			   const struct ka_address *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (dray_addr_cmp(&a[i].addr, &b[i].addr))
			return false;
	return true;
}

static bool same_peers(const struct ka_peer *a, const struct ka_peer *b,
		       size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (dray_addr_cmp(&a[i].addr, &b[i].addr))
			return false;
	return true;
}

static bool same_instance(const struct ka_instance *a,
			  const struct ka_instance *b)
{
	return same_text(a->interface, b->interface) &&
	       a->family == b->family && a->vrid == b->vrid &&
	       !dray_addr_cmp(&a->mcast_group, &b->mcast_group) &&
	       a->n_peers == b->n_peers && a->n_addresses == b->n_addresses &&
	       a->n_excluded == b->n_excluded &&
	       same_peers(a->peers, b->peers, a->n_peers) &&
	       same_addresses(a->addresses, b->addresses, a->n_addresses) &&
	       same_addresses(a->excluded, b->excluded, a->n_excluded);
}

static bool same_globals(const struct ka_globals *a, const struct ka_globals *b)
{
	size_t i;

	if (!same_text(a->key_file, b->key_file) ||
	    !same_text(a->sync_interface, b->sync_interface) ||
	    a->sync_port != b->sync_port ||
	    dray_addr_cmp(&a->sync_group, &b->sync_group) ||
	    a->n_sync_peers != b->n_sync_peers)
		return false;
	for (i = 0; i < a->n_sync_peers; i++)
		if (dray_addr_cmp(&a->sync_peers[i], &b->sync_peers[i]))
			return false;
	return true;
}

bool sync_differs(const struct ka_conf *a, const struct ka_conf *b)
{
	size_t i;

	if (!same_globals(&a->globals, &b->globals) ||
	    a->n_instances != b->n_instances)
		return true;
	for (i = 0; i < a->n_instances; i++)
		if (!same_instance(a->instances[i], b->instances[i]))
			return true;
	return false;
}

int sync_key_read(const char *path, struct sync_key *key, char *error,
		  size_t size)
{
	uint8_t secret[DRAY_KEYLEN];
	int rc = table_key_read(path, secret, error, size);

	if (rc)
		return rc;
	rc = sync_key_derive(key, secret, sizeof(secret));
	sodium_memzero(secret, sizeof(secret));
	if (rc)
		snprintf(error, size, "libsodium cannot be used");
	return rc;
}

bool sync_key_differs(const struct ka_conf *conf, const struct sync_show *show)
{
	struct sync_key key = { .number = 0 };
	char error[256];

	if (!sync_wanted(conf))
		return false;
	sync_key_read(conf->globals.key_file, &key, error, sizeof(error));
	sodium_memzero(key.mac, sizeof(key.mac));
	return key.number != show->key;
}
