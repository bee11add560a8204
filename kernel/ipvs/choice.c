// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choices: the servers of a service at one time, and their table.
 *
 * Which choice is in force is not decided here.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "ipvs.h"

/* Touched by works of the queue only, which run one at a time. */
static LIST_HEAD(tables);

/* A server as the table knows it, and as IPVS does. */
struct member {
	struct dray_table_server server;
	struct ip_vs_dest *dest;
};

static int member_cmp(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct dray_table_server, weight));
}

static void member_set(struct member *member, struct ip_vs_dest *dest)
{
	memset(member, 0, sizeof(*member));
	memcpy(member->server.addr, &dest->addr, dest->af == AF_INET ? 4 : 16);
	member->server.port = dest->port;
	member->server.family = dest->af;
	member->server.weight = atomic_read(&dest->last_weight);
	member->dest = dest;
}

/* Those that have, or had, a weight. */
static u32 members_set(struct member *members, const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	u32 n = 0;

	list_for_each_entry(dest, &svc->destinations, n_list) {
		member_set(&members[n], dest);
		n += !!members[n].server.weight;
	}
	sort(members, n, sizeof(*members), member_cmp, NULL);
	return n;
}

static struct dray_vs_choice *choice_alloc(const struct member *members, u32 n)
{
	struct dray_vs_choice *choice;
	u32 i;

	choice = kvzalloc(struct_size(choice, dests, n), GFP_KERNEL);
	if (!choice)
		return NULL;
	choice->members = kvmalloc_array(n, sizeof(*choice->members),
					 GFP_KERNEL);
	if (!choice->members) {
		kvfree(choice);
		return NULL;
	}
	choice->n = n;
	for (i = 0; i < n; i++) {
		choice->members[i] = members[i].server;
		ip_vs_dest_hold(members[i].dest);
		RCU_INIT_POINTER(choice->dests[i], members[i].dest);
	}
	return choice;
}

struct dray_vs_choice *dray_vs_choice_create(const struct ip_vs_service *svc)
{
	struct dray_vs_choice *choice;
	struct member *members;

	members = kvmalloc_array(svc->num_dests, sizeof(*members), GFP_KERNEL);
	if (!members)
		return NULL;
	choice = choice_alloc(members, members_set(members, svc));
	kvfree(members);
	return choice;
}

bool dray_vs_choice_same(const struct dray_vs_choice *a,
			 const struct dray_vs_choice *b)
{
	return a->n == b->n &&
	       !memcmp(a->members, b->members,
		       array_size(a->n, sizeof(*a->members))) &&
	       !memcmp(a->dests, b->dests, array_size(a->n, sizeof(*a->dests)));
}

static bool table_is(const struct dray_table *table,
		     const struct dray_vs_choice *choice)
{
	return table->n == choice->n &&
	       !memcmp(table->servers, choice->members,
		       array_size(table->n, sizeof(*table->servers)));
}

static bool is_done(void *done)
{
	return READ_ONCE(*(bool *)done);
}

static int table_create(struct dray_vs_table **new,
			const struct dray_vs_choice *choice, bool *done)
{
	const struct dray_table_spec spec = {
		.servers = choice->members,
		.n = choice->n,
		.rows = dray_vs_rows(),
		.slack = DRAY_TABLE_SLACK_DEFAULT,
		.key = dray_vs_key(),
		.stop = is_done,
		.arg = done,
	};
	struct dray_vs_table *table;
	int err;

	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	err = dray_table_create(&table->table, &spec);
	if (err) {
		kfree(table);
		return err;
	}
	list_add(&table->node, &tables);
	*new = table;
	return 0;
}

static void table_put(struct dray_vs_table *table)
{
	if (--table->refs)
		return;
	list_del(&table->node);
	dray_table_destroy(table->table);
	kfree(table);
}

int dray_vs_choice_make(struct dray_vs_choice *choice, bool *done)
{
	struct dray_vs_table *table;
	int err = 0;

	if (!choice->n)
		return 0;
	list_for_each_entry(table, &tables, node)
		if (table_is(table->table, choice))
			goto found;
	err = table_create(&table, choice, done);
	if (err)
		return err;
found:
	table->refs++;
	choice->table = table;
	return 0;
}

/* IPVS has a reference of its own as long as the server can be found here. */
void dray_vs_choice_forget(struct dray_vs_choice *choice,
			   struct ip_vs_dest *dest)
{
	u32 i;

	for (i = 0; choice && i < choice->n; i++) {
		if (rcu_access_pointer(choice->dests[i]) != dest)
			continue;
		RCU_INIT_POINTER(choice->dests[i], NULL);
		ip_vs_dest_put(dest);
		return;
	}
}

void dray_vs_choice_release(struct dray_vs_choice *choice)
{
	struct ip_vs_dest *dest;
	u32 i;

	for (i = 0; choice && i < choice->n; i++) {
		dest = rcu_dereference_protected(choice->dests[i], true);
		if (dest)
			ip_vs_dest_put(dest);
	}
}

void dray_vs_choice_destroy(struct dray_vs_choice *choice)
{
	if (!choice)
		return;
	if (choice->table)
		table_put(choice->table);
	kvfree(choice->members);
	kvfree(choice);
}
