// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that makes a check what it is, as text: two checks with the same text
 * would always find the same, so they are one job.
 */
#include <stdio.h>

#include "job.h"
#include "ka_vrrp.h"
#include "mem.h"

static void put_addr(FILE *out, const struct dray_addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "-";

	if (addr->family)
		dray_addr_text(addr, text, sizeof(text));
	fprintf(out, " %s", text);
}

/* Length first, so that no text can look like two. */
static void put_text(FILE *out, const char *text)
{
	if (text)
		fprintf(out, " %zu:%s", strlen(text), text);
	else
		fputs(" -", out);
}

static void put_bytes(FILE *out, const uint8_t *bytes, size_t n)
{
	size_t i;

	fputs(bytes ? " x" : " -", out);
	for (i = 0; bytes && i < n; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void put_url(FILE *out, const struct ka_url *url)
{
	size_t i;

	put_text(out, url->path);
	put_text(out, url->virtualhost);
	for (i = 0; i < url->n_status; i++)
		fprintf(out, " %u-%u", url->status[i].from, url->status[i].to);
	put_bytes(out, url->has_digest ? url->digest : NULL,
		  sizeof(url->digest));
	put_text(out, url->regex.text);
	fprintf(out, " %x %u %u %u %d", url->regex.options, url->regex.min,
		url->regex.max, url->regex.stack, url->regex.no_match);
}

static void put_http(FILE *out, const struct ka_http *http)
{
	size_t i;

	fprintf(out, " %d %d", http->protocol, http->sni);
	put_text(out, http->sni_name);
	for (i = 0; i < http->n_urls; i++)
		put_url(out, &http->urls[i]);
}

static void put_udp(FILE *out, const struct ka_udp *udp)
{
	put_bytes(out, udp->payload, udp->payload_len);
	put_bytes(out, udp->reply, udp->reply_len);
	put_bytes(out, udp->reply_mask, udp->reply_len);
	fprintf(out, " %d %u %u", udp->require_reply, udp->min_reply,
		udp->max_reply);
}

static void put_smtp(FILE *out, const struct ka_smtp *smtp)
{
	size_t i;

	put_text(out, smtp->helo_name);
	for (i = 0; i < smtp->n_hosts; i++) {
		put_addr(out, &smtp->hosts[i].addr);
		fprintf(out, " %u", smtp->hosts[i].port);
		put_addr(out, &smtp->hosts[i].bind_addr);
	}
}

static void put_command(FILE *out, const struct ka_misc *misc)
{
	put_text(out, misc->command->text);
	put_text(out, misc->command->user);
	put_text(out, misc->command->group);
	fprintf(out, " %llu %d", (unsigned long long)misc->timeout_us,
		misc->dynamic);
}

static void put_file(FILE *out, const struct ka_file_check *file)
{
	put_text(out, file->file->path);
	fprintf(out, " %d %d", file->weight, file->reverse);
}

static void put_own(FILE *out, const struct ka_checker *conf)
{
	switch (conf->type) {
	case KA_HTTP_GET:
	case KA_SSL_GET:
		return put_http(out, &conf->http);
	case KA_UDP_CHECK:
		return put_udp(out, &conf->udp);
	case KA_DNS_CHECK:
		fprintf(out, " %u", conf->dns.type);
		return put_text(out, conf->dns.name);
	case KA_SMTP_CHECK:
		return put_smtp(out, &conf->smtp);
	case KA_MISC_CHECK:
		return put_command(out, &conf->misc);
	case KA_FILE_CHECK:
		return put_file(out, &conf->file);
	case KA_TCP_CHECK:
	case KA_PING_CHECK:
		return;
	}
}

/* A script is told nothing of the server that it is for. */
static bool has_target(const struct ka_checker *conf)
{
	return conf->type != KA_MISC_CHECK && conf->type != KA_FILE_CHECK;
}

/* The caller frees it. */
char *job_identity(const struct ka_checker *conf, const struct dray_addr *vip)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fprintf(out, "%d", conf->type);
	if (vip)
		put_addr(out, vip);
	if (has_target(conf)) {
		put_addr(out, &conf->addr);
		fprintf(out, " %u", conf->port);
		put_addr(out, &conf->bind_addr);
		fprintf(out, " %u %u", conf->bind_port, conf->fwmark);
		put_text(out, conf->bind_if);
	}
	fprintf(out, " %llu %llu %llu %u %llu",
		(unsigned long long)conf->connect_timeout_us,
		(unsigned long long)conf->delay_loop_us,
		(unsigned long long)conf->delay_before_retry_us, conf->retry,
		(unsigned long long)conf->warmup_us);
	put_own(out, conf);
	if (fclose(out))
		abort();
	return text;
}
