// SPDX-License-Identifier: GPL-2.0-or-later
/* real_server: its keywords.  What it inherits: ka_resolve_lvs.c. */
#include "ka_server.h"

static void set_method(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_rs_raw *r = raw->object;

	r->refused = !ka_is_direct(p, node, "the real_server is left out");
}

#define R ka_rs_raw
#define C(name, tier) K_BLOCKS(name, tier, R, r.checkers, ka_checker)

static const struct ka_keyword keywords[] = {
	K_INT("weight", 1, R, r.weight, 0, 65535),
	K_CHECK_COMMON(R),
	C("TCP_CHECK", 1), C("HTTP_GET", 2), C("SSL_GET", 2),
	C("MISC_CHECK", 2), C("SMTP_CHECK", 3), C("DNS_CHECK", 3),
	C("UDP_CHECK", 3), C("PING_CHECK", 3), C("FILE_CHECK", 3),
	K_BOOL("inhibit_on_failure", 2, R, r.inhibit_on_failure),
	K_COMMAND("notify_up", 2, R, r.notify_up),
	K_COMMAND("notify_down", 2, R, r.notify_down),
	K_INT("uthreshold", 2, R, r.u_threshold, 0, INT_MAX),
	K_INT("lthreshold", 2, R, r.l_threshold, 0, INT_MAX),
	K_LINE("lvs_method", 2, R, refused, set_method, 1, 10, "DR"),
	K_STRING("virtualhost", 2, R, r.virtualhost),
	K_BOOL("smtp_alert", 2, R, r.smtp_alert),
	K_IGNORED("BFD_CHECK", 3, KA_WARNING, "is about BFD, which dray has not"),
	K_UNUSED("snmp_name"),
};

const struct ka_table ka_real_table = K_TABLE("real_server", keywords);

void ka_real_server(struct ka_parser *p, struct ka_node *node, struct ka_raw *vs)
{
	struct ka_rs_raw *r = ka_alloc(p->conf->memory, sizeof(*r));
	struct ka_raw *made = ka_raw_create(p, node, &ka_real_table, r);
	bool good;

	r->r.pos = ka_word_pos(node, 1);
	good = ka_get_addrport(p, node, 1, &r->r.addr, &r->r.port);
	ka_block(p, made);
	if (good && !r->refused)
		ka_raw_adopt(vs, made);
}
