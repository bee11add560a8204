// SPDX-License-Identifier: GPL-2.0-or-later
/* vrrp_instance: its keywords.  What they make together: ka_instance_complete.c. */
#include "ka_instance.h"

#include <net/if.h>
#include <string.h>

static void set_state(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	static const char *const names[] = { "BACKUP", "MASTER" };
	struct ka_instance *i = raw->object;
	const char *word = node->words[1].text;
	const char *near;
	int state;

	for (state = KA_STATE_BACKUP; state <= KA_STATE_MASTER; state++) {
		if (!strcmp(word, names[state])) {
			i->state = state;
			return;
		}
	}
	near = ka_near(word, names, 2);
	ka_say(p, KA_ERROR, node, 1, "it starts as BACKUP",
	       near ? "'%s' is neither MASTER nor BACKUP; did you mean '%s'?" :
		      "'%s' is neither MASTER nor BACKUP", word, near);
}

static void set_interface(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;

	if (strlen(node->words[1].text) < IFNAMSIZ)
		i->interface = node->words[1].text;
	else
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "'%s' is longer than the name of an interface can be",
		       node->words[1].text);
}

static void set_auth_type(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_instance_raw *r = raw->object;
	const char *word = node->words[1].text;

	r->i.auth = !strcmp(word, "PASS") || !strcmp(word, "pass") ?
		    KA_AUTH_PASS : KA_AUTH_NONE;
	r->auth_ah = !strcmp(word, "AH") || !strcmp(word, "ah");
	if (!r->i.auth && !r->auth_ah)
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "auth_type is PASS or AH, nothing else");
}

/* Never repeats the word, nor how long it is. */
static void set_auth_pass(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_instance_raw *r = raw->object;
	size_t len = strlen(node->words[1].text);

	node->words[1].width = 1;
	if (len > KA_AUTH_LEN) {
		ka_say(p, KA_WARNING, node, 1, "the others are left out",
		       "only %d characters of a password are sent",
		       KA_AUTH_LEN);
		len = KA_AUTH_LEN;
	}
	memset(r->i.auth_pass, 0, sizeof(r->i.auth_pass));
	memcpy(r->i.auth_pass, node->words[1].text, len);
	r->has_auth_pass = len > 0;
}

static const struct ka_keyword auth_keywords[] = {
	K_LINE("auth_type", 1, ka_instance_raw, auth_ah, set_auth_type, 1, 1,
	       "PASS"),
	K_LINE("auth_pass", 1, ka_instance_raw, has_auth_pass, set_auth_pass,
	       1, 1, "a password"),
};

const struct ka_table ka_auth_table = K_TABLE("authentication", auth_keywords);

static void set_authentication(struct ka_parser *p, struct ka_node *node,
			       struct ka_raw *raw)
{
	ka_block(p, ka_raw_create(p, node, &ka_auth_table, raw->object));
}

static void add_addresses(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;

	ka_addresses_read(p, node, &i->addresses, &i->n_addresses);
}

static void add_excluded(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;

	ka_addresses_read(p, node, &i->excluded, &i->n_excluded);
}

static void add_routes(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;

	ka_routes_read(p, node, &i->routes, &i->n_routes);
}

static void add_rules(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;

	ka_rules_read(p, node, &i->rules, &i->n_rules);
}

#define ADD_TRACKS(kind, name) \
static void add_ ## name(struct ka_parser *p, struct ka_node *node, \
			 struct ka_raw *raw) \
{ \
	struct ka_instance *i = raw->object; \
\
	ka_tracks_read(p, node, kind, &i->tracks, &i->n_tracks); \
}
ADD_TRACKS(KA_TRACK_INTERFACE, interfaces)
ADD_TRACKS(KA_TRACK_SCRIPT, scripts)
ADD_TRACKS(KA_TRACK_FILE, files)
ADD_TRACKS(KA_TRACK_PROCESS, processes)

/* ADDR [min_ttl N] [max_ttl N] */
static void read_peer(struct ka_parser *p, const struct ka_node *line,
		      struct ka_instance *i)
{
	struct ka_peer peer = { .pos = line->pos, .min_ttl = 0, .max_ttl = 255 };
	size_t at = 1;
	int64_t ttl;
	bool min;

