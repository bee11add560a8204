// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SMTP_CHECK: the server greets, takes our name and a NOOP, and says goodbye.
 * All of the check's hosts have to.
 */
#include "probe.h"

#include <stdio.h>
#include <unistd.h>

#include "curl_loop.h"
#include "mem.h"

#define ANSWER_MAX (64 << 10)	/* bytes of an answer */

struct smtp {
	struct look *look;
	struct transfer transfer;
	struct ka_checker from;	/* binding of the host's turn */
	size_t host, got;
};

static size_t on_answer(char *data, size_t size, size_t n, void *arg)
{
	struct smtp *s = arg;

	(void)data;
	(void)size;
	s->got += n;
	return s->got > ANSWER_MAX ? 0 : n;
}

static void smtp_free(struct smtp *s)
{
	transfer_free(&s->transfer);
	free(s);
}

static bool start_host(struct smtp *s);

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	struct smtp *s = arg;
	struct look *look = s->look;
	char why[160] = "no memory";

	(void)easy;
	if (code)
		snprintf(why, sizeof(why), "%s",
			 transfer_error(&s->transfer, code));
	else if (++s->host == look_checker(look)->smtp.n_hosts)
		why[0] = 0;
	if (!code && why[0]) {
		transfer_free(&s->transfer);
		if (start_host(s))
			return;
	}
	smtp_free(s);
	if (why[0])
		look_failed(look, "%s", why);
	else
		look_passed(look);
}

static void set_url(struct smtp *s, const struct ka_smtp *conf)
{
	const struct ka_smtp_host *to = &conf->hosts[s->host];
	char host[INET6_ADDRSTRLEN], name[256] = "localhost", url[600];

	if (conf->helo_name)
		snprintf(name, sizeof(name), "%s", conf->helo_name);
	else
		gethostname(name, sizeof(name) - 1);
	dray_addr_text(&to->addr, host, sizeof(host));
	snprintf(url, sizeof(url), to->addr.family == AF_INET6 ?
		 "smtp://[%s]:%u/%s" : "smtp://%s:%u/%s", host, to->port, name);
	curl_easy_setopt(s->transfer.easy, CURLOPT_URL, url);
}

static bool start_host(struct smtp *s)
{
	const struct ka_checker *conf = look_checker(s->look);
	long timeout = conf->connect_timeout_us / 1000;
	CURL *easy;

	if (transfer_init(&s->transfer, on_done, s))
		return false;
	s->from = *conf;
	if (conf->smtp.hosts[s->host].bind_addr.family)
		s->from.bind_addr = conf->smtp.hosts[s->host].bind_addr;
	s->transfer.from = &s->from;
	s->got = 0;
	easy = s->transfer.easy;
	set_url(s, &conf->smtp);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "NOOP");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 2 * timeout);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
	return !transfer_start(&s->transfer);
}

static void *smtp_start(struct look *look)
{
	struct smtp *s = mem_zero(1, sizeof(*s));

	s->look = look;
	if (start_host(s))
		return s;
	smtp_free(s);
	look_failed(look, "no memory");
	return NULL;
}

static void smtp_cancel(void *probe)
{
	smtp_free(probe);
}

const struct probe_ops probe_smtp = {
	.name = "SMTP_CHECK",
	.start = smtp_start,
	.cancel = smtp_cancel,
};
