// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Down is what is kept, since all else is what a health checker begins with.
 * What is not told again is forgotten; the file stays, and says how old it is.
 */
#include "sync_told.h"

#include <stdio.h>
#include <unistd.h>

#include "key_json.h"
#include "log.h"

#define MOST 4096			/* servers */
#define KEPT_US 10000000ull

struct down {
	struct dray_key key;
	struct dray_addr addr;
	uint16_t port;
	uint64_t at;
};

static struct {
	char path[256], aside[264];
	const char *boot_id;
	struct down downs[MOST];
	size_t n;
	bool news;			/* since it was written */
	bool failed;
} told;

void sync_told_open(const char *run_dir, const struct state *state)
{
	snprintf(told.path, sizeof(told.path), "%s/sync.json", run_dir);
	snprintf(told.aside, sizeof(told.aside), "%s.new", told.path);
	told.boot_id = state->boot_id;
}

static struct down *find(const struct dray_key *key,
			 const struct dray_server *srv)
{
	struct down *d;

	for (d = told.downs; d < told.downs + told.n; d++)
		if (d->port == srv->port && !dray_addr_cmp(&d->addr, &srv->addr) &&
		    !dray_key_cmp(&d->key, key))
			return d;
	return NULL;
}

void sync_told_take(const struct dray_flow_row *row, uint64_t now)
{
	const struct dray_server *srv = &row->srv;
	struct down *d = find(&row->svc.key, srv);

	told.news = true;
	if (srv->state != DRAY_SERVER_STATE_DOWN) {
		if (d)
			*d = told.downs[--told.n];
		return;
	}
	if (!d && told.n == MOST)
		return;
	if (!d)
		d = &told.downs[told.n++];
	*d = (struct down){ .key = row->svc.key, .addr = srv->addr,
			    .port = srv->port, .at = now };
}

static void forget(uint64_t now)
{
	size_t i;

	for (i = told.n; i-- > 0;)
		if (now - told.downs[i].at >= KEPT_US)
			told.downs[i] = told.downs[--told.n];
}

static json_t *pack(uint64_t now)
{
	json_t *list = json_array();
	const struct down *d;

	for (d = told.downs; d < told.downs + told.n; d++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:i}",
			"service", dray_key_pack(&d->key),
			"address", dray_addr_pack(&d->addr), "port", d->port));
	return json_pack("{s:i, s:s, s:I, s:o}", "schema", 1, "boot_id",
			 told.boot_id, "at", (json_int_t)now, "down", list);
}

static bool write_file(const json_t *root)
{
	return root && !json_dump_file(root, told.aside, JSON_COMPACT) &&
	       !rename(told.aside, told.path);
}

void sync_told_look(uint64_t now)
{
	json_t *root;

	forget(now);
	if (!told.news || !told.boot_id)
		return;
	told.news = false;
	root = pack(now);
	if (write_file(root)) {
		told.failed = false;
	} else if (!told.failed) {
		log_say(LOG_WARNING, "state sync: %s cannot be written",
			told.path);
		told.failed = true;
	}
	json_decref(root);
}
