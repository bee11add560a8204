// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP_GET and SSL_GET: every url in turn has to give a status of its list and,
 * if the file has them, a body of its digest that its regex matches.  Redirects
 * are an answer and not followed.  Certificates are not judged.  What a server
 * can make us read is bounded in size and time, whatever it sends.
 */
#include "probe.h"

#include <stdio.h>

#include "curl_loop.h"
#include "digest.h"
#include "mem.h"
#include "regex.h"

#define AGENT "KeepAliveClient"
#define HEADERS_MAX (64 << 10)		/* bytes; more is no answer */
#define BODY_ENOUGH (64 << 10)		/* where only the status matters */
#define BODY_MAX (16 << 20)		/* with a digest or a regex */

struct http {
	struct look *look;
	struct transfer transfer;
	struct curl_slist *headers, *connect_to;
	size_t url, head, body;
	struct md5_ctx md5;
	struct regex *regex;	/* NULL: none */
	bool enough;		/* we have ended it, not the server */
};

static const struct ka_url *url_of(const struct http *h)
{
	return &look_checker(h->look)->http.urls[h->url];
}

/* Whether the rest of the page matters. */
static bool wants_more(const struct http *h)
{
	return url_of(h)->has_digest || (h->regex && !regex_decided(h->regex));
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	(void)size;
	if (url_of(h)->has_digest)
		digest_add(&h->md5, data, n);
	if (h->regex)
		regex_add(h->regex, data, n);
	h->body += n;
	h->enough = h->body > (wants_more(h) ? BODY_MAX : BODY_ENOUGH);
	return h->enough ? 0 : n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	(void)data;
	(void)size;
	h->head += n;
	return h->head > HEADERS_MAX ? 0 : n;
}

static void http_free(struct http *h)
{
	transfer_free(&h->transfer);
	curl_slist_free_all(h->headers);
	curl_slist_free_all(h->connect_to);
	regex_free(h->regex);
	free(h);
}

static bool status_is_good(const struct ka_url *url, long status)
{
	size_t i;

	for (i = 0; i < url->n_status; i++)
		if (status >= url->status[i].from && status <= url->status[i].to)
			return true;
	return false;
}

static bool digest_is_good(struct http *h, const struct ka_url *url)
{
	uint8_t digest[DIGEST_LEN];

	digest_end(&h->md5, digest);
	return !memcmp(digest, url->digest, sizeof(digest));
}

/* Return: whether the page is as it should be, else why not. */
static bool judge_page(struct http *h, char *why, size_t len)
{
	const struct ka_url *url = url_of(h);
	const char *wrong = NULL;

	if (h->enough && wants_more(h)) {
		snprintf(why, len, "%s: more than %d MB", url->path,
			 BODY_MAX >> 20);
		return false;
	}
	if (h->regex) {
		regex_end(h->regex);
		wrong = regex_judge(h->regex);
	}
	if (url->has_digest && !digest_is_good(h, url))
		wrong = "another digest";
	if (wrong)
		snprintf(why, len, "%s: %s", url->path, wrong);
	return !wrong;
}

/* Return: whether the answer is as it should be, else why not. */
static bool judge(struct http *h, CURLcode code, char *why, size_t len)
{
	const struct ka_url *url = url_of(h);
	long status = 0;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	if (h->head > HEADERS_MAX)
		snprintf(why, len, "%s: headers without end", url->path);
	else if (code && !h->enough)
		snprintf(why, len, "%s: %s", url->path,
			 transfer_error(&h->transfer, code));
	else if (!status_is_good(url, status))
		snprintf(why, len, "%s: status %ld", url->path, status);
	else
		return judge_page(h, why, len);
	return false;
}

