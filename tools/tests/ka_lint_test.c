// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the grammar allows and the lint does not: elections, services, scripts
 * and their permissions; and the exit status of --check.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ka_lvs.h"
#include "ka_vrrp.h"

#define INSTANCE "interface lo\nvirtual_router_id 1\n"
#define SERVICE "lb_kind DR\nlb_algo rr\nprotocol TCP\n"
#define SCRIPT(weight) "vrrp_script s {\nscript /bin/true\nuser nobody\n" \
	"weight " weight "\n}\n"
#define TRACK "track_script {\ns\n}\n"

static struct ka_conf *lint(const char *text)
{
	struct ka_conf *conf = ka_parse(text, strlen(text), "f", NULL);

	ka_lint(conf);
	return conf;
}

static const struct ka_message *find(const struct ka_conf *conf,
				     const char *part)
{
	size_t i;

	for (i = 0; i < conf->n_messages; i++)
		if (strstr(conf->messages[i].text, part))
			return &conf->messages[i];
	return NULL;
}

/* a file, and what is said of it; NULL: nothing at all */
static const struct {
	const char *name, *text, *said;
	enum ka_severity severity;
	unsigned int line;
} cases[] = {
	{ "nothing to say", SCRIPT("0") "vrrp_instance v {\n" INSTANCE
	  "virtual_ipaddress {\n10.0.0.1\n}\n" TRACK "}\n"
	  "virtual_server 10.0.0.1 80 {\n" SERVICE
	  "real_server 10.0.0.2 80 {\n}\n}\n", NULL, 0, 0 },
	{ "a step of the priority is told", SCRIPT("-2") "vrrp_instance v {\n"
	  INSTANCE TRACK "}\n",
	  "'v' falls from 100 to 98 when all that it tracks fails, and by 2 when only 's' does",
	  KA_NOTE, 10 },
	{ "positive weights count from above", SCRIPT("20")
	  "vrrp_instance v {\n" INSTANCE TRACK "}\n",
	  "'v' falls from 120 to 100", KA_NOTE, 10 },
	{ "reverse weights count from above", SCRIPT("-20 reverse")
	  "vrrp_instance v {\n" INSTANCE TRACK "}\n",
	  "'v' falls from 120 to 100", KA_NOTE, 10 },
	{ "an owner's priority never changes", SCRIPT("-2")
	  "vrrp_instance v {\n" INSTANCE "priority 255\n" TRACK "}\n",
	  "priority 255 is never changed: the weight of 's' has no effect",
	  KA_WARNING, 11 },
	{ "a weight below the least priority", SCRIPT("-10")
	  "vrrp_instance v {\n" INSTANCE "priority 1\n" TRACK "}\n",
	  "the weight of 's' has no effect on a priority of 1", KA_WARNING, 11 },
	{ "a weight above the greatest priority", SCRIPT("10")
	  "vrrp_instance v {\n" INSTANCE "priority 254\n" TRACK "}\n",
	  "the weight of 's' has no effect on a priority of 254", KA_WARNING, 11 },
	{ "weights with nopreempt", SCRIPT("-10") "vrrp_instance v {\n" INSTANCE
	  "nopreempt\n" TRACK "}\n", "weights move nothing", KA_WARNING, 6 },
	{ "a link that is not here", "vrrp_instance v {\ninterface none0\n"
	  "virtual_router_id 1\n}\n",
	  "'v' needs interface none0, which is not on this machine", KA_WARNING,
	  1 },
	{ "a tracked link that is not here", "vrrp_instance v {\n" INSTANCE
	  "track_interface {\nnone0\n}\n}\n",
	  "interface none0 is not on this machine", KA_WARNING, 5 },
	{ "a peer that is this machine", "vrrp_instance v {\n" INSTANCE
	  "unicast_peer {\n127.0.0.1\n}\n}\n", "this peer is this machine itself",
	  KA_ERROR, 5 },
	{ "a source that is not this machine's", "vrrp_instance v {\n" INSTANCE
	  "unicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.2\n}\n}\n",
	  "sends from an address that this machine has not", KA_WARNING, 1 },
	{ "an address of two instances", "vrrp_instance v {\n" INSTANCE
	  "virtual_ipaddress {\n10.0.0.1\n}\n}\nvrrp_instance w {\n"
	  "interface lo\nvirtual_router_id 2\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n",
	  "this address is also of vrrp_instance 'v', line 5", KA_WARNING, 12 },
	{ "a script that nothing tracks", SCRIPT("0"),
	  "nothing tracks vrrp_script 's'", KA_WARNING, 1 },
	{ "a timeout longer than the interval", "vrrp_script s {\n"
	  "script /bin/true\nuser nobody\ninterval 1\ntimeout 2\n}\n",
	  "may take longer (timeout) than its interval", KA_WARNING, 1 },
	{ "a user that is not here", "vrrp_script s {\nscript /bin/true\n"
	  "user nosuchuser\n}\n", "there is no user 'nosuchuser'", KA_ERROR, 2 },
	{ "a group that is not here", "vrrp_script s {\nscript /bin/true\n"
	  "user nobody nosuchgroup\n}\n", "there is no group 'nosuchgroup'",
	  KA_ERROR, 2 },
	{ "a script that is not here", "vrrp_script s {\n"
	  "script /nonexistent/x\nuser nobody\n}\n",
	  "/nonexistent: No such file", KA_ERROR, 2 },
	{ "a script that is a folder", "vrrp_script s {\nscript /usr/bin\n"
	  "user nobody\n}\n", "bin is not a file", KA_ERROR, 2 },
	{ "a bare name that no folder has", "vrrp_script s {\n"
	  "script nosuchprogram\nuser nobody\n}\n",
	  "'nosuchprogram' is in no folder of PATH", KA_ERROR, 2 },
	{ "a service without a server", "virtual_server 10.0.0.1 80 {\n" SERVICE
	  "}\n", "virtual_server 10.0.0.1 80 has no real_server", KA_WARNING, 1 },
	{ "servers without a weight", "virtual_server 10.0.0.1 80 {\n" SERVICE
	  "real_server 10.0.0.2 80 {\nweight 0\n}\n}\n",
	  "no real_server of virtual_server 10.0.0.1 80 has a weight",
	  KA_WARNING, 1 },
	{ "a server with the service's address", "virtual_server 10.0.0.1 80 {\n"
	  SERVICE "real_server 10.0.0.1 80 {\n}\n}\n",
	  "a real_server with the address of its virtual_server", KA_ERROR, 5 },
	{ "an address that no instance has", "vrrp_instance v {\n" INSTANCE
	  "}\nvirtual_server 10.0.0.1 80 {\n" SERVICE
	  "real_server 10.0.0.2 80 {\n}\n}\n",
	  "no vrrp_instance has 10.0.0.1: nothing brings it", KA_WARNING, 5 },
	{ "a check slower than its interval", "virtual_server 10.0.0.1 80 {\n"
	  SERVICE "delay_loop 1\nreal_server 10.0.0.2 80 {\nTCP_CHECK {\n"
	  "connect_timeout 3\n}\n}\n}\n",
	  "this check may take 3000 ms and is due every 1000 ms", KA_WARNING, 7 },
	{ "a script of a check slower than its interval",
	  "virtual_server 10.0.0.1 80 {\n" SERVICE
	  "delay_loop 1\nreal_server 10.0.0.2 80 {\nMISC_CHECK {\n"
	  "misc_path /bin/true\nmisc_timeout 2\nuser nobody\n}\n}\n}\n",
	  "this check may take 2000 ms and is due every 1000 ms", KA_WARNING, 7 },
	{ "mail without a server", "global_defs {\nnotification_email {\na@b\n}\n}\n",
	  "notification_email without smtp_server", KA_WARNING, 1 },
};

