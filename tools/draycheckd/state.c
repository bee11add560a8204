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

#include "key_json.h"
#include "log.h"

static json_t *pack_override(const struct override *o)
{
	return json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:I}",
			 "service", dray_key_pack(&o->key),
			 "address", dray_addr_pack(&o->addr), "port", o->port,
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
		json_array_append_new(owned, dray_key_pack(&d->kernel.owned[i]));
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

static json_int_t number(const json_t *from, const char *name)
{
	return json_integer_value(json_object_get(from, name));
}

static void unpack_override(const json_t *from, struct overrides *o)
{
	struct override *made;
	struct dray_server srv;
	struct dray_key key;

	if (!dray_key_unpack(json_object_get(from, "service"), &key) ||
	    !dray_server_unpack(from, &srv))
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

	if (!dray_key_unpack(from, &key))
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
