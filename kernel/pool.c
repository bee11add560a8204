// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: finding, making and freeing the tables of services.
 *
 * Which of a service's servers a table means by a position is in its struct
 * dray_choice: both are sorted by identity.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/user_namespace.h>

#include "net.h"
#include "pool.h"
#include "server.h"

/* Guards dray_net.pools and its counts, and struct dray_pool's node, refs and
 * users.  Not part of dray_net, which may go as soon as its last pool has.
 */
static DEFINE_MUTEX(pool_lock);
static DECLARE_WAIT_QUEUE_HEAD(pool_gone);
static struct workqueue_struct *pool_wq;

/* A server and where it stands in the configuration. */
struct member {
	struct dray_table_server server;
	u16 slot;
};

static int member_cmp(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct dray_table_server, weight));
}

static void member_set(struct member *member,
		       const struct dray_service_slot *slot, u32 index)
{
	const struct dray_server_key *key = &slot->server->key;

	memset(member, 0, sizeof(*member));
	memcpy(member->server.addr, key->addr.all,
	       key->family == AF_INET ? 4 : 16);
	member->server.port = key->port;
	member->server.family = key->family;
	member->server.weight = slot->params.weight;
	member->slot = index;
}

/* Those with a weight, whatever their state. */
static u32 members_set(struct member *members,
		       const struct dray_service_conf *conf)
{
	u32 i, n = 0;

	for (i = 0; i < conf->n; i++)
		if (conf->slots[i].params.weight)
			member_set(&members[n++], &conf->slots[i], i);
	sort(members, n, sizeof(*members), member_cmp, NULL);
	return n;
}

static struct dray_choice *choice_alloc(const struct member *members, u32 n)
{
	struct dray_choice *choice;
	u32 i;

	choice = kvzalloc(struct_size(choice, slots, n), GFP_KERNEL_ACCOUNT);
	if (!choice)
		return NULL;
	choice->n = n;
	choice->members = kvmalloc_array(n, sizeof(*choice->members),
					 GFP_KERNEL_ACCOUNT);
	if (!choice->members) {
		kvfree(choice);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		choice->members[i] = members[i].server;
		choice->slots[i] = members[i].slot;
	}
	return choice;
}

struct dray_choice *dray_choice_create(const struct dray_service_conf *conf,
				       struct netlink_ext_ack *extack)
{
	struct dray_choice *choice = NULL;
	struct member *members;
	u32 n;

	if (!conf->n)
		return NULL;
	members = kvmalloc_array(conf->n, sizeof(*members), GFP_KERNEL);
	if (!members)
		goto no_memory;
	n = members_set(members, conf);
	if (n > conf->params.rows / DRAY_TABLE_ROWS_PER_SERVER) {
		kvfree(members);
		NL_SET_ERR_MSG(extack,
			       "Too many servers for so few rows: 16 rows for each at least");
		return ERR_PTR(-ENOSPC);
	}
	if (n)
		choice = choice_alloc(members, n);
	kvfree(members);
	if (choice || !n)
		return choice;

no_memory:
	NL_SET_ERR_MSG(extack, "Out of memory");
	return ERR_PTR(-ENOMEM);
}

static bool pool_is(const struct dray_pool *pool,
		    const struct dray_choice *choice, u32 rows, const u8 *key)
{
	const struct dray_table *table = pool->table;

	return table->rows == rows && table->n == choice->n &&
	       !memcmp(pool->key, key, sizeof(pool->key)) &&
	       !memcmp(table->servers, choice->members,
		       array_size(table->n, sizeof(*table->servers)));
}

static u64 pool_bytes(const struct dray_pool *pool)
{
	return dray_table_size(pool->table->rows, pool->table->n);
}

/* In use or not: what only waits to be freed does not count for the limit. */
static void pool_count(struct dray_pool *pool, int add)
{
	pool->dn->table_bytes += add * (s64)pool_bytes(pool);
	pool->dn->n_tables += add;
}

/* A choice that has its pool needs to know no more than the slots. */
static void choice_set(struct dray_choice *choice, struct dray_pool *pool)
{
	lockdep_assert_held(&pool_lock);
	pool->refs++;
	if (!pool->users++)
		pool_count(pool, 1);
	choice->pool = pool;
	kvfree(choice->members);
	choice->members = NULL;
}

bool dray_choice_find(struct dray_net *dn, struct dray_choice *choice,
		      u32 rows, const u8 *key)
{
	struct dray_pool *pool;

	mutex_lock(&pool_lock);
	list_for_each_entry(pool, &dn->pools, node) {
		if (!pool_is(pool, choice, rows, key))
			continue;
		choice_set(choice, pool);
		break;
	}
	mutex_unlock(&pool_lock);
	return choice->pool;
}

static bool killed(void *unused)
{
	return fatal_signal_pending(current);
}

static struct dray_pool *pool_create(struct dray_net *dn,
				     const struct dray_choice *choice,
				     u32 rows, const u8 *key)
{
	const struct dray_table_spec spec = {
		.servers = choice->members,
		.n = choice->n,
		.rows = rows,
		.slack = DRAY_TABLE_SLACK_DEFAULT,
		.key = key,
		.stop = killed,
	};
	struct dray_pool *pool;
	int err;

	pool = kzalloc(sizeof(*pool), GFP_KERNEL_ACCOUNT);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	err = dray_table_create(&pool->table, &spec);
	if (err) {
		kfree(pool);
		return ERR_PTR(err);
	}
	pool->dn = dn;
	memcpy(pool->key, key, sizeof(pool->key));
	return pool;
}

