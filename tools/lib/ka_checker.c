// SPDX-License-Identifier: GPL-2.0-or-later
/* The checks of a real_server: keywords of each kind. */
#include "ka_server.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ka_regex.h"

#define R ka_checker_raw

/* the seed's spelling, and that of many files from before 2005 */
static void set_nb_get_retry(struct ka_parser *p, struct ka_node *node,
			     struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;
	size_t at = 1;
	int64_t value;

	if (!ka_get_number(p, node, &at, 0, 65535, &value))
		return;
	r->check.retry = value;
	ka_say(p, KA_NOTE, node, 0,
	       ka_printf(p->conf->memory, "taken as retry %u", r->check.retry),
	       r->c.type == KA_HTTP_GET || r->c.type == KA_SSL_GET ?
	       "'nb_get_retry' is the old name of retry" :
	       "'nb_get_retry' is the old name of retry, which keepalived ignores here");
}

/* a status code or a range, several on a line */
static void add_status(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_url *url = raw->object;
	struct ka_status_range range;
	size_t at;
	char *end;
	long from, to;

	for (at = 1; at < node->n_words; at++) {
		from = strtol(node->words[at].text, &end, 10);
		to = *end == '-' ? strtol(end + 1, &end, 10) : from;
		if (*end || from < 100 || to > 999 || from > to) {
			ka_say(p, KA_ERROR, node, at, "ignored",
			       "'%s' is neither a status code nor a range of them",
			       node->words[at].text);
			continue;
		}
		range = (struct ka_status_range) { from, to };
		url->status = ka_grow(p->conf->memory, url->status,
				      url->n_status, sizeof(range));
		url->status[url->n_status++] = range;
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	return at ? at - digits : -1;
}

static void set_digest(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	const char *text = node->words[1].text;
	struct ka_url *url = raw->object;
	size_t i, len = strlen(text);

	for (i = 0; i < len && len == 32 && hex_digit(text[i]) >= 0; i++)
		url->digest[i / 2] = 16 * url->digest[i / 2] + hex_digit(text[i]);
	url->has_digest = i == 32;
	if (!url->has_digest)
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "'%s' is no MD5 digest of 32 hexadecimal digits", text);
}

static const struct ka_keyword url_keywords[] = {
	K_STRING("path", 2, ka_url, path),
	K_LINES("status_code", 2, ka_url, status, add_status, 1, 1000,
		"a status code"),
	K_LINE("digest", 2, ka_url, digest, set_digest, 1, 1, "an MD5 digest"),
	K_STRING("virtualhost", 2, ka_url, virtualhost),
	K_LINE("regex", 2, ka_url, regex.text, ka_set_regex, 1, 1, "a pattern"),
	K_BOOL("regex_no_match", 2, ka_url, regex.no_match),
	K_LINES("regex_options", 3, ka_url, regex.options,
		ka_add_regex_options, 1, 100, "an option"),
	K_INT("regex_min_offset", 3, ka_url, regex.min, 0, UINT32_MAX),
	K_INT("regex_max_offset", 3, ka_url, regex.max, 0, UINT32_MAX),
	K_LINE("regex_stack", 3, ka_url, regex.stack, ka_set_regex_stack, 2, 2,
	       "two numbers of bytes"),
	K_NEWER("tls_compliant"),
};

const struct ka_table ka_url_table = K_TABLE("url", url_keywords);

static void add_url(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw)
{
	struct ka_http *http = &((struct ka_checker_raw *)raw->object)->c.http;
	struct ka_url url = { .pos = node->pos, .path = "/",
			      .regex.max = UINT32_MAX };
	struct ka_raw *made = ka_raw_create(p, node, &ka_url_table, &url);

	ka_block(p, made);
	ka_regex_complete(p, made);
	http->urls = ka_grow(p->conf->memory, http->urls, http->n_urls,
			     sizeof(url));
	http->urls[http->n_urls++] = url;
}

static void set_http_protocol(struct ka_parser *p, struct ka_node *node,
			      struct ka_raw *raw)
{
	static const char *const names[] = { "1.0", "1.0C", "1.1", "1.1K" };
	struct ka_checker_raw *r = raw->object;
	size_t i;

	for (i = 0; i < KA_COUNT(names); i++) {
		if (!strcasecmp(node->words[1].text, names[i])) {
			r->c.http.protocol = KA_HTTP_10 + i;
			return;
		}
	}
	ka_say(p, KA_ERROR, node, 1, "1.0 is taken",
	       "'%s' is none of 1.0, 1.0C, 1.1 and 1.1K", node->words[1].text);
}

