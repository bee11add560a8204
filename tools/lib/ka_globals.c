// SPDX-License-Identifier: GPL-2.0-or-later
/* global_defs. */
#include "ka_table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define SMTP_PORT 25
#define SYNC_PORT 8788

static void add_mail_to(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;
	struct ka_node *line;
	size_t i;

	for (line = node->children; line; line = line->next) {
		for (i = 0; i < line->n_words; i++) {
			g->mail_to = ka_grow(p->conf->memory, g->mail_to,
					     g->n_mail_to, sizeof(char *));
			g->mail_to[g->n_mail_to++] = line->words[i].text;
		}
	}
}

/* HOST [PORT], HOST:PORT */
static void set_smtp_server(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;
	const char *host = node->words[1].text, *colon = strrchr(host, ':');
	size_t at = 2;
	int64_t port;

	if (node->n_words > 2) {
		if (!ka_get_number(p, node, &at, 1, 65535, &port))
			return;
		g->smtp_port = port;
	} else if (colon && strchr(host, ':') == colon && atoi(colon + 1) > 0 &&
		   atoi(colon + 1) <= 65535) {
		g->smtp_port = atoi(colon + 1);
		host = ka_strndup(p->conf->memory, host, colon - host);
	}
	g->smtp_server = host;
}

static void set_script_user(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;

	(void)p;
	g->script_user = node->words[1].text;
	g->script_group = node->n_words > 2 ? node->words[2].text : NULL;
}

static void set_fifo(struct ka_node *node, struct ka_fifo *fifo)
{
	fifo->path = node->words[1].text;
	fifo->user = node->n_words > 2 ? node->words[2].text : NULL;
	fifo->group = node->n_words > 3 ? node->words[3].text : NULL;
}

static void set_all_fifo(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	(void)p;
	set_fifo(node, &((struct ka_globals *)raw->object)->fifo);
}

static void set_vrrp_fifo(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	(void)p;
	set_fifo(node, &((struct ka_globals *)raw->object)->vrrp_fifo);
}

static void set_lvs_fifo(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	(void)p;
	set_fifo(node, &((struct ka_globals *)raw->object)->lvs_fifo);
}

static void set_flush_on_stop(struct ka_parser *p, struct ka_node *node,
			      struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;

	g->lvs_flush_on_stop = true;
	g->lvs_flush_on_stop_vs = node->n_words > 1;
	if (node->n_words > 1 && strcmp(node->words[1].text, "VS"))
		ka_say(p, KA_WARNING, node, 1, "taken as VS",
		       "'%s' is not VS", node->words[1].text);
}

/* [tcp N] [tcpfin N] [udp N] */
static void set_timeouts(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;
	const char *word;
	uint32_t *which;
	size_t at = 1;
	int64_t value;

	while (at < node->n_words) {
		word = node->words[at].text;
		which = !strcmp(word, "tcp") ? &g->tcp_timeout_s :
			!strcmp(word, "tcpfin") ? &g->tcpfin_timeout_s :
			!strcmp(word, "udp") ? &g->udp_timeout_s : NULL;
		if (!which) {
			ka_say(p, KA_ERROR, node, at, "the rest is left out",
			       "'%s' is none of tcp, tcpfin and udp", word);
			return;
		}
		at++;
		if (!ka_get_number(p, node, &at, 1, KA_A_MONTH, &value))
			return;
		*which = value;
	}
}

static void set_affinity(struct ka_parser *p, struct ka_node *node,
			 uint64_t *mask)
{
	size_t at = 1;
	int64_t cpu;

	*mask = 0;
	while (at < node->n_words && ka_get_number(p, node, &at, 0, 63, &cpu))
		*mask |= 1ull << cpu;
}

static void set_vrrp_affinity(struct ka_parser *p, struct ka_node *node,
			      struct ka_raw *raw)
{
	set_affinity(p, node,
		     &((struct ka_globals *)raw->object)->vrrp.cpu_affinity);
}

static void set_checker_affinity(struct ka_parser *p, struct ka_node *node,
				 struct ka_raw *raw)
{
	set_affinity(p, node,
		     &((struct ka_globals *)raw->object)->checker.cpu_affinity);
}

static void set_dynamic_interfaces(struct ka_parser *p, struct ka_node *node,
				   struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;

	g->dynamic_interfaces = true;
	if (node->n_words > 1 && strcmp(node->words[1].text, "allow_if_changes"))
		ka_bool_word(node->words[1].text, &g->dynamic_interfaces);
	(void)p;
}

static void add_sync_peers(struct ka_parser *p, struct ka_node *node,
			   struct ka_raw *raw)
{
	struct ka_globals *g = raw->object;
	struct ka_node *line;
	struct dray_addr addr;
	size_t i;

