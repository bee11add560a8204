// SPDX-License-Identifier: GPL-2.0-or-later
/* See reconcile.h.  What goes on in the thread: round.c; of when the module comes
 * and goes: family.c. */
#include "reconcile.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>

#include "job.h"
#include "log.h"
#include "mem.h"
#include "name.h"
#include "plan.h"
#include "request.h"
#include "text.h"

static int compare_keys(const void *a, const void *b)
{
	return dray_key_cmp(a, b);
}

static void add_key(struct dray_key **keys, size_t *n,
		    const struct dray_key *key)
{
	*keys = dray_grow(*keys, *n, sizeof(**keys));
	(*keys)[(*n)++] = *key;
}

/* All services that are ours to write, by the file or by an earlier one. */
static struct dray_key *our_keys(const struct kernel *k, size_t *n)
{
	const struct services *s = k->services;
	struct dray_key *keys = NULL, key;
	size_t i, j;

	*n = 0;
	for (i = 0; i < k->n_owned; i++)
		add_key(&keys, n, &k->owned[i]);
	for (i = 0; i < s->n; i++) {
		for (j = 0; j < s->list[i].conf->n_keys; j++) {
			key = service_key(&s->list[i], j);
			add_key(&keys, n, &key);
		}
	}
	if (*n)
		qsort(keys, *n, sizeof(*keys), compare_keys);
	return keys;
}

static void keep_ours(const struct kernel *k, struct dray_table *table)
{
	size_t i, n, kept = 0;
	struct dray_key *keys = our_keys(k, &n);

	for (i = 0; i < table->n_services; i++) {
		if (n && bsearch(&table->services[i].key, keys, n,
				 sizeof(*keys), compare_keys))
			table->services[kept++] = table->services[i];
		else
			free(table->services[i].servers);
	}
	table->n_services = kept;
	free(keys);
}

/* So that services that the file loses are deleted, even by the next run. */
void kernel_own(struct kernel *k)
{
	const struct services *s = k->services;
	struct dray_key *keys = NULL, key;
	size_t i, j, n = 0;
	bool same;

	for (i = 0; i < s->n; i++) {
		for (j = 0; j < s->list[i].conf->n_keys; j++) {
			key = service_key(&s->list[i], j);
			add_key(&keys, &n, &key);
		}
	}
	if (n)
		qsort(keys, n, sizeof(*keys), compare_keys);
	same = n == k->n_owned;
	for (i = 0; same && i < n; i++)
		same = !dray_key_cmp(&keys[i], &k->owned[i]);
	free(k->owned);
	k->owned = keys;
	k->n_owned = n;
	if (!same)
		k->changed();
}

static void tell_override(const struct override *o, unsigned int was)
{
	char key[DRAY_LINELEN / 2], addr[DRAY_ADDRTEXT], text[64];

	dray_key_text(&o->key, true, key, sizeof(key));
	dray_addrport_text(&o->addr, o->port, 0, true, addr, sizeof(addr));
	if (o->what)
		log_info("Server %s of %s was changed by hand: \"%s\" is kept "
			 "until it is lifted", addr, key,
			 override_text(o, text, sizeof(text)));
	else if (was)
		log_info("Server %s of %s is as configured and checked again",
			 addr, key);
}

/* What there is; changes by others since the last time are overrides. */
void kernel_take(struct kernel *k, struct dray_table *now)
{
	struct dray_table planned;

	keep_ours(k, now);
	if (k->known) {
		plan_make(k->services, &k->believed, &planned);
		if (override_detect(k->overrides, &k->believed, now, &planned,
				    tell_override))
			k->changed();
		dray_table_free(&planned);
	}
	dray_table_free(&k->believed);
	k->believed = *now;
	dray_table_init(now);
	k->known = true;
}

/* At once: at the start and at the end, when nothing waits for us. */
int kernel_read(struct kernel *k)
{
	struct dray_table now;
	int rc;

	dray_table_init(&now);
	rc = dray_table_read(&k->nl, &now);
	if (!rc)
		kernel_take(k, &now);
	dray_table_free(&now);
	k->disturbed &= rc != 0;
	return rc;
}