static void set_misc_path(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;

	r->c.misc.command = ka_get_whole_command(p, node, 1);
}

static void set_misc_user(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	(void)p;
	((struct ka_checker_raw *)raw->object)->user = node;
}

static void set_dns_type(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	static const struct {
		const char *name;
		uint16_t type;
	} types[] = {
		{ "A", 1 },	 { "NS", 2 },	   { "CNAME", 5 }, { "SOA", 6 },
		{ "PTR", 12 },	 { "MX", 15 },	   { "TXT", 16 },  { "AAAA", 28 },
		{ "SRV", 33 },	 { "RRSIG", 46 },  { "DNSKEY", 48 },
	};
	struct ka_dns *dns = &((struct ka_checker_raw *)raw->object)->c.dns;
	size_t i;

	for (i = 0; i < KA_COUNT(types); i++) {
		if (!strcasecmp(node->words[1].text, types[i].name)) {
			dns->type = types[i].type;
			dns->type_name = types[i].name;
			return;
		}
	}
	ka_say(p, KA_ERROR, node, 1, "SOA is taken",
	       "'%s' is no type of record that a check can ask for",
	       node->words[1].text);
}

/* Hexadecimal bytes; with a mask "xx" stands for any.  Return: NULL if not. */
static uint8_t *hex_bytes(struct ka_parser *p, const char *text, size_t *len,
			  uint8_t **mask)
{
	uint8_t *bytes = ka_alloc(p->conf->memory, strlen(text) / 2 + 1);
	int high, low;
	bool any;

	if (mask)
		*mask = ka_alloc(p->conf->memory, strlen(text) / 2 + 1);
	*len = 0;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		any = mask && !strncasecmp(text, "xx", 2);
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (!any && low < 0)
			return NULL;
		bytes[*len] = any ? 0 : 16 * high + low;
		if (mask)
			(*mask)[*len] = any ? 0 : 0xff;
		++*len;
		text += 2;
	}
	return bytes;
}

static void set_payload(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	struct ka_udp *udp = &((struct ka_checker_raw *)raw->object)->c.udp;

	udp->payload = hex_bytes(p, node->words[1].text, &udp->payload_len, NULL);
	if (!udp->payload) {
		udp->payload_len = 0;
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "'%s' are not hexadecimal bytes", node->words[1].text);
	}
}

static void set_reply(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	struct ka_udp *udp = &((struct ka_checker_raw *)raw->object)->c.udp;

	udp->require_reply = true;
	if (node->n_words < 2)
		return;
	udp->reply = hex_bytes(p, node->words[1].text, &udp->reply_len,
			       &udp->reply_mask);
	if (!udp->reply) {
		udp->reply_len = 0;
		udp->reply_mask = NULL;
		ka_say(p, KA_ERROR, node, 1, "any reply is taken",
		       "'%s' are not hexadecimal bytes, or xx for any",
		       node->words[1].text);
	}
}

static void set_file_weight(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;
	size_t at = 1;

	r->file_weight = ka_weight_read(p, node, &at, KA_FILE_WEIGHT_MAX,
					&r->c.file.weight,
					&r->c.file.reverse);
	ka_no_more(p, node, at);
}

static const struct ka_keyword host_keywords[] = {
	K_ADDR("connect_ip", 3, ka_smtp_host, addr),
	K_INT("connect_port", 3, ka_smtp_host, port, 1, 65535),
	K_ADDR("bindto", 3, ka_smtp_host, bind_addr),
};

const struct ka_table ka_smtp_host_table = K_TABLE("host", host_keywords);

static void add_host(struct ka_parser *p, struct ka_node *node,
		     struct ka_raw *raw)
{
	struct ka_smtp *smtp = &((struct ka_checker_raw *)raw->object)->c.smtp;
	struct ka_smtp_host host = { .pos = node->pos };

	ka_block(p, ka_raw_create(p, node, &ka_smtp_host_table, &host));
	smtp->hosts = ka_grow(p->conf->memory, smtp->hosts, smtp->n_hosts,
			      sizeof(host));
	smtp->hosts[smtp->n_hosts++] = host;
}

#define COMMON \
	K_CHECK_COMMON(R), \
	K_BOOL("log_all_failures", 2, R, c.log_all_failures), \
	K_LINE("nb_get_retry", 1, R, check.retry, set_nb_get_retry, 1, 1, \
	       "a number")
#define TARGET \
	K_ADDR("connect_ip", 2, R, c.addr), \
	K_INT("connect_port", 2, R, c.port, 1, 65535), \
	K_ADDR("bindto", 2, R, c.bind_addr), \
	K_STRING("bind_if", 2, R, c.bind_if), \
	K_INT("bind_port", 2, R, c.bind_port, 1, 65535), \
	K_INT("fwmark", 2, R, c.fwmark, 1, UINT32_MAX)
