// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a file becomes: values, defaults, inheritance and references.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ka_lvs.h"
#include "ka_vrrp.h"

#define SEED "../selftests/seed/keepalived.conf"
#define SEED_BACKUP "../selftests/seed/keepalived-backup.conf"

static const struct ka_options here = { .config_id = "here",
					.instance = "one" };

static struct ka_conf *parse(const char *text)
{
	return ka_parse(text, strlen(text), "f", &here);
}

static struct ka_conf *parse_clean(const char *text)
{
	struct ka_conf *conf = parse(text);

	if (conf->n_messages)
		ka_messages_print(conf, KA_NOTE, stdout);
	assert_int_equal(conf->n_messages, 0);
	return conf;
}

static void assert_addr(const struct dray_addr *addr, const char *text)
{
	char buf[DRAY_ADDRTEXT];

	assert_string_equal(dray_addr_text(addr, buf, sizeof(buf)), text);
}

static void check_seed_instance(const struct ka_instance *i)
{
	assert_string_equal(i->name, "VI_1");
	assert_string_equal(i->interface, "eth0");
	assert_int_equal(i->vrid, 51);
	assert_int_equal(i->version, 2);
	assert_int_equal(i->advert_us, 1000000);
	assert_int_equal(i->auth, KA_AUTH_PASS);
	assert_memory_equal(i->auth_pass, "1111\0\0\0\0", KA_AUTH_LEN);
	assert_int_equal(i->n_addresses, 1);
	assert_addr(&i->addresses[0].addr, "192.168.0.200");
	assert_int_equal(i->addresses[0].prefix, 32);
	assert_string_equal(i->addresses[0].dev, "eth0");
	assert_int_equal(i->n_tracks, 2);
	assert_string_equal(i->tracks[0].name, "chk_keepalived_down");
	assert_int_equal(i->tracks[0].weight, -2);
	assert_string_equal(i->tracks[1].script->name, "chk_nginx");
	assert_int_equal(i->tracks[1].weight, -2);
	assert_false(i->smtp_alert);
	assert_true(i->accept);
}

static void check_seed_scripts(const struct ka_conf *conf)
{
	const struct ka_vrrp_script *s = conf->scripts[0];

	assert_int_equal(conf->n_scripts, 2);
	assert_true(s->command->shell);
	assert_string_equal(s->command->argv[0], "/bin/sh");
	assert_string_equal(s->command->argv[2],
			    "[ -e /etc/keepalived/down ] && exit 1 || exit 0");
	assert_int_equal(s->interval_us, 1000000);
	s = conf->scripts[1];
	assert_false(s->command->shell);
	assert_int_equal(s->command->argc, 3);
	assert_string_equal(s->command->argv[0], "killall");
	assert_string_equal(s->command->argv[2], "nginx");
	assert_int_equal(s->fall, 2);
	assert_int_equal(s->rise, 1);
}

static void check_seed_service(const struct ka_virtual_server *v)
{
	const struct ka_checker *c = v->real_servers[0]->checkers[0];

	assert_int_equal(v->n_keys, 1);
	assert_addr(&v->keys[0].addr, "192.168.0.200");
	assert_int_equal(v->keys[0].port, 80);
	assert_int_equal(v->protocol, IPPROTO_TCP);
	assert_string_equal(v->scheduler, "rr");
	assert_int_equal(v->persist_timeout_s, 5);
	assert_int_equal(v->persist_prefix, 32);
	assert_int_equal(v->delay_loop_us, 1000000);
	assert_null(v->sorry);
	assert_int_equal(v->n_real_servers, 2);
	assert_addr(&v->real_servers[1]->addr, "192.168.0.122");
	assert_true(v->real_servers[1]->smtp_alert);
	assert_int_equal(c->type, KA_TCP_CHECK);
	assert_int_equal(c->retry, 3);
	assert_int_equal(c->delay_before_retry_us, 3000000);
	assert_int_equal(c->connect_timeout_us, 3000000);
	assert_addr(&c->addr, "192.168.0.121");
	assert_int_equal(c->port, 80);
	assert_true(c->probe);
}

