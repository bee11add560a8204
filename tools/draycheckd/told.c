// SPDX-License-Identifier: GPL-2.0-or-later
/* See told.h. */
#include "told.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway.h"
#include "key_json.h"
#include "log.h"
#include "name.h"

#define BELIEVED_US 10000000ull
#define LOOK_US 500000

static struct event *timer;

static bool is_fresh(const json_t *root, const char *boot_id, uint64_t now_us)
{
	const char *boot = json_string_value(json_object_get(root, "boot_id"));
	uint64_t at = json_integer_value(json_object_get(root, "at"));

	return boot && !strcmp(boot, boot_id) && at && at <= now_us &&
	       now_us - at < BELIEVED_US;
}

static void apply_real(struct real *real, void (*fn)(struct real *real))
{
	if (real->adopted != ADOPT_NOTHING || real_ran(real))
		return;
	real->adopted = ADOPT_DOWN;
	if (fn)
		fn(real);
}

static bool has_key(const struct service *svc, const struct dray_key *wanted)
{
	struct dray_key key;
	size_t i;

	for (i = 0; i < svc->conf->n_keys; i++) {
		key = service_key(svc, i);
		if (!dray_key_cmp(&key, wanted))
			return true;
	}
	return false;
}

static void apply_server(struct services *s, const struct dray_key *key,
			 const struct dray_server *srv,
			 void (*fn)(struct real *real))
{
	struct real *real;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		/* what may be suspended has nothing that overrules it */
		if (s->list[i].conf->ha_suspend || !has_key(&s->list[i], key))
			continue;
		for (j = 0; j < s->list[i].n_reals; j++) {
			real = &s->list[i].reals[j];
			if (real->conf->port == srv->port &&
			    !dray_addr_cmp(&real->conf->addr, &srv->addr))
				apply_real(real, fn);
		}
	}
}

void told_apply(struct services *s, const json_t *root, const char *boot_id,
		uint64_t now_us, void (*fn)(struct real *real))
{
	struct dray_server srv;
	struct dray_key key;
	const json_t *item;
	size_t i;

	if (!is_fresh(root, boot_id, now_us))
		return;
	json_array_foreach(json_object_get(root, "down"), i, item)
		if (dray_key_unpack(json_object_get(item, "service"), &key) &&
		    dray_server_unpack(item, &srv))
			apply_server(s, &key, &srv, fn);
}

static bool read_boot_id(char id[40])
{
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool good = in && fgets(id, 40, in);

	if (in)
		fclose(in);
	return good;
}

static void look(struct daemon *d, void (*fn)(struct real *real))
{
	struct timespec ts;
	json_t *root;
	char id[40];

	if (access(d->options.told, F_OK) || !read_boot_id(id))
		return;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	root = json_load_file(d->options.told, 0, NULL);
	told_apply(&d->services, root, id,
		   ts.tv_sec * 1000000ull + ts.tv_nsec / 1000, fn);
	json_decref(root);
}

static void say(struct real *real)
{
	const struct ka_virtual_server *vs = real->service->conf;

	log_info("%s of VS %s is down, says another director: believed until "
		 "every check has run", name_server(vs, real->conf),
		 name_service(vs));
}

/* Nobody is told of first answers. */
static void update(struct real *real)
{
	static const struct service_events nobody;

	say(real);
	real_update(real, &nobody);
	kernel_later(&daemon_state.kernel);
}

void told_begin(struct daemon *d)
{
	look(d, say);
}

static bool all_ran(const struct services *s)
{
	size_t i, j;

	for (i = 0; i < s->n; i++)
		for (j = 0; j < s->list[i].n_reals; j++)
			if (!s->list[i].conf->ha_suspend &&
			    !real_ran(&s->list[i].reals[j]))
				return false;
	return true;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	if (all_ran(&d->services))
		event_del(timer);
	else if (!blame_holds(&gateway.blame))
		look(d, update);
}

void told_watch(struct daemon *d)
{
	const struct timeval period = { .tv_usec = LOOK_US };

	timer = event_new(d->base, -1, EV_PERSIST, on_timer, d);
	if (timer)
		event_add(timer, &period);
}

void told_close(void)
{
	if (timer)
		event_free(timer);
	timer = NULL;
}
