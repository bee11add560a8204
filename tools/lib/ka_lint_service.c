// SPDX-License-Identifier: GPL-2.0-or-later
/* Services that cannot serve, and checks that cannot keep their time. */
#include "ka_lint.h"

#include <stdlib.h>
#include <string.h>

static bool owned(const struct ka_address *list, size_t n,
		  const struct dray_addr *addr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!dray_addr_cmp(&list[i].addr, addr))
			return true;
	return false;
}

static bool has_owner(const struct ka_conf *conf, const struct dray_addr *addr)
{
	const struct ka_instance *inst;
	size_t i;

	for (i = 0; i < conf->n_instances; i++) {
		inst = conf->instances[i];
		if (owned(inst->addresses, inst->n_addresses, addr) ||
		    owned(inst->excluded, inst->n_excluded, addr))
			return true;
	}
	return owned(conf->static_addresses, conf->n_static_addresses, addr);
}

/* Only where the file says who owns addresses at all. */
static void lint_vip(struct ka_conf *conf, const struct ka_virtual_server *v)
{
	char text[DRAY_ADDRTEXT];
	size_t k;

	for (k = 0; k < v->n_keys && conf->n_instances; k++) {
		if (v->keys[k].fwmark || has_owner(conf, &v->keys[k].addr))
			continue;
		ka_lint_say(conf, KA_WARNING, &v->pos, NULL,
			    "no vrrp_instance has %s: nothing brings it to this director",
			    dray_addr_text(&v->keys[k].addr, text, sizeof(text)));
		return;
	}
}

static void lint_servers(struct ka_conf *conf, const struct ka_virtual_server *v)
{
	unsigned int weights = 0;
	size_t r, k;

	if (!v->n_real_servers && !v->sorry)
		ka_lint_say(conf, KA_WARNING, &v->pos, "every client is refused",
			    "virtual_server %s has no real_server", v->name);
	for (r = 0; r < v->n_real_servers; r++) {
		weights += v->real_servers[r]->weight;
		for (k = 0; k < v->n_keys; k++)
			if (!v->keys[k].fwmark &&
			    !dray_addr_cmp(&v->keys[k].addr,
					   &v->real_servers[r]->addr))
				ka_lint_say(conf, KA_ERROR,
					    &v->real_servers[r]->pos, NULL,
					    "a real_server with the address of its virtual_server: its packets would come back here");
	}
	if (v->n_real_servers && !weights)
		ka_lint_say(conf, KA_WARNING, &v->pos, NULL,
			    "no real_server of virtual_server %s has a weight",
			    v->name);
}

static unsigned long long ms(uint64_t us)
{
	return us / 1000;
}

static void lint_check(struct ka_conf *conf, const struct ka_checker *c)
{
	uint64_t takes = c->type == KA_MISC_CHECK ? c->misc.timeout_us :
			 c->type == KA_FILE_CHECK ? 0 : c->connect_timeout_us;

	if (takes <= c->delay_loop_us)
		return;
	ka_lint_say(conf, KA_WARNING, &c->pos,
		    "the next one begins when the last one has ended",
		    "this check may take %llu ms and is due every %llu ms",
		    ms(takes), ms(c->delay_loop_us));
}

/* Once for each virtual_server: what holds for one holds for most. */
static bool lint_probe(struct ka_conf *conf, const struct ka_virtual_server *v,
		       const struct ka_checker *c)
{
	if (!c->own_because)
		return false;
	ka_lint_say(conf, KA_NOTE, &c->pos, NULL,
		    "virtual_server %s: only the servers' own addresses are checked, not the VIP on them, since %s",
		    v->name, c->own_because);
	return true;
}

void ka_lint_services(struct ka_conf *conf)
{
	const struct ka_virtual_server *v;
	const struct ka_real_server *s;
	size_t i, r, k;
	bool told;

	for (i = 0; i < conf->n_virtual_servers; i++) {
		v = conf->virtual_servers[i];
		told = false;
		lint_vip(conf, v);
		lint_servers(conf, v);
		for (r = 0; r < v->n_real_servers; r++) {
			s = v->real_servers[r];
			for (k = 0; k < s->n_checkers; k++) {
				lint_check(conf, s->checkers[k]);
				told = told || lint_probe(conf, v,
							  s->checkers[k]);
			}
		}
	}
}
