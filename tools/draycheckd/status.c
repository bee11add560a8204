// SPDX-License-Identifier: GPL-2.0-or-later
/* See status.h. */
#include "status.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "health.h"
#include "key_json.h"
#include "log.h"
#include "state.h"

#define REQUEST_MAX 4096
#define PATIENCE_S 10

static struct evconnlistener *listener;
static const char *path;

static json_t *error_json(const char *text)
{
	return json_pack("{s:i, s:s}", "schema", 1, "error", text);
}

static json_t *lift(struct daemon *d, const json_t *request)
{
	const json_t *named = json_object_get(request, "server");
	struct dray_server srv = { 0 };
	struct dray_key key;
	size_t n;

	if (!dray_key_unpack(json_object_get(request, "service"), &key))
		return error_json("lift needs a service");
	if (named && !dray_server_unpack(named, &srv))
		return error_json("the server is none");
	n = override_lift(&d->overrides, &key, named ? &srv : NULL);
	if (n) {
		log_info("%zu changes by hand are lifted", n);
		daemon_keep();
		kernel_later(&d->kernel);
	}
	return json_pack("{s:i, s:i}", "schema", 1, "lifted", (int)n);
}

static json_t *answer(struct daemon *d, const char *line)
{
	json_t *request = json_loads(line, 0, NULL), *made;
	const char *command =
		json_string_value(json_object_get(request, "command"));

	if (!command)
		made = error_json("a request is {\"command\": ...}");
	else if (!strcmp(command, "health"))
		made = health_json(d);
	else if (!strcmp(command, "lift"))
		made = lift(d, request);
	else
		made = error_json("no such command");
	json_decref(request);
	return made;
}

static void close_when_sent(struct bufferevent *bev, void *arg)
{
	(void)arg;
	bufferevent_free(bev);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

static void send_answer(struct daemon *d, struct bufferevent *bev,
			const char *line)
{
	json_t *made = answer(d, line);
	char *text = made ? json_dumps(made, JSON_COMPACT) : NULL;

	json_decref(made);
	bufferevent_disable(bev, EV_READ);
	bufferevent_setcb(bev, NULL, close_when_sent, on_end, NULL);
	evbuffer_add_printf(bufferevent_get_output(bev), "%s\n",
			    text ? text : "{}");
	free(text);
}

static void on_request(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF);

	if (line)
		send_answer(arg, bev, line);
	else if (evbuffer_get_length(in) > REQUEST_MAX)
		bufferevent_free(bev);
	free(line);
}

static void on_connection(struct evconnlistener *l, evutil_socket_t fd,
			  struct sockaddr *from, int len, void *arg)
{
	struct timeval patience = { PATIENCE_S, 0 };
	struct daemon *d = arg;
	struct bufferevent *bev;

	(void)l;
	(void)from;
	(void)len;
	bev = bufferevent_socket_new(d->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		close(fd);
		return;
	}
	bufferevent_set_timeouts(bev, &patience, &patience);
	bufferevent_setcb(bev, on_request, NULL, on_end, arg);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void make_folder(const char *file)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", file);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = 0;
	mkdir(folder, 0755);
}

void status_open(struct daemon *d)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	mode_t mask;

	path = d->options.socket;
	if (strlen(path) >= sizeof(to.sun_path)) {
		log_error("The socket's path %s is too long", path);
		return;
	}
	strcpy(to.sun_path, path);
	make_folder(path);
	unlink(path);
	mask = umask(077);
	listener = evconnlistener_new_bind(d->base, on_connection, d,
					   LEV_OPT_CLOSE_ON_FREE |
					   LEV_OPT_CLOSE_ON_EXEC, 16,
					   (struct sockaddr *)&to, sizeof(to));
	umask(mask);
	if (!listener)
		log_warning("%s cannot be listened at (%s): drayadm health "
			    "will not work", path, strerror(errno));
}

void status_close(void)
{
	if (!listener)
		return;
	evconnlistener_free(listener);
	unlink(path);
}