/* All of generic netlink waits for a request that makes tables, if somebody
 * loads a family meanwhile.  Who is root in a user namespace only may make
 * tables for a tenth of the time, and for two seconds at once.
 */
static int pool_time(struct dray_net *dn, struct netlink_ext_ack *extack)
{
	u64 now = ktime_get_ns();

	if (dn->net->user_ns == &init_user_ns)
		return 0;
	if (dn->pool_time < now)
		dn->pool_time = now;
	if (dn->pool_time - now <= 20ULL * NSEC_PER_SEC)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "Tables of this user namespace took too much time; try again in some seconds");
	return -EBUSY;
}

static int pool_room(struct dray_net *dn, u32 rows, u32 n, u64 limit,
		     struct netlink_ext_ack *extack)
{
	u32 tables;

	if (dray_pools_bytes(dn, &tables) + dray_table_size(rows, n) <= limit)
		return 0;
	NL_SET_ERR_MSG(extack, "The tables would take more than table-limit");
	return -ENOSPC;
}

/* What two make at the same time is made once, and the limit holds. */
int dray_choice_make(struct dray_net *dn, struct dray_choice *choice, u32 rows,
		     const u8 *key, u64 limit, struct netlink_ext_ack *extack)
{
	u64 begun = ktime_get_ns();
	struct dray_pool *pool;
	int err;

	lockdep_assert_held(&dn->pool_make);
	if (dray_choice_find(dn, choice, rows, key))
		return 0;
	err = pool_room(dn, rows, choice->n, limit, extack);
	if (!err)
		err = pool_time(dn, extack);
	if (err)
		return err;
	pool = pool_create(dn, choice, rows, key);
	dn->pool_time += 10 * (ktime_get_ns() - begun);
	if (IS_ERR(pool)) {
		NL_SET_ERR_MSG(extack, "Making the table failed");
		return PTR_ERR(pool);
	}
	WRITE_ONCE(dn->tables_made, dn->tables_made + 1);
	mutex_lock(&pool_lock);
	list_add(&pool->node, &dn->pools);
	WRITE_ONCE(dn->n_pools, dn->n_pools + 1);
	choice_set(choice, pool);
	mutex_unlock(&pool_lock);
	return 0;
}

/* Used no more, though packets may still read it. */
static void pool_unuse(struct dray_pool *pool)
{
	mutex_lock(&pool_lock);
	if (!--pool->users)
		pool_count(pool, -1);
	mutex_unlock(&pool_lock);
}

static void pool_put(struct dray_pool *pool)
{
	struct dray_net *dn = pool->dn;
	bool last;

	mutex_lock(&pool_lock);
	last = !--pool->refs;
	if (last) {
		list_del(&pool->node);
		WRITE_ONCE(dn->n_pools, dn->n_pools - 1);
		wake_up_all(&pool_gone);
	}
	mutex_unlock(&pool_lock);
	if (!last)
		return;
	dray_table_destroy(pool->table);
	kfree_sensitive(pool);
}

u64 dray_choice_alone(const struct dray_choice *choice)
{
	u64 bytes = 0;

	if (!choice)
		return 0;
	mutex_lock(&pool_lock);
	if (choice->pool->users == 1)
		bytes = pool_bytes(choice->pool);
	mutex_unlock(&pool_lock);
	return bytes;
}

void dray_choice_destroy(struct dray_choice *choice)
{
	if (!choice)
		return;
	if (choice->pool && !choice->retired)
		pool_unuse(choice->pool);
	if (choice->pool)
		pool_put(choice->pool);
	kvfree(choice->members);
	kvfree(choice);
}

static void choice_work(struct work_struct *work)
{
	dray_choice_destroy(container_of(to_rcu_work(work), struct dray_choice,
					 work));
}

void dray_choice_retire(struct dray_choice *choice)
{
	if (!choice)
		return;
	choice->retired = true;
	pool_unuse(choice->pool);
	INIT_RCU_WORK(&choice->work, choice_work);
	queue_rcu_work(pool_wq, &choice->work);
}

u64 dray_pools_bytes(struct dray_net *dn, u32 *n)
{
	u64 bytes;

	mutex_lock(&pool_lock);
	bytes = dn->table_bytes;
	*n = dn->n_tables;
	mutex_unlock(&pool_lock);
	return bytes;
}

void dray_pools_exit(struct dray_net *dn)
{
	wait_event(pool_gone, !READ_ONCE(dn->n_pools));
	/* Whoever freed the last one may still hold it. */
	mutex_lock(&pool_lock);
	mutex_unlock(&pool_lock);
}

int dray_pool_module_init(void)
{
	pool_wq = alloc_workqueue("dray", WQ_UNBOUND, 0);
	return pool_wq ? 0 : -ENOMEM;
}

void dray_pool_module_exit(void)
{
	destroy_workqueue(pool_wq);
}
