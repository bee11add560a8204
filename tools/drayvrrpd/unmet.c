// SPDX-License-Identifier: GPL-2.0-or-later
/* Each word has its line; one that is acted upon leaves this file. */
#include "unmet.h"

#include "log.h"
#include "role.h"

static bool have_roles(const struct ka_address *addresses, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!role_is_for(&addresses[i].addr))
			return false;
	return true;
}

void unmet_say(const struct ka_conf *conf)
{
	size_t n;

	for (n = 0; n < conf->n_instances; n++) {
		const struct ka_instance *i = conf->instances[n];

		if (i->accept || i->priority == KA_VRRP_OWNER ||
		    (have_roles(i->addresses, i->n_addresses) &&
		     have_roles(i->excluded, i->n_excluded)))
			continue;
		log_say(LOG_WARNING, "(%s) no_accept is not acted upon for "
			"link-local addresses: dray.ko knows those of the "
			"host only", i->name);
	}
}
