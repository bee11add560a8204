// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of the family.  All return 0 or -errno and leave the
 * kernel's words in nl->error.  Listings that consist of two dumps are read
 * again until both are of one generation.
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"

#define TABLE_TRIES 10

/* A request that could not be filled is as good as one not allocated. */
static struct nl_msg *filled(struct nl_msg *msg, int rc)
{
	if (rc >= 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int dray_service_write(struct dray_nl *nl, uint8_t cmd,
		       const struct dray_service *svc)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	if (msg)
		msg = filled(msg, dray_put_service(msg, svc));
	return dray_nl_do(nl, msg, NULL, NULL);
}

/* For operations that need no more than the key: delete, zero. */
int dray_service_key(struct dray_nl *nl, uint8_t cmd, const struct dray_key *key)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	if (msg && key)
		msg = filled(msg, dray_put_key(msg, key));
	return dray_nl_do(nl, msg, NULL, NULL);
}

static int reply_service(struct nlattr **tb, void *arg)
{
	dray_get_service(tb[DRAY_A_SERVICE], arg);
	return 0;
}

int dray_service_read(struct dray_nl *nl, const struct dray_key *key,
		      struct dray_service *svc)
{
	struct nl_msg *msg = dray_nl_request(nl, DRAY_CMD_GET_SERVICE, 0);

	memset(svc, 0, sizeof(*svc));
	if (msg)
		msg = filled(msg, dray_put_key(msg, key));
	return dray_nl_do(nl, msg, reply_service, svc);
}

int dray_server_write(struct dray_nl *nl, uint8_t cmd,
		      const struct dray_key *key, const struct dray_server *srv)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	if (msg)
		msg = filled(msg, dray_put_key(msg, key));
	if (msg)
		msg = filled(msg, dray_put_server(msg, srv));
	return dray_nl_do(nl, msg, NULL, NULL);
}

static int reply_server(struct nlattr **tb, void *arg)
{
	dray_get_server(tb[DRAY_A_SERVER], arg);
	return 0;
}

/* srv comes with address and port and is filled in. */
int dray_server_read(struct dray_nl *nl, const struct dray_key *key,
		     struct dray_server *srv)
{
	struct nl_msg *msg = dray_nl_request(nl, DRAY_CMD_GET_SERVER, 0);

	srv->has = 0;
	if (msg)
		msg = filled(msg, dray_put_key(msg, key));
	if (msg)
		msg = filled(msg, dray_put_server(msg, srv));
	return dray_nl_do(nl, msg, reply_server, srv);
}

int dray_vip_write(struct dray_nl *nl, uint8_t cmd, const struct dray_vip *vip)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	if (msg)
		msg = filled(msg, dray_put_vip(msg, vip));
	return dray_nl_do(nl, msg, NULL, NULL);
}

int dray_probe_write(struct dray_nl *nl, uint8_t cmd,
		     const struct dray_probe *probe)
{
	struct dray_probe key = { .mark = probe->mark };
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	if (cmd == DRAY_CMD_DEL_PROBE)
		probe = &key;
	if (msg)
		msg = filled(msg, dray_put_probe(msg, probe));
	return dray_nl_do(nl, msg, NULL, NULL);
}

int dray_config_write(struct dray_nl *nl, const struct dray_config *config)
{
	struct nl_msg *msg = dray_nl_request(nl, DRAY_CMD_SET_CONFIG, 0);

	if (msg)
		msg = filled(msg, dray_put_config(msg, config));
	return dray_nl_do(nl, msg, NULL, NULL);
}

static int reply_config(struct nlattr **tb, void *arg)
{
	struct dray_config *config = arg;

	free(config->hooks);
	dray_get_config(tb[DRAY_A_CONFIG], config);
	return 0;
}

/* Of many devices without the hooks of the last.  The caller frees config->hooks. */
int dray_config_read(struct dray_nl *nl, struct dray_config *config)
{
	memset(config, 0, sizeof(*config));
	return dray_nl_do(nl, dray_nl_request(nl, DRAY_CMD_GET_CONFIG, 0),
			  reply_config, config);
}

static void reset_config(void *arg)
{
	struct dray_config *config = arg;

	free(config->hooks);
	memset(config, 0, sizeof(*config));
}

/* The first has the settings, each of the others the hooks of a device. */
static int add_config(struct nlattr **tb, void *arg)
{
	struct dray_config *config = arg;

	if (config->has)
		dray_get_hooks(tb[DRAY_A_CONFIG], config);
	else
		dray_get_config(tb[DRAY_A_CONFIG], config);
	return 0;
}

/* With the hooks of all devices.  The caller frees config->hooks. */
int dray_config_read_all(struct dray_nl *nl, struct dray_config *config)
{
	struct dray_dump dump = {
		.cmd = DRAY_CMD_GET_CONFIG,
		.reset = reset_config,
		.reply = add_config,
		.arg = config,
	};

	memset(config, 0, sizeof(*config));
	return dray_nl_dump(nl, &dump);
}