static void test_case(void **state)
{
	size_t i = (size_t)*state;
	struct ka_conf *conf = lint(cases[i].text);
	const struct ka_message *m;

	if (cases[i].said) {
		m = find(conf, cases[i].said);
		if (!m)
			ka_messages_print(conf, KA_NOTE, stdout);
		assert_non_null(m);
		assert_int_equal(m->severity, cases[i].severity);
		assert_int_equal(m->pos.line, cases[i].line);
	} else {
		ka_messages_print(conf, KA_NOTE, stdout);
		assert_int_equal(conf->n_messages, 0);
	}
	ka_free(conf);
}

static char folder[64], script[128];

static int make_script(void **state)
{
	FILE *out;

	(void)state;
	strcpy(folder, "/tmp/ka_lint_test.XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755))
		return -1;
	snprintf(script, sizeof(script), "%s/sub", folder);
	if (mkdir(script, 0755))
		return -1;
	strcat(script, "/chk.sh");
	out = fopen(script, "w");
	if (!out)
		return -1;
	fputs("#!/bin/sh\n", out);
	fclose(out);
	return chmod(script, 0755);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int remove_script(void **state)
{
	char sub[128];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	chmod(sub, 0755);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct ka_conf *lint_script(const char *user, const char *globals)
{
	char text[512];

	snprintf(text, sizeof(text), "global_defs {\n%s\n}\nvrrp_script s {\n"
		 "script \"%s a b\"\nuser %s\n}\nvrrp_instance v {\n" INSTANCE
		 TRACK "}\n", globals, script, user);
	return lint(text);
}

static void assert_script(const char *user, const char *said)
{
	struct ka_conf *conf = lint_script(user, "");
	const struct ka_message *m = said ? find(conf, said) : NULL;

	if (!said != !conf->n_of[KA_ERROR] || (said && !m))
		ka_messages_print(conf, KA_NOTE, stdout);
	assert_int_equal(conf->n_of[KA_ERROR], said ? 1 : 0);
	if (said) {
		assert_non_null(m);
		assert_int_equal(m->pos.line, 5);
	}
	ka_free(conf);
}

static void test_permissions(void **state)
{
	char said[512], sub[128];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	assert_script("nobody", NULL);
	chmod(script, 0744);
	snprintf(said, sizeof(said), "user nobody may not run it: %s has mode 0744 and belongs to",
		 script);
	assert_script("nobody", said);
	snprintf(said, sizeof(said), "; chmod o+x %s", script);
	assert_script("nobody", said);
	chmod(script, 0644);
	assert_script("root", "user root may not run it");
	chmod(script, 0755);
	chmod(sub, 0700);
	snprintf(said, sizeof(said), "user nobody may not go there: %s has mode 0700",
		 sub);
	assert_script("nobody", said);
	chmod(sub, 0755);
	assert_script("nobody", NULL);
}

/* A file that others can change is not run by root, if the file says so. */
static void test_security(void **state)
{
	struct ka_conf *conf;
	const struct ka_message *m;

	(void)state;
	chmod(script, 0757);
	conf = lint_script("root", "");
	m = find(conf, "root runs it, and others can change it");
	assert_non_null(m);
	assert_int_equal(m->severity, KA_WARNING);
	assert_int_equal(ka_exit_status(conf), KA_EXIT_OK);
	ka_free(conf);
	conf = lint_script("root", "enable_script_security");
	m = find(conf, "root runs it, and others can change it");
	assert_non_null(m);
	assert_true(m->script_security);
	assert_int_equal(ka_exit_status(conf), KA_EXIT_SCRIPT);
	ka_free(conf);
	conf = lint_script("nobody", "enable_script_security");
	assert_int_equal(ka_exit_status(conf), KA_EXIT_OK);
	ka_free(conf);
}

static int check(const char *text, char **said)
{
	char path[128];
	size_t len;
	FILE *out;
	int status;

	snprintf(path, sizeof(path), "%s/conf", folder);
	if (text) {
		out = fopen(path, "w");
		fputs(text, out);
		fclose(out);
	} else {
		unlink(path);
	}
	out = open_memstream(said, &len);
	status = ka_check(path, NULL, out);
	fclose(out);
	return status;
}

static void assert_check(const char *text, int status, const char *last)
{
	char *said, *end;

	assert_int_equal(check(text, &said), status);
	assert_true(strlen(said) > strlen(last));
	end = said + strlen(said) - strlen(last);
	assert_string_equal(end, last);
	free(said);
}

static void test_exit_status(void **state)
{
	(void)state;
	assert_check("vrrp_instance v {\n" INSTANCE "}\n", KA_EXIT_OK,
		     "conf: 1 vrrp_instance, 0 virtual_servers; 0 errors, 0 warnings, 0 notes\n");
	assert_check("vrrp_instance v {\n" INSTANCE "nat_mask\n}\n",
		     KA_EXIT_ERRORS,
		     "; 1 error, 0 warnings, 0 notes\n");
	assert_check("vrrp_instance v {\n}\n", KA_EXIT_CANNOT_RUN,
		     "; 1 error, 0 warnings, 0 notes\n");
	assert_check(NULL, KA_EXIT_CANNOT_RUN,
		     "; 1 error, 0 warnings, 0 notes\n");
	assert_check("", KA_EXIT_OK, "; 0 errors, 0 warnings, 0 notes\n");
}

/* However wrong the line is that has it. */
static void test_no_password(void **state)
{
	static const char *const lines[] = {
		"auth_pass hunter2", "auth_pass hunter2 hunter2",
		"auth_pass \"hunter2", "auth_pass hunter2#x hunter2",
		"auth_pas hunter2", "Auth_Pass hunter2", "password hunter2",
		"auth_type PASS auth_pass hunter2 priority 300",
		"auth_pass $SECRET$ELSE", "auth_pass {\nauth_pass hunter2\n}",
		"auth_pass hunter2hunter2", "auth_pass hunter2\nauth_pass hunter2",
		"\tauth_pass\thunter2 }}", "hunter2",
		"auth_type hunter2", "auth_type PASS hunter2", "\"hunter2\" {",
		"auth_passhunter2", "auth_pass=hunter2", "auth_type=hunter2", "auth_type hunter AH auth_pass hunter2",
	};
	char text[512], *said;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		print_message("# %s\n", lines[i]);
		snprintf(text, sizeof(text), "$SECRET=hunter2 # x\n"
			 "vrrp_instance v {\n" INSTANCE
			 "authentication {\n%s\n}\n}\n", lines[i]);
		check(text, &said);
		assert_null(strstr(said, "hunter2"));
		free(said);
	}
}

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test_setup_teardown(test_permissions, make_script,
						remove_script),
		cmocka_unit_test_setup_teardown(test_security, make_script,
						remove_script),
		cmocka_unit_test_setup_teardown(test_exit_status, make_script,
						remove_script),
		cmocka_unit_test_setup_teardown(test_no_password, make_script,
						remove_script),
	};
	struct CMUnitTest tests[N_CASES + 4] = { 0 };
	size_t i;

	for (i = 0; i < N_CASES; i++) {
		tests[i].name = cases[i].name;
		tests[i].test_func = test_case;
		tests[i].initial_state = (void *)i;
	}
	memcpy(tests + N_CASES, others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
