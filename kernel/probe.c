// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes as they are registered: by mark, each of one netlink socket and gone
 * with it.  The first one of a family brings its hooks (probe_hook.c), the
 * first of all the table of what has been asked (probe_flow.c).
 */
#include <linux/slab.h>

#include "probe_hook.h"

static struct dray_probes *probes_locked(struct dray_net *dn)
{
	lockdep_assert_held(&dn->lock);
	return dn->probes;
}

static struct dray_probes *probes_get(struct dray_net *dn)
{
	struct dray_probes *probes = probes_locked(dn);

	if (probes)
		return probes;
	probes = kvzalloc(sizeof(*probes), GFP_KERNEL_ACCOUNT);
	if (!probes)
		return NULL;
	probes->dn = dn;
	xa_init_flags(&probes->by_mark, XA_FLAGS_ACCOUNT);
	dray_probe_flows_init(&probes->flows,
			      dn->net->user_ns == &init_user_ns ?
			      DRAY_PROBE_FLOWS_MAX : DRAY_PROBE_FLOWS_USER);
	WRITE_ONCE(dn->probes, probes);
	return probes;
}

/* The last probe has gone: so does all that there is. */
static void probes_put(struct dray_net *dn)
{
	struct dray_probes *probes = probes_locked(dn);

	if (!probes || probes->n[0] || probes->n[1])
		return;
	WRITE_ONCE(dn->probes, NULL);
	synchronize_net();	/* packets may still be in the hooks */
	dray_probe_flows_clean(&probes->flows);
	xa_destroy(&probes->by_mark);
	kvfree(probes);
}

static void probe_gone(struct dray_probes *probes, struct dray_probe *probe)
{
	u8 family = probe->params.family;

	if (!--probes->n[dray_family_index(family)])
		dray_probe_hooks_unregister(probes, family);
	kfree_rcu(probe, rcu);
}

/* Whoever has the mark already is told to choose another one. */
static int probe_judge(struct dray_probes *probes, u32 portid, u32 mark,
		       struct netlink_ext_ack *extack)
{
	struct dray_probe *old = xa_load(&probes->by_mark, mark);

	if (old && old->portid != portid) {
		NL_SET_ERR_MSG(extack, "Mark is of another socket's probe");
		return -EBUSY;
	}
	if (!old && probes->n[0] + probes->n[1] >= DRAY_PROBES_MAX) {
		NL_SET_ERR_MSG(extack, "Too many probes");
		return -ENOSPC;
	}
	return 0;
}

/* Its hooks are there before the probe is. */
static int probe_put_in(struct dray_probes *probes, struct dray_probe *probe)
{
	unsigned int index = dray_family_index(probe->params.family);
	struct dray_probe *old;
	int err;

	if (!probes->n[index]) {
		err = dray_probe_hooks_register(probes, probe->params.family);
		if (err) {
			kfree(probe);
			return err;
		}
	}
	probes->n[index]++;
	old = xa_store(&probes->by_mark, probe->params.mark, probe,
		       GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old)) {
		probe_gone(probes, probe);
		return xa_err(old);
	}
	if (old)
		probe_gone(probes, old);
	return 0;
}

int dray_probe_set(struct dray_net *dn, u32 portid,
		   const struct dray_probe_params *params,
		   struct netlink_ext_ack *extack)
{
	struct dray_probe *probe;
	struct dray_probes *probes;
	int err = -ENOMEM;

	probe = kzalloc(sizeof(*probe), GFP_KERNEL_ACCOUNT);
	if (!probe)
		return -ENOMEM;
	probe->params = *params;
	probe->portid = portid;
	mutex_lock(&dn->lock);
	probes = probes_get(dn);
	if (probes)
		err = probe_judge(probes, portid, params->mark, extack);
	if (err)
		kfree(probe);
	else
		err = probe_put_in(probes, probe);
	if (err)
		probes_put(dn);
	mutex_unlock(&dn->lock);
	return err;
}

int dray_probe_del(struct dray_net *dn, u32 portid, u32 mark,
		   struct netlink_ext_ack *extack)
{
	struct dray_probe *probe = NULL;
	struct dray_probes *probes;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes)
		probe = xa_load(&probes->by_mark, mark);
	if (probe && probe->portid == portid) {
		xa_erase(&probes->by_mark, mark);
		probe_gone(probes, probe);
		probes_put(dn);
	} else {
		probe = NULL;
		NL_SET_ERR_MSG(extack, "This socket has no such probe");
	}
	mutex_unlock(&dn->lock);
	return probe ? 0 : -ENOENT;
}

static void probe_release(struct dray_net *dn, const u32 *portid)
{
	struct dray_probes *probes;
	struct dray_probe *probe;
	unsigned long mark;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes) {
		xa_for_each(&probes->by_mark, mark, probe) {
			if (portid && probe->portid != *portid)
				continue;
			xa_erase(&probes->by_mark, mark);
			probe_gone(probes, probe);
		}
		probes_put(dn);
	}
	mutex_unlock(&dn->lock);
}

void dray_probe_release(struct dray_net *dn, u32 portid)
{
	if (READ_ONCE(dn->probes))
		probe_release(dn, &portid);
}

void dray_probe_end(struct dray_net *dn)
{
	probe_release(dn, NULL);
}

bool dray_probe_next(struct dray_net *dn, u32 mark,
		     struct dray_probe_params *params)
{
	const struct dray_probe *probe = NULL;
	unsigned long index = mark;
	struct dray_probes *probes;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes)
		probe = xa_find_after(&probes->by_mark, &index, U32_MAX,
				      XA_PRESENT);
	if (probe)
		*params = probe->params;
	mutex_unlock(&dn->lock);
	return probe;
}