	if (!ka_get_addr(p, line, 0, &peer.addr))
		return;
	while (at < line->n_words) {
		min = !strcmp(line->words[at].text, "min_ttl");
		if (!min && strcmp(line->words[at].text, "max_ttl")) {
			ka_say(p, KA_ERROR, line, at, "the rest is ignored",
			       "'%s' is neither min_ttl nor max_ttl",
			       line->words[at].text);
			break;
		}
		at++;
		if (!ka_get_number(p, line, &at, 0, 255, &ttl))
			break;
		peer.has_ttl_range = true;
		*(min ? &peer.min_ttl : &peer.max_ttl) = ttl;
	}
	i->peers = ka_grow(p->conf->memory, i->peers, i->n_peers, sizeof(peer));
	i->peers[i->n_peers++] = peer;
}

static void add_peers(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	const struct ka_node *line;

	for (line = node->children; line; line = line->next)
		if (line->n_words)
			read_peer(p, line, raw->object);
}

/* [NAME] [MAC] */
static void set_vmac(struct ka_parser *p, struct ka_node *node,
		     struct ka_raw *raw)
{
	struct ka_instance *i = raw->object;
	size_t at;

	i->use_vmac = true;
	for (at = 1; at < node->n_words; at++) {
		if (dray_mac_parse(node->words[at].text, i->vmac_address))
			i->has_vmac_address = true;
		else if (at == 1 && strlen(node->words[1].text) < IFNAMSIZ)
			i->vmac_name = node->words[1].text;
		else
			ka_say(p, KA_ERROR, node, at, "ignored",
			       "'%s' is no name of an interface and no MAC address",
			       node->words[at].text);
	}
}

#define R ka_instance_raw
#define S(name, tier, fn, member) \
	K_LINE(name, tier, R, i.member, fn, 1, 1, "a word")

