/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the configuration that draycheckd acts upon: virtual servers,
 * their real servers and these's checks.  See ka.h.
 */
#ifndef DRAY_KA_LVS_H
#define DRAY_KA_LVS_H

#include "ka.h"

struct ka_track_file;

/* what a service is for the kernel: an address and port, or a mark */
struct ka_service_key {
	struct ka_pos pos;
	uint8_t family;
	struct dray_addr addr;
	uint16_t port;
	uint32_t fwmark;	/* 0: addr and port */
};

/* virtual_server_group: ranges are expanded into single addresses */
struct ka_vs_group {
	struct ka_pos pos;
	const char *name;
	struct ka_service_key *keys;
	size_t n_keys;
};

enum ka_checker_type {
	KA_TCP_CHECK,
	KA_HTTP_GET,
	KA_SSL_GET,
	KA_UDP_CHECK,
	KA_DNS_CHECK,
	KA_PING_CHECK,
	KA_SMTP_CHECK,
	KA_MISC_CHECK,
	KA_FILE_CHECK,
};

struct ka_status_range {
	uint16_t from, to;	/* both included */
};

struct ka_regex {
	const char *text;		/* NULL: none */
	void *code;			/* pcre2_code */
	uint32_t options;		/* PCRE2_* */
	uint32_t min, max;		/* where a match may begin, in bytes */
	uint32_t stack;			/* 0, or bytes that it may need */
	bool no_match;			/* a match is a failure */
};

struct ka_url {
	struct ka_pos pos;
	const char *path;
	const char *virtualhost;	/* NULL: the server's address */
	struct ka_status_range *status;	/* 200-299 if none is said */
	size_t n_status;
	bool has_digest;
	uint8_t digest[16];		/* MD5 of the body */
	struct ka_regex regex;		/* the body has to match */
};

enum ka_http_protocol { KA_HTTP_10, KA_HTTP_10C, KA_HTTP_11, KA_HTTP_11K };

struct ka_http {
	struct ka_url *urls;		/* "/" if none is said */
	size_t n_urls;
	enum ka_http_protocol protocol;
	bool fast_recovery;
	bool sni;			/* send the virtual host's name */
	const char *sni_name;		/* NULL: the url's virtual host */
};

struct ka_udp {
	uint8_t *payload;		/* NULL: an empty datagram */
	size_t payload_len;
	bool require_reply;
	uint8_t *reply, *reply_mask;	/* NULL: any */
	size_t reply_len;
	unsigned int min_reply, max_reply;
};

struct ka_dns {
	uint16_t type;			/* SOA */
	const char *type_name, *name;	/* "." */
};

struct ka_smtp_host {
	struct ka_pos pos;
	struct dray_addr addr;
	uint16_t port;
	struct dray_addr bind_addr;	/* family 0: any */
};

struct ka_smtp {
	const char *helo_name;		/* NULL: the host's */
	struct ka_smtp_host *hosts;	/* never empty */
	size_t n_hosts;
};

struct ka_misc {
	struct ka_command *command;
	uint64_t timeout_us;		/* delay_loop if none is said */
	bool dynamic;			/* exit 2..255: weight is that less 2 */
};

struct ka_file_check {
	struct ka_track_file *file;
	int weight;
	bool reverse;
};

struct ka_checker {
	struct ka_pos pos;
	enum ka_checker_type type;
	struct dray_addr addr;		/* connect_ip, the real server's */
	uint16_t port;			/* connect_port, the real server's */
	bool own_target;		/* one of the two was said */
	struct dray_addr bind_addr;	/* family 0: any */
	uint16_t bind_port;		/* 0: any */
	const char *bind_if;		/* NULL: any */
	uint32_t fwmark;		/* 0: none */
	uint64_t connect_timeout_us, delay_loop_us;
	unsigned int retry;
	uint64_t delay_before_retry_us, warmup_us;
	bool alpha;			/* down until the first success */
	bool log_all_failures;
	bool probe;			/* to the VIP on that server */
	const char *own_because;	/* why that is ruled out, or NULL */
	union {				/* by type */
		struct ka_http http;
		struct ka_udp udp;
		struct ka_dns dns;
		struct ka_smtp smtp;
		struct ka_misc misc;
		struct ka_file_check file;
	};
};

struct ka_real_server {
	struct ka_pos pos;
	struct dray_addr addr;
	uint16_t port;			/* the service's */
	int weight;			/* 0 to 65535 */
	uint32_t u_threshold, l_threshold;	/* 0: none */
	bool inhibit_on_failure, alpha, smtp_alert;
	struct ka_command *notify_up, *notify_down;	/* NULL: none */
	const char *virtualhost;	/* NULL: none */
	struct ka_checker **checkers;	/* none: always alive */
	size_t n_checkers;
};

struct ka_virtual_server {
	struct ka_pos pos;
	const char *name;		/* as said: "10.0.0.1 80", "fwmark 5" */
	struct ka_service_key *keys;	/* one, or the group's */
	size_t n_keys;
	struct ka_vs_group *group;	/* NULL: none */
	uint8_t protocol;		/* IPPROTO_*; 0 if all keys are marks */
	const char *scheduler;		/* lb_algo */
	bool sh_port, sh_fallback, mh_port, mh_fallback;

	bool persistent;
	uint32_t persist_timeout_s;
	uint8_t persist_prefix;		/* 32 or 128: every client alone */
	bool ops;

	uint64_t delay_loop_us;
	unsigned int quorum, hysteresis;
	struct ka_command *quorum_up, *quorum_down;	/* NULL: none */
	bool alpha, omega, ha_suspend, smtp_alert, inhibit_on_failure;
	const char *virtualhost;	/* NULL: none */

	struct ka_real_server *sorry;	/* NULL: none */
	struct ka_real_server **real_servers;
	size_t n_real_servers;

	/* dray's own words; 0: the kernel's default */
	uint32_t rows, load_limit;	/* percent, 0: not said */
	bool has_load_limit, has_down_hold;
	uint32_t down_hold_ms, slow_start_s;
};

#endif