	for (line = node->children; line; line = line->next) {
		for (i = 0; i < line->n_words; i++) {
			if (!ka_get_addr(p, line, i, &addr))
				continue;
			g->sync_peers = ka_grow(p->conf->memory, g->sync_peers,
						g->n_sync_peers, sizeof(addr));
			g->sync_peers[g->n_sync_peers++] = addr;
		}
	}
}

#define G(m) ka_defaults, globals.m
#define I(m) ka_defaults, instance.m
#define PROCESS(prefix, m) \
	{ .name = prefix "_rt_priority", .tier = 2, .type = KA_INT, \
	  K_IN(ka_defaults, globals.m.rt_priority), .min = 1, .max = 99 }, \
	{ .name = prefix "_priority", .tier = 2, .type = KA_INT, \
	  K_IN(ka_defaults, globals.m.nice), .min = -20, .max = 19 }, \
	{ .name = prefix "_no_swap", .tier = 2, .type = KA_BOOL, \
	  K_IN(ka_defaults, globals.m.no_swap) }, \
	{ .name = prefix "_rlimit_rttime", .tier = 2, .type = KA_INT, \
	  K_IN(ka_defaults, globals.m.rlimit_rttime_us), .min = 1, \
	  .max = INT_MAX }
#define K_X(kind, ...) kind(__VA_ARGS__)
#define BY_ITSELF "is for IPVS; dray keeps directors in step by itself"
#define NO_BFD "is about BFD, which dray has not"

