// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * health, lift: what draycheckd says of its checks, and telling it that a
 * change by hand is over.  Asks the daemon, not the kernel.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "words.h"

#define DEFAULT_SOCKET "/run/dray/check.sock"
#define PATIENCE_S 10

static const char *text_of(const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text ? text : "";
}

static double number_of(const json_t *from, const char *name)
{
	return json_number_value(json_object_get(from, name));
}

static bool is(const json_t *from, const char *name)
{
	return json_is_true(json_object_get(from, name));
}

/* "9.2 s", "12 min", "3 h", "2 d" */
static const char *time_text(double s, char *buf, size_t len)
{
	if (s < 120)
		snprintf(buf, len, "%.1f s", s);
	else if (s < 7200)
		snprintf(buf, len, "%.0f min", s / 60);
	else if (s < 172800)
		snprintf(buf, len, "%.0f h", s / 3600);
	else
		snprintf(buf, len, "%.0f d", s / 86400);
	return buf;
}

static int no_daemon(const struct session *s, const char *path)
{
	complain(s, "cannot ask draycheckd at %s: %s", path, strerror(errno));
	if (errno == ENOENT || errno == ECONNREFUSED)
		complain(s, "Is it running?  Try: systemctl status draycheckd");
	return RC_FAILED;
}

static int reach(const char *path)
{
	struct timeval patience = { PATIENCE_S, 0 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	close(fd);
	return -1;
}

/* A line, at once.  A daemon that goes meanwhile is something to say, and not to
 * die of.
 */
static int send_request(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT), *line;
	int len = text ? asprintf(&line, "%s\n", text) : -1;
	int rc = -1;

	if (len >= 0) {
		if (send(fd, line, len, MSG_NOSIGNAL) == len)
			rc = 0;
		free(line);
	}
	free(text);
	return rc;
}

/* The answer, to be released; NULL with everything said. */
static json_t *ask(const struct session *s, const char *path, json_t *request)
{
	json_t *answer = NULL;
	json_error_t error;
	int fd;

	if (!path[0])
		path = DEFAULT_SOCKET;
	fd = reach(path);
	if (fd < 0 || send_request(fd, request)) {
		no_daemon(s, path);
	} else {
		answer = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &error);
		if (!answer)
			complain(s, "draycheckd's answer cannot be read: %s",
				 error.text);
	}
	if (fd >= 0)
		close(fd);
	json_decref(request);
	if (answer && text_of(answer, "error")[0]) {
		complain(s, "%s", text_of(answer, "error"));
		json_decref(answer);
		return NULL;
	}
	return answer;
}

static void print_check(const json_t *check)
{
	const char *own = text_of(check, "own_address_only");
	const char *vip = text_of(check, "vip");
	const char *why = text_of(check, "why");
	char since[32];

	printf("       %-10s %s%s%s %s for %s, took %.3f s%s%s\n",
	       text_of(check, "kind"), text_of(check, "target"),
	       *vip && !*own ? " as " : "", *own ? "" : vip,
	       text_of(check, "state"),
	       time_text(number_of(check, "for"), since, sizeof(since)),
	       number_of(check, "took"), *why ? ": " : "", why);
	if (*own)
		printf("                  own address only: %s\n", own);
}

static void print_server(const json_t *server)
{
	const char *override = text_of(server, "override");
	const char *state = text_of(server, "state");
	json_t *check;
	size_t i;

	printf("  -> %s port %.0f: %s, weight %.0f",
	       text_of(server, "address"), number_of(server, "port"),
	       is(server, "alive") ? "alive" : "dead",
	       number_of(server, "weight"));
	if (*state)
		printf(", %s in the table", state);
	if (*override)
		printf(", BY HAND: %s", override);
	putchar('\n');
	json_array_foreach(json_object_get(server, "checks"), i, check)
		print_check(check);
}

static void print_service(const json_t *service)
{
	json_t *server;
	size_t i;

	printf("VS %s  quorum %s: weight %.0f alive of %.0f wanted",
	       text_of(service, "name"),
	       is(service, "quorum") ? "yes" : "NO",
	       number_of(service, "alive_weight"),
	       number_of(service, "quorum_of"));
	if (*text_of(service, "sorry_server"))
		printf(", sorry server %s%s", text_of(service, "sorry_server"),
		       is(service, "quorum") ? "" : " IN USE");
	putchar('\n');
	if (*text_of(service, "refused"))
		printf("  ! refused by the kernel: %s\n",
		       text_of(service, "refused"));
	json_array_foreach(json_object_get(service, "servers"), i, server)
		print_server(server);
}

static void print_health(const json_t *answer)
{
	const json_t *data = json_object_get(answer, "data");
	json_t *service;
	char time[32];
	size_t i;

	printf("draycheckd runs for %s with %s, %.0f checks\n",
	       time_text(number_of(data, "running_for"), time, sizeof(time)),
	       text_of(data, "file"), number_of(data, "checks"));
	if (!is(data, "module"))
		puts("! dray.ko is not loaded: nothing is forwarded");
	if (*text_of(data, "blame"))
		printf("! %s\n", text_of(data, "blame"));
	json_array_foreach(json_object_get(data, "services"), i, service)
		print_service(service);
}

int cmd_health(struct session *s, struct words *w)
{
	json_t *answer;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	answer = ask(s, w->socket, json_pack("{s:s}", "command", "health"));
	if (!answer)
		return RC_FAILED;
	if (classic_has(&w->c, OPT_JSON)) {
		json_dumpf(answer, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_health(answer);
	}
	json_decref(answer);
	return 0;
}

static json_t *pack_place(const struct dray_addr *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	return json_pack("{s:s, s:i}", "address",
			 dray_addr_text(addr, text, sizeof(text)),
			 "port", port);
}

static json_t *pack_service(const struct dray_key *key)
{
	json_t *made;

	if (key->fwmark)
		return json_pack("{s:i, s:I}", "family", key->family,
				 "fwmark", (json_int_t)key->fwmark);
	made = pack_place(&key->addr, key->port);
	json_object_set_new(made, "protocol", json_integer(key->protocol));
	return made;
}

int cmd_lift(struct session *s, struct words *w)
{
	json_t *request, *answer;
	int n;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	if (!words_service(w))
		return words_usage(s, w, "a service is needed");
	request = json_pack("{s:s, s:o}", "command", "lift", "service",
			    pack_service(&w->c.svc.key));
	if (classic_has(&w->c, OPT_SERVER))
		json_object_set_new(request, "server",
				    pack_place(&w->c.srv.addr, w->c.srv.port));
	answer = ask(s, w->socket, request);
	if (!answer)
		return RC_FAILED;
	n = number_of(answer, "lifted");
	json_decref(answer);
	if (n)
		return 0;
	complain(s, "nothing of it was changed by hand");
	return RC_FAILED;
}