static void test_seed(void **state)
{
	static const char *const said[] = {
		"'&&' is for a shell, and keepalived runs none",
		"a blank between '-' and its number",
		"'net_mask' was never a keyword of keepalived",
		"'nb_get_retry' is the old name of retry, which keepalived ignores here",
		"'nb_get_retry' is the old name of retry, which keepalived ignores here",
	};
	struct ka_conf *conf = ka_read(SEED, NULL);
	size_t i;

	(void)state;
	assert_int_equal(conf->n_messages, 5);
	assert_int_equal(conf->n_of[KA_NOTE], 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(conf->messages[i].text, said[i]);
	assert_string_equal(conf->messages[1].done, "taken as -2");
	assert_string_equal(conf->messages[1].pos.source, "    weight - 2");
	assert_int_equal(conf->messages[1].pos.column, 12);
	assert_int_equal(conf->n_instances, 1);
	assert_int_equal(conf->n_virtual_servers, 1);
	assert_int_equal(conf->instances[0]->priority, 100);
	assert_int_equal(conf->instances[0]->state, KA_STATE_MASTER);
	check_seed_instance(conf->instances[0]);
	check_seed_scripts(conf);
	check_seed_service(conf->virtual_servers[0]);
	assert_string_equal(conf->globals.smtp_server, "127.0.0.1");
	assert_string_equal(conf->globals.mail_to[0], "root@localhost");
	assert_int_equal(ka_exit_status(conf), KA_EXIT_OK);
	ka_free(conf);

	conf = ka_read(SEED_BACKUP, NULL);
	assert_int_equal(conf->instances[0]->priority, 99);
	assert_int_equal(conf->instances[0]->state, KA_STATE_BACKUP);
	check_seed_instance(conf->instances[0]);
	ka_free(conf);
}

static void test_defaults(void **state)
{
	struct ka_conf *conf = parse_clean(
		"vrrp_instance v {\ninterface eth0\nvirtual_router_id 1\n}\n"
		"vrrp_script s {\nscript /bin/true\n}\n"
		"virtual_server 10.0.0.1 80 {\nlb_kind DR\nlb_algo wlc\n"
		"protocol TCP\nreal_server 10.0.0.2 80 {\n"
		"TCP_CHECK {\n}\nHTTP_GET {\nurl {\n}\n}\n"
		"MISC_CHECK {\nmisc_path /bin/true\n}\nDNS_CHECK {\n}\n}\n}\n");
	const struct ka_instance *i = conf->instances[0];
	const struct ka_virtual_server *v = conf->virtual_servers[0];
	struct ka_checker **c = v->real_servers[0]->checkers;

	(void)state;
	assert_int_equal(i->priority, 100);
	assert_int_equal(i->state, KA_STATE_BACKUP);
	assert_int_equal(i->advert_us, 1000000);
	assert_addr(&i->mcast_group, "224.0.0.18");
	assert_int_equal(i->garp.delay_us, 5000000);
	assert_int_equal(i->garp.repeat, 5);
	assert_int_equal(i->garp.lower_prio_delay_us, 5000000);
	assert_int_equal(i->garp.lower_prio_repeat, 5);
	assert_int_equal(i->garp.refresh_us, 60000000);
	assert_int_equal(i->down_timer_adverts, 3);
	assert_int_equal(i->unicast_ttl, 255);
	assert_int_equal(conf->scripts[0]->interval_us, 1000000);
	assert_int_equal(conf->scripts[0]->timeout_us, 1000000);
	assert_int_equal(conf->scripts[0]->weight, 0);
	assert_int_equal(v->delay_loop_us, 60000000);
	assert_int_equal(v->quorum, 1);
	assert_false(v->persistent);
	assert_int_equal(v->real_servers[0]->weight, 1);
	assert_int_equal(c[0]->retry, 1);
	assert_int_equal(c[0]->delay_before_retry_us, 1000000);
	assert_int_equal(c[0]->connect_timeout_us, 5000000);
	assert_int_equal(c[0]->warmup_us, 60000000);
	assert_int_equal(c[1]->delay_before_retry_us, 3000000);
	assert_string_equal(c[1]->http.urls[0].path, "/");
	assert_int_equal(c[1]->http.urls[0].status[0].from, 200);
	assert_int_equal(c[1]->http.urls[0].status[0].to, 299);
	assert_int_equal(c[2]->retry, 0);
	assert_int_equal(c[2]->misc.timeout_us, 60000000);
	assert_false(c[2]->probe);
	assert_int_equal(c[3]->retry, 3);
	assert_int_equal(c[3]->delay_before_retry_us, 60000000);
	assert_int_equal(c[3]->dns.type, 6);
	ka_free(conf);
}

/* url <- checker <- real_server <- virtual_server, each level once */
static void test_inheritance(void **state)
{
	struct ka_conf *conf = parse_clean(
		"virtual_server 10.0.0.1 80 {\nlb_kind DR\nlb_algo wlc\n"
		"protocol TCP\ndelay_loop 10\nretry 4\nwarmup 3\nweight 7\n"
		"virtualhost vs\nalpha\ninhibit_on_failure\nsmtp_alert off\n"
		"real_server 10.0.0.2 80 {\nretry 5\ndelay_loop 11\n"
		"virtualhost rs\nTCP_CHECK {\nretry 6\n}\nTCP_CHECK {\n}\n"
		"HTTP_GET {\nvirtualhost check\nurl {\nvirtualhost url\n}\n"
		"url {\n}\n}\nHTTP_GET {\nurl {\n}\n}\n}\n"
		"real_server 10.0.0.3 80 {\nweight 0\nalpha no\n"
		"inhibit_on_failure off\nsmtp_alert\n"
		"SSL_GET {\nurl {\n}\n}\n}\n}\n");
	const struct ka_virtual_server *v = conf->virtual_servers[0];
	const struct ka_real_server *a = v->real_servers[0];
	const struct ka_real_server *b = v->real_servers[1];

	(void)state;
	assert_int_equal(a->checkers[0]->retry, 6);
	assert_int_equal(a->checkers[1]->retry, 5);
	assert_int_equal(b->checkers[0]->retry, 4);
	assert_int_equal(a->checkers[0]->delay_loop_us, 11000000);
	assert_int_equal(b->checkers[0]->delay_loop_us, 10000000);
	assert_int_equal(a->checkers[0]->warmup_us, 3000000);
	assert_string_equal(a->checkers[2]->http.urls[0].virtualhost, "url");
	assert_string_equal(a->checkers[2]->http.urls[1].virtualhost, "check");
	assert_string_equal(a->checkers[3]->http.urls[0].virtualhost, "rs");
	assert_string_equal(b->checkers[0]->http.urls[0].virtualhost, "vs");
	assert_int_equal(a->weight, 7);
	assert_int_equal(b->weight, 0);
	assert_true(a->checkers[0]->alpha && a->alpha);
	assert_false(b->checkers[0]->alpha || b->alpha);
	assert_true(a->inhibit_on_failure);
	assert_false(b->inhibit_on_failure);
	assert_false(a->smtp_alert);
	assert_true(b->smtp_alert);
	ka_free(conf);
}

static void test_globals_reach_instances(void **state)
{
	struct ka_conf *conf = parse_clean(
		"vrrp_instance v {\ninterface eth0\nvirtual_router_id 1\n"
		"garp_master_repeat 3\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n"
		"vrrp_instance w {\ninterface eth0\nvirtual_router_id 2\n"
		"version 2\nno_accept\nsmtp_alert no\n}\n"
		"global_defs {\nvrrp_version 3\nvrrp_garp_master_repeat 2\n"
		"vrrp_garp_master_delay 1\nvrrp_garp_lower_prio_repeat 9\n"
		"vrrp_mcast_group4 224.0.0.99\nsmtp_alert\n"
		"vrrp_higher_prio_send_advert\n}\n");
	const struct ka_instance *v = conf->instances[0];
	const struct ka_instance *w = conf->instances[1];

	(void)state;
	assert_int_equal(v->version, 3);
	assert_int_equal(w->version, 2);
	assert_int_equal(v->garp.repeat, 3);
	assert_int_equal(w->garp.repeat, 2);
	assert_int_equal(v->garp.delay_us, 1000000);
	assert_int_equal(v->garp.lower_prio_repeat, 9);
	assert_int_equal(v->garp.lower_prio_delay_us, 1000000);
	assert_addr(&v->mcast_group, "224.0.0.99");
	assert_true(v->smtp_alert);
	assert_false(w->smtp_alert);
	assert_true(v->accept);
	assert_false(w->accept);
	assert_true(v->higher_prio_send_advert);
	ka_free(conf);
}

/* Scripts and instances may stand behind what refers to them. */
static void test_min_garp(void **state)
{
	struct ka_conf *conf = parse_clean(
		"global_defs {\nvrrp_min_garp\n}\n"
		"vrrp_instance a {\ninterface eth0\nvirtual_router_id 1\n}\n"
		"vrrp_instance b {\ninterface eth0\nvirtual_router_id 2\n"
		"garp_master_delay 3\ngarp_master_repeat 4\n"
		"garp_master_refresh 7\n}\n");
	const struct ka_instance *a = conf->instances[0], *b = conf->instances[1];

	(void)state;
	assert_int_equal(a->garp.delay_us, 0);
	assert_int_equal(a->garp.repeat, 1);
	assert_int_equal(a->garp.refresh_us, 0);
	assert_int_equal(b->garp.delay_us, 3000000);
	assert_int_equal(b->garp.repeat, 4);
	assert_int_equal(b->garp.refresh_us, 7000000);
	ka_free(conf);
}

static void test_any_order(void **state)
{
	struct ka_conf *conf = parse_clean(
		"vrrp_sync_group g {\ngroup {\nv\nw\n}\n"
		"sync_group_tracking_weight\n}\n"
		"vrrp_instance v {\ninterface eth0\nvirtual_router_id 1\n"
		"track_script {\ns weight 5 reverse\nt\n}\n"
		"track_interface {\neth1\n}\n}\n"
		"vrrp_instance w {\ninterface eth0\nvirtual_router_id 2\n}\n"
		"vrrp_script s {\nscript /bin/true\n}\n"
		"vrrp_script t {\nscript /bin/true\nweight 10\n}\n");
	const struct ka_sync_group *g = conf->sync_groups[0];
	const struct ka_track *t = conf->instances[0]->tracks;

	(void)state;
	assert_int_equal(g->n_members, 2);
	assert_ptr_equal(g->members[1], conf->instances[1]);
	assert_ptr_equal(conf->instances[1]->group, g);
	assert_ptr_equal(t[0].script, conf->scripts[0]);
	assert_int_equal(t[0].weight, 5);
	assert_true(t[0].reverse);
	assert_int_equal(t[1].weight, 10);
	assert_false(t[1].reverse);
	assert_int_equal(t[2].kind, KA_TRACK_INTERFACE);
	assert_int_equal(t[2].weight, 0);
	ka_free(conf);
}

/* Who is told by mail, if only global_defs says something. */
static void test_alerts(void **state)
{
	static const struct {
		const char *globals;
		bool instance, group, service, server;
	} said[] = {
		{ "", false, false, false, true },
		{ "smtp_alert", true, true, true, true },
		{ "smtp_alert off", false, false, false, false },
		{ "smtp_alert\nsmtp_alert_vrrp off", false, false, true, true },
		{ "smtp_alert_vrrp", true, true, false, true },
		{ "smtp_alert_checker off", false, false, false, false },
		{ "no_checker_emails", false, false, false, false },
	};
	struct ka_conf *conf;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		print_message("# %s\n", said[i].globals);
		snprintf(text, sizeof(text), "global_defs {\n%s\n}\n"
			 "vrrp_instance v {\ninterface eth0\n"
			 "virtual_router_id 1\n}\n"
			 "vrrp_sync_group g {\ngroup {\nv\n}\n}\n"
			 "virtual_server 10.0.0.1 80 {\nlb_kind DR\n"
			 "lb_algo rr\nprotocol TCP\n"
			 "real_server 10.0.0.2 80 {\n}\n}\n", said[i].globals);
		conf = parse_clean(text);
		assert_int_equal(conf->instances[0]->smtp_alert,
				 said[i].instance);
		assert_int_equal(conf->sync_groups[0]->smtp_alert,
				 said[i].group);
		assert_int_equal(conf->virtual_servers[0]->smtp_alert,
				 said[i].service);
		assert_int_equal(conf->virtual_servers[0]->real_servers[0]->smtp_alert,
				 said[i].server);
		ka_free(conf);
	}
}