static const struct ka_keyword keywords[] = {
	S("state", 1, set_state, state),
	S("interface", 1, set_interface, interface),
	K_INT("virtual_router_id", 1, R, i.vrid, 1, 255),
	K_INT("priority", 1, R, i.priority, 1, 255),
	K_TIME("advert_int", 1, R, advert_us, 0.01, 255),
	K_BLOCK("authentication", 1, R, i.auth, set_authentication),
	K_BLOCKS("virtual_ipaddress", 1, R, i.addresses, add_addresses),
	K_BLOCKS("track_script", 1, R, i.tracks, add_scripts),
	K_BLOCKS("track_interface", 2, R, i.tracks, add_interfaces),
	K_BLOCKS("track_file", 2, R, i.tracks, add_files),
	K_BLOCKS("track_process", 2, R, i.tracks, add_processes),
	K_BOOL("dont_track_primary", 2, R, i.dont_track_primary),
	K_BOOL("nopreempt", 2, R, i.nopreempt),
	K_OFF("preempt", 2, R, i.nopreempt),
	K_TIME("preempt_delay", 2, R, i.preempt_delay_us, 0, 1000),
	K_ADDR("unicast_src_ip", 2, R, i.source),
	K_ADDR("mcast_src_ip", 2, R, mcast_source),
	K_BLOCKS("unicast_peer", 2, R, i.peers, add_peers),
	K_INT("unicast_ttl", 2, R, i.unicast_ttl, 0, 255),
	K_BOOL("check_unicast_src", 2, R, i.check_unicast_src),
	K_BOOL("track_src_ip", 2, R, i.track_source),
	K_COMMAND("notify_master", 2, R, i.notify.master),
	K_COMMAND("notify_backup", 2, R, i.notify.backup),
	K_COMMAND("notify_fault", 2, R, i.notify.fault),
	K_COMMAND("notify_stop", 2, R, i.notify.stop),
	K_COMMAND("notify_deleted", 2, R, i.notify.deleted),
	K_COMMAND("notify_master_rx_lower_pri", 2, R,
		  i.notify.master_rx_lower_pri),
	K_COMMAND("notify", 2, R, i.notify.any),
	K_BOOL("notify_priority_changes", 2, R, i.notify.priority_changes),
	K_BOOL("smtp_alert", 2, R, i.smtp_alert),
	K_INT("version", 2, R, i.version, 2, 3),
	K_BLOCKS("virtual_ipaddress_excluded", 2, R, i.excluded, add_excluded),
	K_BLOCKS("virtual_routes", 2, R, i.routes, add_routes),
	K_BLOCKS("virtual_rules", 2, R, i.rules, add_rules),
	K_TIME("garp_master_delay", 2, R, i.garp.delay_us, 0, 3600),
	K_INT("garp_master_repeat", 2, R, i.garp.repeat, 1, 1000),
	K_TIME("garp_master_refresh", 2, R, i.garp.refresh_us, 0, KA_A_DAY),
	K_INT("garp_master_refresh_repeat", 2, R, i.garp.refresh_repeat, 1,
	      1000),
	K_TIME("garp_lower_prio_delay", 2, R, i.garp.lower_prio_delay_us, 0,
	       3600),
	K_INT("garp_lower_prio_repeat", 2, R, i.garp.lower_prio_repeat, 0,
	      1000),
	K_TIME("garp_interval", 2, R, i.garp.interval_us, 0, 60),
	K_TIME("gna_interval", 2, R, i.garp.gna_interval_us, 0, 60),
	K_LINE("use_vmac", 2, R, i.use_vmac, set_vmac, 0, 2, ""),
	K_BOOL("vmac_xmit_base", 2, R, i.vmac_xmit_base),
	K_BOOL("promote_secondaries", 2, R, i.promote_secondaries),
	K_BOOL("accept", 2, R, i.accept),
	K_OFF("no_accept", 2, R, i.accept),
	K_BOOL("strict_mode", 2, R, i.strict),
	K_BOOL("lower_prio_no_advert", 2, R, i.lower_prio_no_advert),
	K_BOOL("higher_prio_send_advert", 2, R, i.higher_prio_send_advert),
	K_BOOL("skip_check_adv_addr", 2, R, i.skip_check_adv_addr),
	K_INT("down_timer_adverts", 2, R, i.down_timer_adverts, 1, 100),
	K_BOOL("native_ipv6", 2, R, native_ipv6),
	K_ADDR("mcast_dst_ip", 3, R, i.mcast_group),
	K_IGNORED("lvs_sync_daemon_interface", 2, KA_NOTE,
		  "is for IPVS; dray keeps directors in step by itself"),
	K_IGNORED("track_bfd", 2, KA_WARNING, "is about BFD, which dray has not"),
	K_IGNORED("use_ipvlan", 3, KA_WARNING,
		  "is not done: adverts go out of the interface itself"),
	K_IGNORED("use_vmac_addr", 3, KA_WARNING,
		  "is not done: addresses stand on their own interface"),
	K_IGNORED("vrf", 3, KA_WARNING, "is not done"),
	K_IGNORED("garp_extra_if", 3, KA_WARNING,
		  "is not done: announcements go out of the address's interface"),
	K_IGNORED("old_unicast_checksum", 3, KA_NOTE,
		  "is not needed: both checksums are taken"),
	K_IGNORED("unicast_fault_no_peer", 3, KA_NOTE, "means nothing to dray"),
	K_UNUSED("kernel_rx_buf_size"), K_UNUSED("linkbeat_use_polling"),
	K_UNUSED("debug"), K_UNUSED("vmac_addr"), K_UNUSED("track_group"),
	K_IGNORED("auth_hmac", 3, KA_WARNING,
		  "is of a keepalived newer than 2.2.7: adverts are not authenticated"),
	K_BOOL("v3_checksum_as_v2", 3, R, i.v3_checksum_as_v2),
	K_NEWER("owner_ignore_adverts"),
	K_NEWER("no_virtual_ipaddress"), K_NEWER("timer_expired_backup"),
};

const struct ka_table ka_instance_table = K_TABLE("vrrp_instance", keywords);

void ka_vrrp_instance(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *parent)
{
	struct ka_instance_raw *r = ka_alloc(p->conf->memory, sizeof(*r));
	struct ka_instance_raw *other;
	struct ka_raw *raw, *made = ka_raw_create(p, node, &ka_instance_table, r);

	(void)parent;
	r->i.pos = ka_word_pos(node, 1);
	r->i.name = ka_name(p, node);
	r->advert_us = 1000000;
	r->i.unicast_ttl = 255;
	ka_block(p, made);
	for (raw = p->instances.first; raw && r->i.name; raw = raw->next) {
		other = raw->object;
		if (!strcmp(other->i.name, r->i.name)) {
			ka_say_twice(p, node, &other->i.pos);
			return;
		}
	}
	if (r->i.name)
		ka_raw_add(&p->instances, made);
}
