// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes of the looks at the VIP on a server and at its own address. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check_fixture.h"

static struct look *vip, *own;		/* that go on, or NULL */
static unsigned int verdicts;
static uint32_t mark;

static void *fake_start(struct look *look)
{
	if (look == &look->job->vip)
		vip = look;
	else
		own = look;
	mark = look_checker(look)->fwmark;
	return look;
}

static void fake_cancel(void *handle)
{
	if (handle == vip)
		vip = NULL;
	else
		own = NULL;
}

static const struct probe_ops fake = { "FAKE", fake_start, fake_cancel };

static void on_change(struct job *job)
{
	job->told_missing = job->vip_missing;
	verdicts++;
}

static void on_look(void)
{
}

static struct job *make(struct fixture *f)
{
	struct job *job;

	fixture_init(f, 1);
	f->checkers[0].probe = true;
	f->checkers[0].retry = 1;
	fixture_create(f);
	jobs.changed = on_change;
	jobs.looked = on_look;
	job = f->services.list[0].reals[0].jobs[0];
	job->ops = &fake;
	assert_non_null(job->path);
	assert_int_equal(job->path->state, PATH_NONE);
	job->path->state = PATH_OPEN;
	vip = NULL;
	own = NULL;
	verdicts = 0;
	return job;
}

/* As if the module had gone before. */
static void finish(struct fixture *f, struct job *job)
{
	job->path->state = PATH_NONE;
	fixture_free(f);
	paths_settle();
}

static void answer(struct look **look, const char *why)
{
	struct look *now = *look;

	assert_non_null(now);
	*look = NULL;
	if (why)
		look_failed(now, "%s", why);
	else
		look_passed(now);
}

/* Of a server of which nothing is known both are asked; the VIP decides. */
static void test_first_look(void **state)
{
	struct fixture f;
	struct job *job = make(&f);

	(void)state;
	assert_true(looks_begin(job));
	assert_non_null(own);
	answer(&vip, NULL);
	assert_null(own);
	assert_false(job->looking);
	assert_int_equal(job->check.verdict, CHECK_UP);
	finish(&f, job);
}

/* While it is up only the VIP is asked, until a failure would count. */
static void test_missing(void **state)
{
	struct fixture f;
	struct job *job = make(&f);

	(void)state;
	looks_begin(job);
	answer(&vip, NULL);
	looks_begin(job);
	assert_null(own);
	assert_int_equal(mark, job->path->probe.mark);
	answer(&vip, "timed out");
	assert_int_equal(job->check.verdict, CHECK_UP);
	assert_false(job->vip_missing);
	looks_begin(job);
	answer(&own, NULL);
	assert_true(job->looking);
	answer(&vip, "timed out");
	assert_int_equal(job->check.verdict, CHECK_DOWN);
	assert_true(job->vip_missing);
	assert_string_equal(job->why, "vip-missing: it answers on its own "
			    "address, not for 10.0.0.200: timed out");
	looks_begin(job);
	answer(&vip, NULL);
	assert_int_equal(job->check.verdict, CHECK_UP);
	assert_false(job->vip_missing);
	finish(&f, job);
}

/* Who answers nowhere is down, for the plain reason. */
static void test_down(void **state)
{
	struct fixture f;
	struct job *job = make(&f);

	(void)state;
	looks_begin(job);
	answer(&vip, "timed out");
	assert_true(job->looking);
	answer(&own, "refused");
	assert_int_equal(job->check.verdict, CHECK_DOWN);
	assert_false(job->vip_missing);
	assert_string_equal(job->why, "refused");
	/* and then it comes back without its VIP, which is news */
	verdicts = 0;
	looks_begin(job);
	answer(&own, NULL);
	answer(&vip, "timed out");
	assert_true(job->vip_missing);
	assert_int_equal(verdicts, 1);
	finish(&f, job);
}

static void test_no_path(void **state)
{
	struct fixture f;
	struct job *job = make(&f);

	(void)state;
	job->path->state = PATH_ASKED;
	assert_false(looks_begin(job));
	assert_null(vip);
	assert_null(own);
	job->path->state = PATH_REFUSED;
	assert_true(looks_begin(job));
	assert_null(vip);
	answer(&own, NULL);
	assert_int_equal(job->check.verdict, CHECK_UP);
	looks_begin(job);
	assert_int_equal(mark, 0);
	answer(&own, "refused");
	assert_string_equal(job->why, "refused");
	finish(&f, job);
}

/* What we lack says nothing of the server. */
static void test_no_descriptor(void **state)
{
	struct fixture f;
	struct job *job = make(&f);

	(void)state;
	looks_begin(job);
	look_error(vip, EMFILE);
	assert_null(own);
	assert_false(job->looking);
	assert_int_equal(job->check.verdict, CHECK_UNKNOWN);
	finish(&f, job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_look),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_no_path),
		cmocka_unit_test(test_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