#define HTTP \
	K_BLOCKS("url", 2, R, c.http.urls, add_url), \
	K_LINE("http_protocol", 2, R, c.http.protocol, set_http_protocol, 1, 1, \
	       "a version"), \
	K_BOOL("fast_recovery", 2, R, c.http.fast_recovery), \
	K_STRING("virtualhost", 2, R, check.virtualhost), \
	K_BOOL("enable_sni", 2, R, c.http.sni), \
	K_STRING("sni_name", 3, R, c.http.sni_name), \
	K_NEWER("tls_compliant")

static const struct ka_keyword tcp[] = { COMMON, TARGET };
static const struct ka_keyword http[] = { COMMON, TARGET, HTTP };
static const struct ka_keyword udp[] = {
	COMMON, TARGET,
	K_LINE("payload", 3, R, c.udp.payload, set_payload, 1, 1,
	       "hexadecimal bytes"),
	K_LINE("require_reply", 3, R, c.udp.require_reply, set_reply, 0, 1, ""),
	K_INT("min_reply_length", 3, R, c.udp.min_reply, 0, 65535),
	K_INT("max_reply_length", 3, R, c.udp.max_reply, 0, 65535),
};
static const struct ka_keyword dns[] = {
	COMMON, TARGET,
	K_LINE("type", 3, R, c.dns.type, set_dns_type, 1, 1, "a type"),
	K_STRING("name", 3, R, c.dns.name),
};
static const struct ka_keyword smtp[] = {
	COMMON, TARGET,
	K_STRING("helo_name", 3, R, c.smtp.helo_name),
	K_BLOCKS("host", 3, R, c.smtp.hosts, add_host),
};
static const struct ka_keyword misc[] = {
	COMMON,
	K_LINE("misc_path", 2, R, c.misc.command, set_misc_path, 1, 1000,
	       "a command"),
	K_TIME("misc_timeout", 2, R, c.misc.timeout_us, 0.001, KA_A_DAY),
	K_BOOL("misc_dynamic", 2, R, c.misc.dynamic),
	K_LINE("user", 2, R, user, set_misc_user, 1, 2,
	       "a user and may have a group"),
};
static const struct ka_keyword file[] = {
	COMMON,
	K_STRING("track_file", 3, R, file),
	K_LINE("weight", 3, R, c.file.weight, set_file_weight, 1, 3, "a number"),
	K_UNUSED("dynamic"),
};

const struct ka_table ka_tcp_table = K_TABLE("TCP_CHECK", tcp);
const struct ka_table ka_http_table = K_TABLE("HTTP_GET", http);
const struct ka_table ka_ssl_table = K_TABLE("SSL_GET", http);
const struct ka_table ka_udp_table = K_TABLE("UDP_CHECK", udp);
const struct ka_table ka_dns_table = K_TABLE("DNS_CHECK", dns);
const struct ka_table ka_ping_table = K_TABLE("PING_CHECK", tcp);
const struct ka_table ka_smtp_table = K_TABLE("SMTP_CHECK", smtp);
const struct ka_table ka_misc_table = K_TABLE("MISC_CHECK", misc);
const struct ka_table ka_file_check_table = K_TABLE("FILE_CHECK", file);

/* by enum ka_checker_type */
static const struct ka_table *const tables[] = {
	&ka_tcp_table, &ka_http_table, &ka_ssl_table, &ka_udp_table,
	&ka_dns_table, &ka_ping_table, &ka_smtp_table, &ka_misc_table,
	&ka_file_check_table,
};

static void set_defaults(struct ka_checker_raw *r)
{
	if (r->c.type == KA_DNS_CHECK) {
		r->c.dns.type = 6;
		r->c.dns.type_name = "SOA";
		r->c.dns.name = ".";
	}
	if (r->c.type == KA_UDP_CHECK)
		r->c.udp.max_reply = 255;
}

void ka_checker(struct ka_parser *p, struct ka_node *node, struct ka_raw *rs)
{
	struct ka_checker_raw *r = ka_alloc(p->conf->memory, sizeof(*r));
	struct ka_raw *made;
	size_t type = 0;

	while (strcmp(tables[type]->name, node->words[0].text))
		type++;
	r->c.pos = node->pos;
	r->c.type = type;
	set_defaults(r);
	made = ka_raw_create(p, node, tables[type], r);
	ka_block(p, made);
	ka_raw_adopt(rs, made);
}
