// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connecting, with loading the module when it is missing, and the words for
 * refusals: ipvsadm's where it has any, and the kernel's reason behind them.
 */
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODPROBE "/sbin/modprobe"

static void prefix(const struct session *s)
{
	fflush(stdout);
	if (s->file && s->line)
		fprintf(stderr, "%s:%u: ", s->file, s->line);
	else if (s->line)
		fprintf(stderr, "line %u: ", s->line);
	else if (s->file)
		fprintf(stderr, "%s: ", s->file);
}

void complain(const struct session *s, const char *format, ...)
{
	va_list args;

	prefix(s);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Worth knowing, but nothing failed. */
void note(const struct session *s, const char *format, ...)
{
	va_list args;

	prefix(s);
	fputs("note: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* modprobe's own complaints would only repeat ours */
static bool load_module(void)
{
	pid_t child;
	int status;

	if (access(MODPROBE, X_OK))
		return false;
	child = fork();
	if (child < 0)
		return false;
	if (!child) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		execl(MODPROBE, MODPROBE, "--", "dray", (char *)NULL);
		_exit(1);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int cannot(const struct session *s, int err)
{
	complain(s, "Can't initialize dray: %s", errno_text(CMD_NONE, err));
	fputs(err == EPERM ?
	      "Reading the configuration needs CAP_NET_ADMIN, too.\n" :
	      "Are you sure that the dray module is installed?  "
	      "Try: modprobe dray\n", stderr);
	return RC_USAGE;
}

/* One question, which the kernel answers only to those who may ask others. */
static int probe(struct session *s)
{
	struct dray_config config;
	int rc = dray_config_read(&s->nl, &config);

	free(config.hooks);
	return rc;
}

/* Return: 0, or the exit code, with everything said. */
int session_connect(struct session *s)
{
	int rc;

	if (s->connected)
		return 0;
	rc = dray_nl_open(&s->nl);
	if (rc && load_module())
		rc = dray_nl_open(&s->nl);
	if (rc)
		return cannot(s, geteuid() ? EPERM : ENOPROTOOPT);
	s->connected = true;
	rc = probe(s);
	return rc ? cannot(s, -rc) : 0;
}

void session_close(struct session *s)
{
	if (s->connected)
		dray_nl_close(&s->nl);
	s->connected = false;
}

static const char *command_text(enum classic_cmd cmd, int err)
{
	static const struct {
		enum classic_cmd cmd;
		int err;
		const char *text;
	} texts[] = {
		{ CMD_ADD_SERVICE, EEXIST, "Service already exists" },
		{ CMD_ADD_SERVICE, ENOENT,
		  "Scheduler or persistence engine not found" },
		{ CMD_EDIT_SERVICE, ENOENT,
		  "Scheduler or persistence engine not found" },
		{ CMD_EDIT_SERVICE, ESRCH, "No such service" },
		{ CMD_DEL_SERVICE, ESRCH, "No such service" },
		{ CMD_ZERO, ESRCH, "No such service" },
		{ CMD_LIST, ESRCH, "No such service" },
		{ CMD_ADD_SERVER, ESRCH, "Service not defined" },
		{ CMD_EDIT_SERVER, ESRCH, "Service not defined" },
		{ CMD_DEL_SERVER, ESRCH, "Service not defined" },
		{ CMD_ADD_SERVER, EEXIST, "Destination already exists" },
		{ CMD_EDIT_SERVER, ENOENT, "No such destination" },
		{ CMD_DEL_SERVER, ENOENT, "No such destination" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].cmd == cmd && texts[i].err == err)
			return texts[i].text;
	return NULL;
}

const char *errno_text(enum classic_cmd cmd, int err)
{
	const char *text = command_text(cmd, err);

	if (text)
		return text;
	switch (err) {
	case EPERM:
		return "Permission denied (you must be root)";
	case EINVAL:
		return "Invalid operation.  Possibly wrong module version, "
		       "address not unicast, ...";
	case ENOPROTOOPT:
		return "Protocol not available";
	case ENOMEM:
		return "Memory allocation problem";
	case EOPNOTSUPP:
		return "Operation not supported with IPv6";
	case EAFNOSUPPORT:
		return "Operation not supported with specified address family";
	case EMSGSIZE:
		return "Module is wrong version";
	case ESTALE:
		return "The configuration has been changed by somebody else; "
		       "nothing was done";
	}
	return strerror(err);
}

/* "weight is out of range (server.weight)", or NULL if the kernel was mute */
const char *errno_reason(const struct dray_error *error, char *buf, size_t len)
{
	if (!error->text[0])
		return NULL;
	if (error->attr[0])
		snprintf(buf, len, "%s (%s)", error->text, error->attr);
	else
		snprintf(buf, len, "%s", error->text);
	return buf;
}

/* For the commands that ipvsadm does not have: the reason comes first. */
int session_failed(const struct session *s, const char *what)
{
	char buf[320];
	const char *reason = errno_reason(&s->nl.error, buf, sizeof(buf));

	complain(s, "%s: %s", what,
		 reason ? reason : errno_text(CMD_NONE, s->nl.error.err));
	return RC_FAILED;
}