static void test_group(void **state)
{
	struct ka_conf *conf = parse_clean(
		"virtual_server group g {\nlb_kind DR\nlb_algo rr\n"
		"protocol UDP\nops\n}\n"
		"virtual_server_group g {\n10.0.0.1 53\n10.0.0.4-6 53\n"
		"10.0.1.0/30 53\n2001:db8::a-2001:db8::b 53\n"
		"fwmark 7 inet6\n}\n");
	const struct ka_virtual_server *v = conf->virtual_servers[0];

	(void)state;
	assert_ptr_equal(v->group, conf->vs_groups[0]);
	assert_int_equal(v->n_keys, 9);
	assert_addr(&v->keys[3].addr, "10.0.0.6");
	assert_addr(&v->keys[4].addr, "10.0.1.1");
	assert_addr(&v->keys[5].addr, "10.0.1.2");
	assert_addr(&v->keys[7].addr, "2001:db8::b");
	assert_int_equal(v->keys[8].fwmark, 7);
	assert_int_equal(v->keys[8].family, AF_INET6);
	assert_true(v->ops);
	ka_free(conf);
}

static void test_addresses_and_routes(void **state)
{
	struct ka_conf *conf = parse_clean(
		"vrrp_instance v {\ninterface eth0\nvirtual_router_id 1\n"
		"virtual_ipaddress {\n10.0.0.1/24 brd + label eth0:1\n"
		"10.0.0.2/24 brd - scope link dev eth1 preferred_lft 0\n"
		"10.0.0.3 peer 10.0.9.9/32 no_track\n}\n"
		"virtual_routes {\n"
		"10.1.0.0/16 via 10.0.0.9 dev eth0 src 10.0.0.1 metric 5\n"
		"src 10.0.0.1 default table 7 nexthop via 10.0.0.8 weight 3"
		" nexthop via 10.0.0.9 dev eth0\n"
		"blackhole 10.2.0.0/16\n"
		"10.3.0.0/16 via 10.0.0.8 or 10.0.0.9 priority 12 inet\n}\n"
		"virtual_rules {\nnot from 10.0.0.1 fwmark 1/0xff lookup 7"
		" priority 100\nto 2001:db8::/32 prohibit priority 0\n}\n}\n");
	const struct ka_instance *i = conf->instances[0];

	(void)state;
	assert_addr(&i->addresses[0].broadcast, "10.0.0.255");
	assert_string_equal(i->addresses[0].label, "eth0:1");
	assert_addr(&i->addresses[1].broadcast, "10.0.0.0");
	assert_string_equal(i->addresses[1].dev, "eth1");
	assert_int_equal(i->addresses[1].scope, 253);
	assert_true(i->addresses[1].has_preferred_lft);
	assert_addr(&i->addresses[2].peer, "10.0.9.9");
	assert_true(i->addresses[2].no_track);
	assert_int_equal(i->n_routes, 4);
	assert_addr(&i->routes[3].nexthops[0].via, "10.0.0.8");
	assert_addr(&i->routes[3].nexthops[1].via, "10.0.0.9");
	assert_int_equal(i->routes[3].via.family, 0);
	assert_int_equal(i->routes[3].metric, 12);
	assert_addr(&i->routes[0].via, "10.0.0.9");
	assert_int_equal(i->routes[0].metric, 5);
	assert_int_equal(i->routes[1].table, 7);
	assert_int_equal(i->routes[1].n_nexthops, 2);
	assert_int_equal(i->routes[1].nexthops[0].weight, 3);
	assert_int_equal(i->routes[1].dst.family, 0);
	assert_int_equal(i->routes[2].type, 6);
	assert_int_equal(i->n_rules, 2);
	assert_true(i->rules[0].invert);
	assert_int_equal(i->rules[0].fwmask, 0xff);
	assert_int_equal(i->rules[0].priority, 100);
	assert_int_equal(i->rules[1].family, AF_INET6);
	assert_int_equal(i->rules[1].priority, 0);
	ka_free(conf);
}

