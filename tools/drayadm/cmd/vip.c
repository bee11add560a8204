// SPDX-License-Identifier: GPL-2.0-or-later
/* vip: which role this director has for an address. */
#include <inttypes.h>
#include <string.h>

#include "emit_noun.h"
#include "text.h"
#include "words.h"

/* Shared with restore and apply files; fills in w->vip.addr and the verb. */
int words_check_vip(struct words *w, const char **verb, struct usage *u)
{
	static const char *const verbs[] = { "add", "set", "del" };
	size_t i;

	for (i = 0; w->n_args && i < 3; i++)
		if (!strcmp(w->args[0], verbs[i]))
			*verb = verbs[i];
	if (!*verb)
		return usage_fail(u, RC_USAGE, w->args[0],
				  "vip needs one of: add, set, del");
	if (w->n_args < 2)
		return usage_fail(u, RC_USAGE, w->args[0],
				  "vip %s needs an address", *verb);
	if (!dray_addr_parse(w->args[1], &w->vip.addr))
		return usage_fail(u, RC_USAGE, w->args[1],
				  "invalid virtual address `%s'", w->args[1]);
	if (w->n_args > 2)
		return usage_fail(u, RC_USAGE, w->args[2],
				  "unexpected argument %s", w->args[2]);
	return 0;
}

static void print_vip(struct dray_emit *e, const struct dray_vip *vip)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	dray_emit_text(e, "%-24s %s", dray_addr_text(&vip->addr, text,
						     sizeof(text)),
		       dray_role_name(vip->role));
	if (vip->role == DRAY_ROLE_ACTIVE &&
	    (vip->has & DRAY_BIT(DRAY_A_VIP_LEASE_LEFT)))
		dray_emit_text(e, vip->lease_left ? ", lease ends in %u ms" :
						    ", lease has run out",
			       vip->lease_left);
	if (vip->flags & DRAY_VIP_FLAGS_NO_ACCEPT)
		dray_emit_text(e, ", not accepted");
	for (i = 0; i < vip->n_peers; i++)
		dray_emit_text(e, "%s%s", i ? " " : ", peers ",
			       dray_mac_text(vip->peers[i], text,
					     sizeof(text)));
	dray_emit_text(e, "\n");
}

static int list_vips(struct session *s, bool json)
{
	struct dray_table table;
	struct dray_emit *e;
	size_t i;

	dray_table_init(&table);
	if (dray_vips_read(&s->nl, &table))
		return session_failed(s, "cannot read the virtual addresses");
	dray_table_sort(&table);
	e = dray_emit_open(stdout, json, "vips", DRAY_EMIT_ARRAY);
	dray_emit_generation(e, s->nl.generation);
	for (i = 0; i < table.n_vips; i++) {
		dray_emit_object(e, NULL);
		print_vip(e, &table.vips[i]);
		if (dray_emit_json(e))
			dray_emit_vip(e, &table.vips[i]);
		dray_emit_end(e);
	}
	dray_table_free(&table);
	return dray_emit_close(e) ? RC_FAILED : 0;
}

static int write_vip(struct session *s, struct words *w, const char *verb)
{
	uint8_t cmd = DRAY_CMD_DEL_VIP;
	int rc = session_connect(s);

	if (rc)
		return rc;
	if (!strcmp(verb, "add"))
		cmd = DRAY_CMD_NEW_VIP;
	else if (!strcmp(verb, "set"))
		cmd = DRAY_CMD_SET_VIP;
	if (dray_vip_write(&s->nl, cmd, &w->vip))
		return session_failed(s, w->args[1]);
	return 0;
}

int cmd_vip(struct session *s, struct words *w)
{
	struct usage u = { .program = s->program };
	const char *verb = NULL;
	int rc;

	if (!w->n_args || (w->n_args == 1 && !strcmp(w->args[0], "list"))) {
		rc = session_connect(s);
		return rc ? rc : list_vips(s, classic_has(&w->c, OPT_JSON));
	}
	if (words_check_vip(w, &verb, &u))
		return words_usage(s, w, "%s", u.text);
	return write_vip(s, w, verb);
}