static const struct ka_keyword keywords[] = {
	/* mail */
	K_X(K_BLOCKS, "notification_email", 1, G(mail_to), add_mail_to),
	K_X(K_STRING, "notification_email_from", 1, G(mail_from)),
	K_X(K_LINE, "smtp_server", 1, G(smtp_server), set_smtp_server, 1, 2,
	    "a host and may have a port"),
	K_X(K_TIME, "smtp_connect_timeout", 1, G(smtp_connect_timeout_us), 0.001,
	    KA_A_DAY),
	K_X(K_STRING, "router_id", 1, G(router_id)),
	K_X(K_STRING, "smtp_helo_name", 2, G(smtp_helo_name)),
	K_X(K_BOOL, "smtp_alert", 2, ka_defaults, smtp_alert),
	K_X(K_BOOL, "smtp_alert_vrrp", 2, ka_defaults, smtp_alert_vrrp),
	K_X(K_BOOL, "smtp_alert_checker", 2, ka_defaults, smtp_alert_checker),
	K_X(K_BOOL, "no_checker_emails", 2, ka_defaults, no_checker_emails),
	K_X(K_BOOL, "no_email_faults", 2, G(no_email_faults)),
	/* scripts and being told */
	K_X(K_BOOL, "enable_script_security", 2, G(script_security)),
	K_X(K_LINE, "script_user", 2, G(script_user), set_script_user, 1, 2,
	    "a user and may have a group"),
	K_X(K_LINE, "notify_fifo", 2, G(fifo), set_all_fifo, 1, 3, "a path"),
	K_X(K_COMMAND, "notify_fifo_script", 2, G(fifo.script)),
	K_X(K_LINE, "vrrp_notify_fifo", 2, G(vrrp_fifo), set_vrrp_fifo, 1, 3,
	    "a path"),
	K_X(K_COMMAND, "vrrp_notify_fifo_script", 2, G(vrrp_fifo.script)),
	K_X(K_LINE, "lvs_notify_fifo", 2, G(lvs_fifo), set_lvs_fifo, 1, 3,
	    "a path"),
	K_X(K_COMMAND, "lvs_notify_fifo_script", 2, G(lvs_fifo.script)),
	K_X(K_BOOL, "fifo_write_vrrp_states_on_reload", 2,
	    G(fifo_write_states_on_reload)),
	/* defaults of every instance */
	K_X(K_INT, "vrrp_version", 2, ka_defaults, version, 2, 3),
	K_X(K_ADDR, "vrrp_mcast_group4", 2, ka_defaults, mcast_group4),
	K_X(K_ADDR, "vrrp_mcast_group6", 2, ka_defaults, mcast_group6),
	K_X(K_BOOL, "vrrp_strict", 2, I(strict)),
	K_X(K_BOOL, "v3_checksum_as_v2", 3, I(v3_checksum_as_v2)),
	K_X(K_BOOL, "vrrp_skip_check_adv_addr", 2, I(skip_check_adv_addr)),
	K_X(K_BOOL, "vrrp_check_unicast_src", 2, I(check_unicast_src)),
	K_X(K_BOOL, "vrrp_lower_prio_no_advert", 2, I(lower_prio_no_advert)),
	K_X(K_BOOL, "vrrp_higher_prio_send_advert", 2,
	    I(higher_prio_send_advert)),
	K_X(K_INT, "vrrp_down_timer_adverts", 2, I(down_timer_adverts), 1, 100),
	K_X(K_BOOL, "vrrp_notify_priority_changes", 2,
	    I(notify.priority_changes)),
	K_X(K_TIME, "vrrp_garp_master_delay", 2, I(garp.delay_us), 0, 3600),
	K_X(K_INT, "vrrp_garp_master_repeat", 2, I(garp.repeat), 1, 1000),
	K_X(K_TIME, "vrrp_garp_master_refresh", 2, I(garp.refresh_us), 0,
	    KA_A_DAY),
	K_X(K_INT, "vrrp_garp_master_refresh_repeat", 2, I(garp.refresh_repeat),
	    1, 1000),
	K_X(K_TIME, "vrrp_garp_lower_prio_delay", 2, I(garp.lower_prio_delay_us),
	    0, 3600),
	K_X(K_INT, "vrrp_garp_lower_prio_repeat", 2, I(garp.lower_prio_repeat),
	    0, 1000),
	K_X(K_TIME, "vrrp_garp_interval", 2, I(garp.interval_us), 0, 60),
	K_X(K_TIME, "vrrp_gna_interval", 2, I(garp.gna_interval_us), 0, 60),
	K_X(K_BOOL, "vrrp_min_garp", 2, ka_defaults, min_garp),
	/* the daemons */
	K_X(K_STRING, "default_interface", 2, G(default_interface)),
	K_X(K_LINE, "dynamic_interfaces", 2, G(dynamic_interfaces),
	    set_dynamic_interfaces, 0, 1, ""),
	K_X(K_TIME, "vrrp_startup_delay", 2, G(vrrp_startup_delay_us), 0, 3600),
	K_X(K_BOOL, "log_unknown_vrids", 2, G(log_unknown_vrids)),
	PROCESS("vrrp", vrrp),
	K_X(K_LINE, "vrrp_cpu_affinity", 2, G(vrrp.cpu_affinity),
	    set_vrrp_affinity, 1, 64, "numbers of CPUs"),
	PROCESS("checker", checker),
	K_X(K_LINE, "checker_cpu_affinity", 2, G(checker.cpu_affinity),
	    set_checker_affinity, 1, 64, "numbers of CPUs"),
	K_X(K_BOOL, "checker_log_all_failures", 2, G(checker_log_all_failures)),
	K_X(K_BOOL, "rs_init_notifies", 2, G(rs_init_notifies)),
	K_X(K_BOOL, "lvs_flush", 2, G(lvs_flush)),
	K_X(K_LINE, "lvs_flush_on_stop", 2, G(lvs_flush_on_stop),
	    set_flush_on_stop, 0, 1, ""),
	K_X(K_LINE, "lvs_timeouts", 2, G(tcp_timeout_s), set_timeouts, 2, 6,
	    "one of tcp, tcpfin and udp with a number of seconds"),
	/* dray's own */
	K_X(K_STRING, "dray_key_file", 2, G(key_file)),
	K_X(K_STRING, "dray_sync_interface", 2, G(sync_interface)),
	K_X(K_INT, "dray_sync_port", 2, G(sync_port), 1, 65535),
	K_X(K_ADDR, "dray_sync_group", 2, G(sync_group)),
	K_X(K_BLOCKS, "dray_sync_peer", 2, G(sync_peers), add_sync_peers),
	K_X(K_ADDR, "dray_probe_gateway", 2, G(probe_gateway)),
	K_X(K_INT, "dray_probe_mark", 2, G(probe_mark), 1,
	    UINT32_MAX - 0x3fff),
	/* known, and not needed */
	K_IGNORED("lvs_sync_daemon", 2, KA_NOTE, BY_ITSELF),
	K_IGNORED("max_auto_priority", 2, KA_NOTE,
		  "is not needed: drayvrrpd takes real-time priority at once"),
	K_IGNORED("reload_check_config", 2, KA_NOTE,
		  "is not needed: every reload is checked first"),
	K_IGNORED("process_names", 2, KA_NOTE, "means nothing to dray"),
	K_IGNORED("bfd_rt_priority", 2, KA_NOTE, NO_BFD),
	K_IGNORED("bfd_priority", 2, KA_NOTE, NO_BFD),
	K_IGNORED("bfd_no_swap", 2, KA_NOTE, NO_BFD),
	K_IGNORED("bfd_cpu_affinity", 2, KA_NOTE, NO_BFD),
	K_IGNORED("bfd_rlimit_rttime", 2, KA_NOTE, NO_BFD),
	K_IGNORED("bfd_process_name", 3, KA_NOTE, NO_BFD),
	K_IGNORED("startup_script", 3, KA_WARNING,
		  "is not run; systemd's ExecStartPre= is for that"),
	K_IGNORED("startup_script_timeout", 3, KA_NOTE, "belongs to it"),
	K_IGNORED("shutdown_script", 3, KA_WARNING,
		  "is not run; systemd's ExecStopPost= is for that"),
	K_IGNORED("shutdown_script_timeout", 3, KA_NOTE, "belongs to it"),
	K_IGNORED("net_namespace", 3, KA_WARNING,
		  "is not followed: start the daemons in the namespace"),
	K_IGNORED("net_namespace_ipvs", 3, KA_WARNING,
		  "is not followed: start the daemons in the namespace"),
	K_UNUSED("enable_traps"), K_UNUSED("enable_dbus"),
	K_UNUSED("dbus_service_name"), K_UNUSED("dbus_no_interface_name"),
	K_UNUSED("snmp_socket"), K_UNUSED("enable_snmp_vrrp"),
	K_UNUSED("enable_snmp_keepalived"), K_UNUSED("enable_snmp_checker"),
	K_UNUSED("enable_snmp_rfc"), K_UNUSED("enable_snmp_rfcv2"),
	K_UNUSED("enable_snmp_rfcv3"), K_UNUSED("snmp_rs_stats_update_interval"),
	K_UNUSED("snmp_vs_stats_update_interval"),
	K_UNUSED("nftables"), K_UNUSED("nftables_priority"),
	K_UNUSED("nftables_ifindex"), K_UNUSED("nftables_counters"),
	K_UNUSED("vrrp_iptables"), K_UNUSED("vrrp_ipsets"),
	K_UNUSED("namespace_with_ipsets"), K_UNUSED("iptables_priority"),
	K_UNUSED("reload_time_file"), K_UNUSED("reload_repeat"),
	K_UNUSED("reload_file"), K_UNUSED("include_check"),
	K_UNUSED("random_seed"), K_UNUSED("umask"),
	K_UNUSED("vrrp_netlink_cmd_rcv_bufs"),
	K_UNUSED("vrrp_netlink_cmd_rcv_bufs_force"),
	K_UNUSED("vrrp_netlink_monitor_rcv_bufs"),
	K_UNUSED("vrrp_netlink_monitor_rcv_bufs_force"),
	K_UNUSED("lvs_netlink_cmd_rcv_bufs"),
	K_UNUSED("lvs_netlink_cmd_rcv_bufs_force"),
	K_UNUSED("lvs_netlink_monitor_rcv_bufs"),
	K_UNUSED("lvs_netlink_monitor_rcv_bufs_force"),
	K_UNUSED("process_monitor_rcv_bufs"),
	K_UNUSED("process_monitor_rcv_bufs_force"),
	K_UNUSED("rs_weight_max"), K_UNUSED("vmac_prefix"),
	K_UNUSED("vmac_addr_prefix"), K_UNUSED("vrrp_rx_bufs_policy"),
	K_UNUSED("vrrp_rx_bufs_multiplier"), K_UNUSED("tmp_config_directory"),
	K_UNUSED("config_save_dir"), K_UNUSED("data_use_instance"),
	K_UNUSED("disable_local_igmp"), K_UNUSED("child_wait_time"),
	K_UNUSED("use_pid_dir"), K_UNUSED("instance"),
	K_UNUSED("parent_process_name"), K_UNUSED("vrrp_process_name"),
	K_UNUSED("checker_process_name"), K_UNUSED("prefix"),
	K_NEWER("json_version"), K_NEWER("json_dump_file"),
	K_NEWER("state_dump_file"), K_NEWER("stats_dump_file"),
	K_NEWER("vrrp_delay_after_boot"),
	K_NEWER("use_symlink_paths"), K_NEWER("tls_compliant"),
	K_NEWER("thread_timer_expired"),
};

const struct ka_table ka_global_table = K_TABLE("global_defs", keywords);

void ka_globals_init(struct ka_parser *p)
{
	struct ka_defaults *def = &p->def;

	def->version = 2;
	def->globals.default_interface = "eth0";
	def->globals.smtp_port = SMTP_PORT;
	def->globals.smtp_connect_timeout_us = 30000000;
	def->globals.sync_port = SYNC_PORT;
	ka_addr_word("224.0.0.18", &def->mcast_group4);
	ka_addr_word("ff02::12", &def->mcast_group6);
	def->instance.down_timer_adverts = 3;
	def->instance.garp.delay_us = 5000000;
	def->instance.garp.repeat = 5;
	/* keepalived's is never: a switch that has missed the burst stays wrong */
	def->instance.garp.refresh_us = 60000000;
	def->instance.garp.refresh_repeat = 1;
	p->globals = ka_raw_create(p, &p->root, &ka_global_table, def);
}

void ka_global_defs(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw)
{
	(void)raw;
	if (!p->def.globals.pos.file)
		p->def.globals.pos = node->pos;
	p->globals->node = node;
	ka_block(p, p->globals);
}
