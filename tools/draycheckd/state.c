// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small JSON file, written aside and renamed.  One that cannot be read or
 * written is said and otherwise done without: the checks are more important.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static json_t *pack_addr(const struct dray_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(dray_addr_text(addr, text, sizeof(text)));
}

json_t *state_pack_key(const struct dray_key *key)
{
	if (key->fwmark)
		return json_pack("{s:i, s:I}", "family", key->family, "fwmark",
				 (json_int_t)key->fwmark);
	return json_pack("{s:i, s:o, s:i}", "protocol", key->protocol,
			 "address", pack_addr(&key->addr), "port", key->port);
}

static json_t *pack_override(const struct override *o)
{
	return json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:I}",
			 "service", state_pack_key(&o->key),
			 "address", pack_addr(&o->addr), "port", o->port,
			 "what", (int)o->what, "state", o->state,
			 "weight", (int)o->weight,
			 "since", (json_int_t)o->since);
}

static json_t *pack(const struct daemon *d)
{
	json_t *overrides = json_array(), *owned = json_array();
	size_t i;

	for (i = 0; i < d->overrides.n; i++)
		json_array_append_new(overrides,
				      pack_override(&d->overrides.list[i]));
	for (i = 0; i < d->kernel.n_owned; i++)
		json_array_append_new(owned, state_pack_key(&d->kernel.owned[i]));
	return json_pack("{s:i, s:o, s:o}", "schema", 1, "overrides",
			 overrides, "services", owned);
}

static bool write_file(const char *path, const json_t *root)
{
	char aside[4096];

	snprintf(aside, sizeof(aside), "%s.new", path);
	if (json_dump_file(root, aside, JSON_INDENT(1)))
		return false;
	if (!rename(aside, path))
		return true;
	unlink(aside);
	return false;
}

void state_write(const struct daemon *d)
{
	static bool told;
	json_t *root = pack(d);

	errno = 0;
	if (write_file(d->options.state, root)) {
		told = false;
	} else if (!told) {
		log_warning("%s cannot be written (%s): changes by hand would "
			    "be forgotten at a restart", d->options.state,
			    strerror(errno));
		told = true;
	}
	json_decref(root);
}

static bool unpack_addr(const json_t *from, struct dray_addr *addr)
{
	const char *text = json_string_value(json_object_get(from, "address"));

	return text && dray_addr_parse(text, addr);
}

static json_int_t number(const json_t *from, const char *name)
{
	return json_integer_value(json_object_get(from, name));
}

bool state_unpack_key(const json_t *from, struct dray_key *key)
{
	memset(key, 0, sizeof(*key));
	key->fwmark = number(from, "fwmark");
	key->family = number(from, "family");
	if (key->fwmark)
		return key->family == AF_INET || key->family == AF_INET6;
	key->protocol = number(from, "protocol");
	key->port = number(from, "port");
	if (!unpack_addr(from, &key->addr))
		return false;
	key->family = key->addr.family;
	return true;
}

bool state_unpack_server(const json_t *from, struct dray_server *srv)
{
	memset(srv, 0, sizeof(*srv));
	srv->port = number(from, "port");
	return unpack_addr(from, &srv->addr);
}

static void unpack_override(const json_t *from, struct overrides *o)
{
	struct override *made;
	struct dray_server srv;
	struct dray_key key;

	if (!state_unpack_key(json_object_get(from, "service"), &key) ||
	    !state_unpack_server(from, &srv))
		return;
	made = override_make(o, &key, &srv);
	made->what = number(from, "what");
	made->state = number(from, "state");
	made->weight = number(from, "weight");
	made->since = number(from, "since");
}

static void unpack_owned(const json_t *from, struct kernel *k)
{
	struct dray_key key;

	if (!state_unpack_key(from, &key))
		return;
	k->owned = dray_grow(k->owned, k->n_owned, sizeof(key));
	k->owned[k->n_owned++] = key;
}

void state_read(struct daemon *d)
{
	json_error_t error;
	json_t *root, *item;
	size_t i;

	if (access(d->options.state, F_OK))
		return;
	root = json_load_file(d->options.state, 0, &error);
	if (!root)
		log_warning("%s cannot be read (%s): changes by hand before "
			    "this start are not known", d->options.state,
			    error.text);
	json_array_foreach(json_object_get(root, "overrides"), i, item)
		unpack_override(item, &d->overrides);
	json_array_foreach(json_object_get(root, "services"), i, item)
		unpack_owned(item, &d->kernel);
	json_decref(root);
}