static bool start_url(struct http *h);

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	struct http *h = arg;
	struct look *look = h->look;
	char why[160] = "";
	bool ok = judge(h, code, why, sizeof(why));

	(void)easy;
	if (ok && ++h->url < look_checker(look)->http.n_urls) {
		transfer_free(&h->transfer);
		ok = start_url(h);
		if (ok)
			return;
		snprintf(why, sizeof(why), "no memory");
	}
	http_free(h);
	if (ok)
		look_passed(look);
	else
		look_failed(look, "%s", why);
}

/* The name that TLS asks for is that of the URL, wherever it is sent to. */
static void set_place(struct http *h, const struct ka_checker *conf)
{
	const struct ka_http *http = &conf->http;
	const struct ka_url *url = url_of(h);
	const char *name = http->sni_name ? http->sni_name : url->virtualhost;
	char place[INET6_ADDRSTRLEN + 16], host[INET6_ADDRSTRLEN], text[600];
	const char *scheme = conf->type == KA_SSL_GET ? "https" : "http";

	dray_addr_text(&conf->addr, host, sizeof(host));
	snprintf(place, sizeof(place), conf->addr.family == AF_INET6 ?
		 "[%s]:%u" : "%s:%u", host, conf->port);
	if (conf->type == KA_SSL_GET && http->sni && name) {
		snprintf(text, sizeof(text), "::%s", place);
		h->connect_to = curl_slist_append(NULL, text);
		curl_easy_setopt(h->transfer.easy, CURLOPT_CONNECT_TO,
				 h->connect_to);
		snprintf(text, sizeof(text), "%s://%s:%u/", scheme, name,
			 conf->port);
	} else {
		snprintf(text, sizeof(text), "%s://%s/", scheme, place);
	}
	curl_easy_setopt(h->transfer.easy, CURLOPT_URL, text);
}

static void set_headers(struct http *h, const struct ka_http *http)
{
	const char *vhost = url_of(h)->virtualhost;
	bool close = http->protocol == KA_HTTP_10C ||
		     http->protocol == KA_HTTP_11;
	char text[300];

	if (vhost) {
		snprintf(text, sizeof(text), "Host: %s", vhost);
		h->headers = curl_slist_append(h->headers, text);
	}
	if (close)
		h->headers = curl_slist_append(h->headers,
					       "Connection: close");
	curl_easy_setopt(h->transfer.easy, CURLOPT_HTTPHEADER, h->headers);
}

static void set_options(CURL *easy, const struct ka_checker *conf,
			struct http *h)
{
	bool old = conf->http.protocol == KA_HTTP_10 ||
		   conf->http.protocol == KA_HTTP_10C;

	curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, url_of(h)->path);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, old ?
			 CURL_HTTP_VERSION_1_0 : CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, AGENT);
	transfer_limit(&h->transfer, conf->connect_timeout_us / 1000);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
}

static bool start_url(struct http *h)
{
	const struct ka_checker *conf = look_checker(h->look);

	if (transfer_init(&h->transfer, on_done, h))
		return false;
	curl_slist_free_all(h->headers);
	curl_slist_free_all(h->connect_to);
	h->headers = NULL;
	h->connect_to = NULL;
	h->transfer.from = conf;
	h->head = 0;
	h->body = 0;
	h->enough = false;
	digest_begin(&h->md5);
	regex_free(h->regex);
	h->regex = url_of(h)->regex.text ? regex_begin(&url_of(h)->regex) : NULL;
	set_place(h, conf);
	set_headers(h, &conf->http);
	set_options(h->transfer.easy, conf, h);
	return !transfer_start(&h->transfer);
}

static void *http_start(struct look *look)
{
	struct http *h = mem_zero(1, sizeof(*h));

	h->look = look;
	if (start_url(h))
		return h;
	http_free(h);
	look_failed(look, "no memory");
	return NULL;
}

static void http_cancel(void *probe)
{
	http_free(probe);
}

const struct probe_ops probe_http = {
	.name = "HTTP_CHECK",
	.start = http_start,
	.cancel = http_cancel,
};

const struct probe_ops probe_https = {
	.name = "SSL_CHECK",
	.start = http_start,
	.cancel = http_cancel,
};
