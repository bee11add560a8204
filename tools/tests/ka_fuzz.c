// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the reader of keepalived's grammar: any bytes have to become a result
 * in which every string, list and reference can be followed, and messages that
 * can be printed.  No other file is read.
 */
#include <stdlib.h>
#include <string.h>

#include "ka_lvs.h"
#include "ka_vrrp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t followed;

static void follow(const struct ka_command *cmd)
{
	size_t i;

	if (!cmd)
		return;
	if (!cmd->argc || cmd->argv[cmd->argc])
		abort();
	for (i = 0; i < cmd->argc; i++)
		followed += strlen(cmd->argv[i]);
}

static void follow_instance(const struct ka_instance *inst)
{
	size_t i;

	if (!inst->vrid || !inst->priority || !inst->advert_us ||
	    (!inst->interface && !inst->n_peers))
		abort();
	for (i = 0; i < inst->n_addresses; i++)
		if (inst->addresses[i].addr.family != inst->family)
			abort();
	for (i = 0; i < inst->n_tracks; i++)
		if (abs(inst->tracks[i].weight) > KA_FILE_WEIGHT_MAX)
			abort();
	follow(inst->notify.master);
	follow(inst->notify.any);
	followed += strlen(inst->name);
}

static void follow_service(const struct ka_virtual_server *v)
{
	const struct ka_checker *c;
	size_t r, k;

	if (!v->n_keys || !v->scheduler || !v->delay_loop_us)
		abort();
	for (r = 0; r < v->n_real_servers; r++) {
		for (k = 0; k < v->real_servers[r]->n_checkers; k++) {
			c = v->real_servers[r]->checkers[k];
			if (!c->delay_loop_us || !c->connect_timeout_us)
				abort();
			if (c->type == KA_MISC_CHECK)
				follow(c->misc.command);
			if (c->type == KA_HTTP_GET)
				followed += c->http.urls[0].status[0].from;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ka_options options = { .config_id = "a", .instance = "b",
					    .no_include = true };
	struct ka_conf *conf = ka_parse((const char *)data, size, "f", &options);
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	for (i = 0; i < conf->n_scripts; i++)
		follow(conf->scripts[i]->command);
	for (i = 0; i < conf->n_instances; i++)
		follow_instance(conf->instances[i]);
	for (i = 0; i < conf->n_virtual_servers; i++)
		follow_service(conf->virtual_servers[i]);
	ka_messages_print(conf, KA_NOTE, out);
	fclose(out);
	free(text);
	ka_free(conf);
	return 0;
}