static struct service *service_of(const struct kernel *k,
				  const struct dray_change *c)
{
	const struct dray_key *wanted = c->svc ? &c->svc->key : c->key;
	const struct services *s = k->services;
	struct dray_key key;
	size_t i, j;

	for (i = 0; wanted && i < s->n; i++) {
		for (j = 0; j < s->list[i].conf->n_keys; j++) {
			key = service_key(&s->list[i], j);
			if (!dray_key_cmp(&key, wanted))
				return &s->list[i];
		}
	}
	return NULL;
}

/*
 * One service that cannot be must not keep all others from being right: it is
 * left as it is until the next reload.  Return: whether there is one to blame.
 */
static bool refused(struct kernel *k, const struct dray_change *culprit)
{
	const struct dray_error *error = &k->nl.error;
	struct service *svc = culprit ? service_of(k, culprit) : NULL;
	char addr[DRAY_ADDRTEXT] = "";

	k->refusals++;
	if (!svc)
		return false;
	if (culprit->srv)
		dray_addrport_text(&culprit->srv->addr, culprit->srv->port, 0,
				   true, addr, sizeof(addr));
	snprintf(svc->refused, sizeof(svc->refused), "%s%s%s", addr,
		 *addr ? ": " : "",
		 *error->text ? error->text : strerror(error->err));
	log_error("The kernel refuses VS %s: %s; it is left as it is",
		  name_service(svc->conf), svc->refused);
	return true;
}

static void settle(struct kernel *k)
{
	holds_written(&k->holds, &k->believed, &k->wanted, now_ms());
	k->wanted.generation = k->nl.generation;
	dray_table_free(&k->believed);
	k->believed = k->wanted;
	dray_table_init(&k->wanted);
	k->transactions++;
}

/* What is ours but refused stays as the kernel has it. */
static void leave_refused(const struct kernel *k, struct dray_table *now)
{
	const struct services *s = k->services;
	struct dray_service *found;
	struct dray_key key;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		if (!s->list[i].refused[0])
			continue;
		for (j = 0; j < s->list[i].conf->n_keys; j++) {
			key = service_key(&s->list[i], j);
			found = dray_table_service(now, &key);
			if (!found)
				continue;
			free(found->servers);
			now->n_services--;
			memmove(found, found + 1, sizeof(*found) *
				(now->n_services - (found - now->services)));
		}
	}
}

static void hold(struct kernel *k, struct dray_table *wanted)
{
	uint64_t now = now_ms();
	uint64_t due = holds_apply(&k->holds, &k->believed, wanted, now);
	struct timeval tv = probe_timeval((due - now) * 1000);

	if (due)
		evtimer_add(&k->held, &tv);
}

/* What the kernel should have now. */
void kernel_plan(struct kernel *k, struct dray_table *wanted)
{
	leave_refused(k, &k->believed);
	plan_make(k->services, &k->believed, wanted);
	override_apply(k->overrides, wanted);
	dray_table_sort(wanted);
	hold(k, wanted);
}

/* After it was sent.  Return: 0 if all is as wanted, -EAGAIN to look again,
 * -errno. */
int kernel_written(struct kernel *k)
{
	int rc = k->rc;

	if (!rc)
		settle(k);
	else if (rc == -ESTALE || refused(k, k->culprit))
		rc = -EAGAIN;
	k->disturbed |= rc != 0;
	return rc;
}

/* Another module, or another start, may think otherwise. */
void kernel_forget_refusals(struct kernel *k)
{
	size_t i;

	for (i = 0; i < k->services->n; i++)
		k->services->list[i].refused[0] = 0;
}

/* lvs_flush_on_stop: the services of this file go. */
void kernel_flush(struct kernel *k)
{
	const struct dray_change *culprit;
	struct dray_table none;
	struct dray_diff diff;

	if (!k->present || kernel_read(k))
		return;
	dray_table_init(&none);
	dray_diff_make(&k->believed, &none, false, &diff);
	if (diff.n && dray_diff_send(&k->nl, &diff, k->believed.generation,
				     &culprit))
		log_error("The services cannot be removed: %s",
			  strerror(k->nl.error.err));
	dray_diff_free(&diff);
}
