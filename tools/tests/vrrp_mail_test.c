// SPDX-License-Identifier: GPL-2.0-or-later
/* A mail to a server that is here. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mail.h"

static char url[64];
static int server;

static int setup(void **state)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(here);

	(void)state;
	/* a child that cannot connect would leave accept() waiting */
	alarm(60);
	server = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server, (struct sockaddr *)&here, len) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&here, &len))
		return -1;
	snprintf(url, sizeof(url), "smtp://127.0.0.1:%d/here",
		 ntohs(here.sin_port));
	return 0;
}

/* Says yes to everything; what it was told is in @said. */
static void serve(char *said, size_t size)
{
	FILE *f = fdopen(accept(server, NULL, NULL), "r+");
	bool data = false;
	char line[512];

	assert_non_null(f);
	said[0] = '\0';
	fputs("220 here\r\n", f);
	while (fseek(f, 0, SEEK_CUR), fgets(line, sizeof(line), f)) {
		strncat(said, line, size - strlen(said) - 1);
		if (data && strcmp(line, ".\r\n"))
			continue;
		data = !strncasecmp(line, "DATA", 4);
		fseek(f, 0, SEEK_CUR);
		fputs(data ? "354 go on\r\n" : "250 yes\r\n", f);
		if (!strncasecmp(line, "QUIT", 4))
			break;
	}
	fclose(f);
}

static void test_a_mail_is_sent_and_nothing_is_loaded_before(void **state)
{
	static char *const words[] = {
		url, "5000", "here@example.com", "a subject", "a body",
		"one@example.com", "two@example.com",
	};
	static char said[8192];
	int status;
	pid_t pid;

	(void)state;
	assert_null(dlopen(LIBCURL, RTLD_NOW | RTLD_NOLOAD));
	pid = fork();
	if (!pid)
		_exit(mail_send(words, sizeof(words) / sizeof(words[0])));
	serve(said, sizeof(said));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_non_null(strstr(said, "EHLO here"));
	assert_non_null(strstr(said, "MAIL FROM:<here@example.com>"));
	assert_non_null(strstr(said, "RCPT TO:<one@example.com>"));
	assert_non_null(strstr(said, "RCPT TO:<two@example.com>"));
	assert_non_null(strstr(said, "Subject: a subject\r\n"));
	assert_non_null(strstr(said, "\r\n\r\na body\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_mail_is_sent_and_nothing_is_loaded_before),
	};

	return cmocka_run_group_tests_name("vrrp_mail", tests, setup, NULL);
}
