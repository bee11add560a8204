// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands outside of all blocks, and the way from a file to a result. */
#include "ka_table.h"

#include <stdlib.h>

#define NO_BFD "is about BFD, which dray has not"
#define K_ROOT(n, t, f) \
	{ .name = n, .tier = t, .type = KA_BLOCK, .fn = f, .many = true }

static const struct ka_keyword keywords[] = {
	K_ROOT("global_defs", 1, ka_global_defs),
	K_ROOT("vrrp_script", 1, ka_vrrp_script),
	K_ROOT("vrrp_track_process", 2, ka_track_process),
	K_ROOT("track_file", 2, ka_track_file),
	K_ROOT("vrrp_track_file", 2, ka_track_file),
	K_ROOT("vrrp_sync_group", 2, ka_sync_group),
	K_ROOT("vrrp_instance", 1, ka_vrrp_instance),
	K_ROOT("static_ipaddress", 2, ka_static_addresses),
	K_ROOT("static_routes", 2, ka_static_routes),
	K_ROOT("static_rules", 2, ka_static_rules),
	K_ROOT("virtual_server_group", 2, ka_vs_group),
	K_ROOT("virtual_server", 1, ka_virtual_server),
	K_IGNORED("bfd_instance", 3, KA_WARNING, NO_BFD),
	K_IGNORED("SSL", 3, KA_WARNING,
		  "is not read: checks have no client's certificate"),
	K_IGNORED("garp_group", 3, KA_WARNING,
		  "is not read: write garp_interval in the instances"),
	K_IGNORED("linkbeat_interfaces", 3, KA_NOTE, "means nothing to dray"),
	K_IGNORED("linkbeat_use_polling", 3, KA_NOTE, "means nothing to dray"),
	K_IGNORED("interface_up_down_delays", 3, KA_WARNING,
		  "is not done: a link's state counts at once"),
	K_IGNORED("track_group", 3, KA_NOTE, "means nothing to dray"),
	K_IGNORED("net_namespace", 3, KA_WARNING,
		  "is not followed: start the daemons in the namespace"),
	K_IGNORED("net_namespace_ipvs", 3, KA_WARNING,
		  "is not followed: start the daemons in the namespace"),
	K_UNUSED("use_pid_dir"), K_UNUSED("instance"),
	K_UNUSED("umask"), K_UNUSED("random_seed"),
};

const struct ka_table ka_root_table = K_TABLE("", keywords);

const struct ka_table *const ka_tables[] = {
	&ka_root_table, &ka_global_table, &ka_script_table, &ka_process_table,
	&ka_file_table, &ka_instance_table, &ka_auth_table, &ka_group_table,
	&ka_virtual_table, &ka_real_table, &ka_tcp_table, &ka_http_table,
	&ka_url_table, &ka_udp_table, &ka_dns_table, &ka_smtp_table,
	&ka_smtp_host_table, &ka_misc_table, &ka_file_check_table,
};
const size_t ka_n_tables = KA_COUNT(ka_tables);

static struct ka_conf *create(const char *path)
{
	struct ka_memory *memory = ka_memory_create();
	struct ka_conf *conf = ka_alloc(memory, sizeof(*conf));

	conf->memory = memory;
	conf->path = ka_strdup(memory, path);
	return conf;
}

static struct ka_conf *parse(const char *path, const char *text, size_t size,
			     const struct ka_options *options)
{
	static const struct ka_options none;
	struct ka_conf *conf = create(path);
	struct ka_parser p = {
		.conf = conf,
		.scratch = ka_memory_create(),
		.options = options ? options : &none,
	};

	ka_globals_init(&p);
	ka_read_all(&p, path, text, size);
	ka_block(&p, ka_raw_create(&p, &p.root, &ka_root_table, conf));
	conf->globals = p.def.globals;
	ka_resolve_vrrp(&p);
	ka_resolve_lvs(&p);
	ka_memory_destroy(p.scratch);
	return conf;
}

struct ka_conf *ka_read(const char *path, const struct ka_options *options)
{
	return parse(path, NULL, 0, options);
}

struct ka_conf *ka_parse(const char *text, size_t size, const char *name,
			 const struct ka_options *options)
{
	return parse(name, text, size, options);
}

void ka_free(struct ka_conf *conf)
{
	if (conf)
		ka_memory_destroy(conf->memory);
}
