// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See mail.h.  A few at a time; what more there is waits, and beyond a limit
 * is not sent: a thousand servers that fail are one piece of news.
 */
#include "mail.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "curl_loop.h"
#include "job.h"
#include "log.h"
#include "mem.h"

#define AT_ONCE 4
#define WAITING_MAX 100
#define COMPLAIN_EVERY 60000	/* ms */

struct mail {
	struct mail *next;
	struct transfer transfer;
	struct curl_slist *to;
	char *text;
	size_t sent;
	bool started;
};

static struct mail *mails;
static unsigned int n_mails, n_started;
static uint64_t complained;

static void mail_free(struct mail *m)
{
	struct mail **at = &mails;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	n_mails--;
	n_started -= m->started;
	transfer_free(&m->transfer);
	curl_slist_free_all(m->to);
	free(m->text);
	free(m);
}

/* A mail server that is away is not told with every event. */
static void complain(const char *why)
{
	uint64_t now = now_ms();

	if (complained && now < complained + COMPLAIN_EVERY)
		return;
	complained = now;
	log_warning("Mail cannot be sent: %s", why);
}

static void start_waiting(void);

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	struct mail *m = arg;

	(void)easy;
	if (code)
		complain(transfer_error(&m->transfer, code));
	mail_free(m);
	start_waiting();
}

static void start_waiting(void)
{
	struct mail *m, *next;

	for (m = mails; m && n_started < AT_ONCE; m = next) {
		next = m->next;
		if (m->started)
			continue;
		if (transfer_start(&m->transfer)) {
			mail_free(m);
			continue;
		}
		m->started = true;
		n_started++;
	}
}

static size_t on_read(char *buffer, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	size_t left = strlen(m->text) - m->sent;

	n *= size;
	if (n > left)
		n = left;
	memcpy(buffer, m->text + m->sent, n);
	m->sent += n;
	return n;
}

static void host_name(char *name, size_t len)
{
	if (gethostname(name, len - 1))
		snprintf(name, len, "localhost");
	name[len - 1] = 0;
}

static const char *sender(const struct ka_globals *g, char *buf, size_t len)
{
	char host[256];

	if (g->mail_from)
		return g->mail_from;
	host_name(host, sizeof(host));
	snprintf(buf, len, "draycheckd@%s", host);
	return buf;
}

static char *make_text(const struct ka_globals *g, const char *subject,
		       const char *body)
{
	char host[256], from[300], date[64], *text = NULL;
	time_t now = time(NULL);
	struct tm local;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	host_name(host, sizeof(host));
	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &local);
	fprintf(out, "Date: %s\r\nFrom: <%s>\r\nTo: ", date,
		sender(g, from, sizeof(from)));
	for (i = 0; i < g->n_mail_to; i++)
		fprintf(out, "%s<%s>", i ? ", " : "", g->mail_to[i]);
	fprintf(out, "\r\nSubject: [%s] %s\r\nX-Mailer: draycheckd\r\n"
		"\r\n%s\r\n", g->router_id ? g->router_id : host, subject,
		body);
	if (fclose(out))
		abort();
	return text;
}

static void set_options(struct mail *m, const struct ka_globals *g)
{
	long timeout = g->smtp_connect_timeout_us / 1000;
	char url[600], helo[256], from[300];
	CURL *easy = m->transfer.easy;
	size_t i;

	host_name(helo, sizeof(helo));
	snprintf(url, sizeof(url), strchr(g->smtp_server, ':') ?
		 "smtp://[%s]:%u/%s" : "smtp://%s:%u/%s", g->smtp_server,
		 g->smtp_port, g->smtp_helo_name ? g->smtp_helo_name : helo);
	for (i = 0; i < g->n_mail_to; i++)
		m->to = curl_slist_append(m->to, g->mail_to[i]);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM,
			 sender(g, from, sizeof(from)));
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, m->to);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, m);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 4 * timeout);
}

void mail_send(const struct ka_conf *conf, const char *subject,
	       const char *body)
{
	const struct ka_globals *g = &conf->globals;
	struct mail *m, **end = &mails;

	if (!g->n_mail_to || !g->smtp_server)
		return;
	if (n_mails == WAITING_MAX) {
		complain("too many are waiting already");
		return;
	}
	m = mem_zero(1, sizeof(*m));
	if (transfer_init(&m->transfer, on_done, m)) {
		free(m);
		return;
	}
	m->text = make_text(g, subject, body);
	set_options(m, g);
	while (*end)
		end = &(*end)->next;
	*end = m;
	n_mails++;
	start_waiting();
}
