// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vrrp: what drayvrrpd does.  Its status socket gives one JSON document, which
 * is printed as it is, or told in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "words.h"

#define SOCKET "/run/dray/vrrp.sock"
#define PATIENCE 5	/* seconds */

static char *read_status(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = PATIENCE };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text = NULL, buf[4096];
	size_t len = 0;
	ssize_t n = -1;
	FILE *f;

	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s", path) >=
	    (int)sizeof(name.sun_path))
		errno = ENAMETOOLONG;
	else if (fd >= 0 &&
		 !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			     sizeof(limit)) &&
		 !connect(fd, (struct sockaddr *)&name, sizeof(name)))
		n = 0;
	f = n ? NULL : open_memstream(&text, &len);
	while (f && (n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, f);
	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	if (!n)
		return text;
	free(text);
	return NULL;
}

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static double num(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void print_ago(double seconds)
{
	if (seconds < 120)
		printf("%.1f s ago", seconds);
	else if (seconds < 7200)
		printf("%.0f min ago", seconds / 60);
	else
		printf("%.0f h ago", seconds / 3600);
}

static void print_list(const char *title, const json_t *list)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(list))
		return;
	printf("    %s", title);
	json_array_foreach(list, i, item)
		printf("%s %s", i ? "," : "", json_string_value(item));
	printf("\n");
}

static void print_priority(const json_t *p)
{
	const json_t *t;
	size_t i;

	printf("    priority %.0f: configured %.0f", num(p, "effective"),
	       num(p, "configured"));
	json_array_foreach(json_object_get(p, "tracks"), i, t) {
		printf(", %s %s ", str(t, "kind"), str(t, "name"));
		if (json_object_get(t, "value"))
			printf("is %.0f ", num(t, "value"));
		else
			printf("%s ", str(t, "result"));
		if (json_is_true(json_object_get(t, "fault")))
			printf("(fault)");
		else
			printf("%+.0f", num(t, "adds"));
	}
	printf("\n");
}

static void print_peer(const json_t *p)
{
	printf("    director %s", str(p, "address"));
	if (str(p, "mac")[0])
		printf(" (%s)", str(p, "mac"));
	printf(" priority %.0f, heard ", num(p, "priority"));
	print_ago(num(p, "heard_ago"));
	if (json_is_true(json_object_get(p, "addresses_differ")))
		printf(", its list of addresses is not ours");
	if (json_is_true(json_object_get(p, "interval_differs")))
		printf(", its interval is not ours");
	printf("\n");
}

static void print_counts(const char *title, const json_t *o)
{
	bool any = false;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)o, key, value) {
		if (!json_integer_value(value))
			continue;
		printf("%s %s %" JSON_INTEGER_FORMAT, any ? "," : title, key,
		       json_integer_value(value));
		any = true;
	}
	if (any)
		printf("\n");
}

static void print_instance(const json_t *r)
{
	const json_t *item;
	size_t i;

	printf("%s %s, VRID %.0f on %s, %s version %.0f, adverts every "
	       "%.0f ms\n", str(r, "name"), str(r, "state"), num(r, "vrid"),
	       str(r, "interface"),
	       !strcmp(str(r, "family"), "ipv6") ? "IPv6" : "IPv4",
	       num(r, "version"), num(r, "advert_ms"));
	print_list("addresses", json_object_get(r, "addresses"));
	print_list("faults:", json_object_get(r, "faults"));
	print_priority(json_object_get(r, "priority"));
	if (str(r, "master")[0])
		printf("    master %s with priority %.0f\n", str(r, "master"),
		       num(r, "master_priority"));
	json_array_foreach(json_object_get(r, "peers"), i, item)
		print_peer(item);
	print_counts("    adverts ignored:", json_object_get(r, "rejected"));
	json_array_foreach(json_object_get(r, "transitions"), i, item) {
		printf("    %s -> %s ", str(item, "from"), str(item, "to"));
		print_ago(num(item, "ago"));
		printf(": %s\n", str(item, "reason"));
	}
}

static void print_sync_peer(const json_t *p)
{
	printf("    director %s %s%s, heard ", str(p, "address"),
	       json_is_true(json_object_get(p, "master")) ? "master" :
							    "backup",
	       json_is_true(json_object_get(p, "in_sync")) ? ", in sync" : "");
	print_ago(num(p, "heard_ago"));
	if (!json_is_true(json_object_get(p, "joined")))
		printf(", what it has is not here yet");
	if (json_is_true(json_object_get(p, "differs")))
		printf(", WOULD ANSWER OTHERWISE: compare configurations");
	printf("\n");
}

static void print_sync(const json_t *sync)
{
	const json_t *item;
	size_t i;

	if (!sync)
		return;
	printf("state sync: %s", str(sync, "status"));
	if (json_object_get(sync, "hold_left"))
		printf(", preempts nobody for %.0f s more at most",
		       num(sync, "hold_left"));
	printf("\n");
	json_array_foreach(json_object_get(sync, "directors"), i, item)
		print_sync_peer(item);
	print_counts("    counted:", json_object_get(sync, "counters"));
	print_counts("    ignored:", json_object_get(sync, "rejected"));
}

static int print_status(const json_t *root)
{
	const json_t *data = json_object_get(root, "data"), *item;
	size_t i;

	if (!json_is_true(json_object_get(data, "module")))
		printf("dray.ko is not loaded: virtual addresses and VRRP "
		       "only\n");
	json_array_foreach(json_object_get(data, "instances"), i, item)
		print_instance(item);
	print_sync(json_object_get(data, "sync"));
	return 0;
}

int cmd_vrrp(struct session *s, struct words *w)
{
	const char *path = w->n_args ? w->args[0] : SOCKET;
	char *text = read_status(path);
	json_t *root;
	int rc = 0;

	if (!text) {
		fprintf(stderr, "%s: drayvrrpd does not answer at %s: %s\n",
			s->program, path, strerror(errno));
		return RC_FAILED;
	}
	if (classic_has(&w->c, OPT_JSON)) {
		fputs(text, stdout);
	} else {
		root = json_loads(text, 0, NULL);
		rc = root ? print_status(root) : RC_FAILED;
		json_decref(root);
	}
	free(text);
	return rc;
}
