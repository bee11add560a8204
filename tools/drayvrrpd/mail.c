// SPDX-License-Identifier: GPL-2.0-or-later
/* A mail as keepalived writes it: plain text, a subject that says it all. */
#include "mail.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

/* its checks of types are for a call by this name */
#undef curl_easy_setopt

#define TIMEOUT_SECONDS 50L

static char *message(char *const *words, size_t n, size_t *len)
{
	char date[64], *text = NULL;
	time_t now = time(NULL);
	struct tm tm;
	FILE *f = open_memstream(&text, len);
	size_t i;

	if (!f)
		return NULL;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z",
		 localtime_r(&now, &tm));
	fprintf(f, "Date: %s\r\nFrom: %s\r\nSubject: %s\r\n"
		"X-Mailer: dray\r\nTo:", date, words[MAIL_FROM],
		words[MAIL_SUBJECT]);
	for (i = MAIL_TO; i < n; i++)
		fprintf(f, "%s %s", i > MAIL_TO ? "," : "", words[i]);
	fprintf(f, "\r\n\r\n%s\r\n", words[MAIL_BODY]);
	return fclose(f) ? NULL : text;
}

/*
 * Loaded for the mail: the worker comes from the same program, has all of it in
 * locked memory, and is to be forked quickly.
 */
static struct {
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_setopt) *setopt;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_strerror) *strerror;
	__typeof__(curl_slist_append) *append;
} lib;

static bool load(void)
{
	void *curl = dlopen(LIBCURL, RTLD_NOW);

	if (!curl)
		return false;
	lib.init = dlsym(curl, "curl_easy_init");
	lib.setopt = dlsym(curl, "curl_easy_setopt");
	lib.perform = dlsym(curl, "curl_easy_perform");
	lib.strerror = dlsym(curl, "curl_easy_strerror");
	lib.append = dlsym(curl, "curl_slist_append");
	return lib.init && lib.setopt && lib.perform && lib.strerror &&
	       lib.append;
}

static CURLcode transfer(char *const *words, size_t n, FILE *text)
{
	struct curl_slist *to = NULL;
	CURL *curl = lib.init();
	size_t i;

	if (!curl)
		return CURLE_OUT_OF_MEMORY;
	for (i = MAIL_TO; i < n; i++)
		to = lib.append(to, words[i]);
	lib.setopt(curl, CURLOPT_URL, words[MAIL_URL]);
	lib.setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	lib.setopt(curl, CURLOPT_NOSIGNAL, 1L);
	lib.setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, atol(words[MAIL_CONNECT_MS]));
	lib.setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	lib.setopt(curl, CURLOPT_MAIL_FROM, words[MAIL_FROM]);
	lib.setopt(curl, CURLOPT_MAIL_RCPT, to);
	lib.setopt(curl, CURLOPT_UPLOAD, 1L);
	lib.setopt(curl, CURLOPT_READDATA, text);
	return lib.perform(curl);
}

int mail_send(char *const *words, size_t n)
{
	const char *why = NULL;
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	size_t len = 0;
	char *text = message(words, n, &len);
	FILE *f = text ? fmemopen(text, len, "r") : NULL;

	if (!load())
		why = dlerror();
	else if (f && n > MAIL_TO)
		rc = transfer(words, n, f);
	if (rc)
		log_say(LOG_WARNING, "mail to %s by %s: %s: %s",
			n > MAIL_TO ? words[MAIL_TO] : "nobody",
			words[MAIL_URL], words[MAIL_SUBJECT],
			why ? why : lib.strerror(rc));
	return rc != CURLE_OK;
}