static void test_commands(void **state)
{
	struct ka_conf *conf = parse(
		"vrrp_script a {\nscript \"/bin/a 'b c' \\\"d e\\\" \\x41\\102\"\n"
		"user nobody nogroup\n}\n"
		"vrrp_script b {\nscript /bin/a b c\n}\n"
		"vrrp_script c {\nscript '/bin/a b'\n}\n"
		"vrrp_script d {\nscript \"</run/x\"\n}\n"
		"vrrp_script e {\nscript \"/bin/a $(date)\"\n}\n"
		"vrrp_script f {\nscript \"/bin/a http://b/c?d=1&e=$2;f=3 &\"\n}\n"
		"vrrp_script g {\nscript \"/bin/a; /bin/b\"\n}\n"
		"vrrp_script h {\nscript \"/bin/a 'b && c;' d\\;\"\n}\n");
	const struct ka_command *a = conf->scripts[0]->command;

	(void)state;
	assert_int_equal(a->argc, 4);
	assert_string_equal(a->argv[1], "b c");
	assert_string_equal(a->argv[2], "d e");
	assert_string_equal(a->argv[3], "AB");
	assert_null(a->argv[4]);
	assert_string_equal(a->user, "nobody");
	assert_string_equal(a->group, "nogroup");
	assert_int_equal(conf->scripts[1]->command->argc, 3);
	assert_int_equal(conf->scripts[2]->command->argc, 2);
	assert_string_equal(conf->scripts[3]->command->argv[0], "/usr/bin/test");
	assert_string_equal(conf->scripts[3]->command->argv[2], "/run/x");
	assert_true(conf->scripts[4]->command->shell);
	assert_false(conf->scripts[5]->command->shell);
	assert_string_equal(conf->scripts[5]->command->argv[1],
			    "http://b/c?d=1&e=$2;f=3");
	assert_true(conf->scripts[6]->command->shell);
	assert_false(conf->scripts[7]->command->shell);
	assert_string_equal(conf->scripts[7]->command->argv[1], "b && c;");
	ka_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_globals_reach_instances),
		cmocka_unit_test(test_min_garp),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_addresses_and_routes),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