int dray_flush(struct dray_nl *nl)
{
	return dray_nl_simple(nl, DRAY_CMD_FLUSH);
}

/* key NULL: everything */
int dray_zero(struct dray_nl *nl, const struct dray_key *key)
{
	return dray_service_key(nl, DRAY_CMD_ZERO, key);
}

static void reset_services(void *arg)
{
	struct dray_table *table = arg;
	size_t i;

	for (i = 0; i < table->n_services; i++)
		free(table->services[i].servers);
	free(table->services);
	table->services = NULL;
	table->n_services = 0;
}

static int add_service(struct nlattr **tb, void *arg)
{
	struct dray_service svc;

	dray_get_service(tb[DRAY_A_SERVICE], &svc);
	dray_table_add_service(arg, &svc);
	return 0;
}

struct server_sink {
	struct dray_table *table;
	const struct dray_key *only;	/* NULL: the servers of all services */
	struct dray_service *last;	/* dumps come service by service */
};

static void reset_servers(void *arg)
{
	struct server_sink *sink = arg;
	size_t i;

	for (i = 0; i < sink->table->n_services; i++) {
		free(sink->table->services[i].servers);
		sink->table->services[i].servers = NULL;
		sink->table->services[i].n_servers = 0;
	}
	sink->last = NULL;
}

static int add_server(struct nlattr **tb, void *arg)
{
	struct server_sink *sink = arg;
	struct dray_service svc;
	struct dray_server srv;

	dray_get_service(tb[DRAY_A_SERVICE], &svc);
	dray_get_server(tb[DRAY_A_SERVER], &srv);
	if (!sink->last || dray_key_cmp(&sink->last->key, &svc.key))
		sink->last = dray_table_service(sink->table, &svc.key);
	if (sink->last)
		dray_service_add_server(sink->last, &srv);
	return 0;
}

static int fill_only(struct nl_msg *msg, void *arg)
{
	struct server_sink *sink = arg;

	return sink->only ? dray_put_key(msg, sink->only) : 0;
}

static int read_servers(struct dray_nl *nl, struct dray_table *table,
			const struct dray_key *only)
{
	struct server_sink sink = { .table = table, .only = only };
	struct dray_dump dump = {
		.cmd = DRAY_CMD_GET_SERVER,
		.fill = fill_only,
		.reset = reset_servers,
		.reply = add_server,
		.arg = &sink,
	};

	return dray_nl_dump(nl, &dump);
}

/* Services and servers, both of one generation. */
int dray_services_read(struct dray_nl *nl, struct dray_table *table)
{
	struct dray_dump dump = {
		.cmd = DRAY_CMD_GET_SERVICE,
		.reset = reset_services,
		.reply = add_service,
		.arg = table,
	};
	int try, rc;

	for (try = 0; try < TABLE_TRIES; try++) {
		nl->generation = 0;
		rc = dray_nl_dump(nl, &dump);
		if (rc || !table->n_services)
			return rc;
		table->generation = nl->generation;
		rc = read_servers(nl, table, NULL);
		if (rc || nl->generation == table->generation)
			return rc;
		usleep(10000);
	}
	return dray_nl_unsteady(nl, TABLE_TRIES);
}

/* One service with its servers. */
int dray_service_load(struct dray_nl *nl, const struct dray_key *key,
		      struct dray_table *table)
{
	struct dray_service svc;
	int rc = dray_service_read(nl, key, &svc);

	if (rc)
		return rc;
	table->generation = nl->generation;
	dray_table_add_service(table, &svc);
	return read_servers(nl, table, key);
}

static void reset_vips(void *arg)
{
	struct dray_table *table = arg;

	free(table->vips);
	table->vips = NULL;
	table->n_vips = 0;
}

static int add_vip(struct nlattr **tb, void *arg)
{
	struct dray_vip vip;

	dray_get_vip(tb[DRAY_A_VIP], &vip);
	dray_table_add_vip(arg, &vip);
	return 0;
}

int dray_vips_read(struct dray_nl *nl, struct dray_table *table)
{
	struct dray_dump dump = {
		.cmd = DRAY_CMD_GET_VIP,
		.reset = reset_vips,
		.reply = add_vip,
		.arg = table,
	};

	return dray_nl_dump(nl, &dump);
}

/* Everything that save writes, settings first and last of one generation. */
int dray_table_read(struct dray_nl *nl, struct dray_table *table)
{
	uint32_t generation;
	int try, rc;

	for (try = 0; try < TABLE_TRIES; try++) {
		free(table->config.hooks);
		rc = dray_config_read_all(nl, &table->config);
		generation = nl->generation;
		if (!rc)
			rc = dray_services_read(nl, table);
		if (!rc)
			rc = dray_vips_read(nl, table);
		if (rc)
			return rc;
		table->generation = generation;
		dray_table_sort(table);
		if (!nl->generation || nl->generation == generation)
			return 0;
		usleep(10000);
	}
	return dray_nl_unsteady(nl, TABLE_TRIES);
}
