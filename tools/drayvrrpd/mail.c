// SPDX-License-Identifier: GPL-2.0-or-later
/* A mail as keepalived writes it: plain text, a subject that says it all. */
#include "mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

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

int mail_send(char *const *words, size_t n)
{
	struct curl_slist *to = NULL;
	CURL *curl = curl_easy_init();
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	size_t i, len = 0;
	char *text = message(words, n, &len);
	FILE *f = text ? fmemopen(text, len, "r") : NULL;

	if (curl && f && n > MAIL_TO) {
		for (i = MAIL_TO; i < n; i++)
			to = curl_slist_append(to, words[i]);
		curl_easy_setopt(curl, CURLOPT_URL, words[MAIL_URL]);
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
				 atol(words[MAIL_CONNECT_MS]));
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
		curl_easy_setopt(curl, CURLOPT_MAIL_FROM, words[MAIL_FROM]);
		curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(curl, CURLOPT_READDATA, f);
		rc = curl_easy_perform(curl);
	}
	if (rc)
		log_say(LOG_WARNING, "mail to %s by %s: %s: %s",
			n > MAIL_TO ? words[MAIL_TO] : "nobody",
			words[MAIL_URL], words[MAIL_SUBJECT],
			curl_easy_strerror(rc));
	return rc != CURLE_OK;
}
