// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCRE2 is asked for partial matches: where one begins the window begins, less
 * what the pattern may look back at.  Not by its compiler for the CPU: memory
 * that is written and run is denied to the daemon.
 */
#include "regex.h"

#include <time.h>

#include "ka_regex.h"
#include "mem.h"

#define LEAST 4096
#define HEAP_KB 4096
#define ITEMS 64		/* of a pattern, between two looks at the clock */
#define TOO_LONG "its regex needs more than 64 KB of the page at once"

struct regex {
	const struct ka_regex *conf;
	pcre2_match_data *data;
	pcre2_match_context *context;
	bool utf, matched, decided;
	char why[120];		/* it cannot be told */
	uint8_t *window;
	size_t size;		/* of it */
	size_t len;		/* of what is in it */
	size_t start;		/* in it; before that is what is looked back at */
	uint64_t offset;	/* of it in the page */
	size_t keep;		/* bytes before a start */
	unsigned int items;
	uint64_t spent_ns, began_ns;
};

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Before each item of the pattern. */
static int on_item(pcre2_callout_block *block, void *arg)
{
	struct regex *r = arg;

	(void)block;
	if (++r->items % ITEMS)
		return 0;
	return r->spent_ns + cpu_ns() - r->began_ns > REGEX_MS * 1000000ull ?
	       PCRE2_ERROR_MATCHLIMIT : 0;
}

/* Of its own: the pattern's is the configuration's, which frees nothing. */
static pcre2_general_context *memory(void)
{
	static pcre2_general_context *own;

	if (!own)
		own = pcre2_general_context_create(NULL, NULL, NULL);
	if (!own)
		abort();
	return own;
}

struct regex *regex_begin(const struct ka_regex *conf)
{
	struct regex *r = mem_zero(1, sizeof(*r));
	uint32_t bits, back;

	r->conf = conf;
	r->size = LEAST;
	r->window = mem_zero(1, r->size);
	r->data = pcre2_match_data_create_from_pattern(conf->code, memory());
	r->context = pcre2_match_context_create(memory());
	if (!r->data || !r->context)
		abort();
	pcre2_set_callout(r->context, on_item, r);
	pcre2_set_heap_limit(r->context, conf->stack / 1024 > HEAP_KB ?
			     conf->stack / 1024 : HEAP_KB);
	pcre2_pattern_info(conf->code, PCRE2_INFO_ALLOPTIONS, &bits);
	pcre2_pattern_info(conf->code, PCRE2_INFO_MAXLOOKBEHIND, &back);
	r->utf = bits & PCRE2_UTF;
	/* with one at least, where the window begins is not where the page does */
	r->keep = (back ? back : 1) * (r->utf ? 4 : 1);
	return r;
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	free(r->window);
	free(r);
}

static void give_up(struct regex *r, int error)
{
	r->decided = true;
	if (error == PCRE2_ERROR_MATCHLIMIT)
		snprintf(r->why, sizeof(r->why),
			 "its regex takes more than %d ms", REGEX_MS);
	else
		pcre2_get_error_message(error, (PCRE2_UCHAR *)r->why,
					sizeof(r->why));
}

/* What is before @at cannot begin a match. */
static void forget(struct regex *r, size_t at)
{
	size_t cut = at > r->keep ? at - r->keep : 0;

	r->start = at - cut;
	r->offset += cut;
	r->len -= cut;
	memmove(r->window, r->window + cut, r->len);
}

/* Bytes of the window without a character at its end that is not yet whole. */
static size_t whole(const struct regex *r)
{
	size_t i;
	uint8_t c;

	for (i = 1; r->utf && i <= 3 && i <= r->len; i++) {
		c = r->window[r->len - i];
		if ((c & 0xc0) == 0x80)
			continue;
		return c >= (i == 1 ? 0xc0 : i == 2 ? 0xe0 : 0xf0) ?
		       r->len - i : r->len;
	}
	return r->len;
}

static int match(struct regex *r, size_t len, uint32_t options)
{
	int rc;

	if (r->offset)
		options |= PCRE2_NOTBOL;
	r->began_ns = cpu_ns();
	rc = pcre2_match(r->conf->code, r->window, len, r->start, options,
			 r->data, r->context);
	r->spent_ns += cpu_ns() - r->began_ns;
	return rc;
}

static void try(struct regex *r, size_t len, uint32_t options)
{
	const size_t *at = pcre2_get_ovector_pointer(r->data);
	int rc;

	if (r->offset + r->start < r->conf->min)
		r->start = r->conf->min - r->offset < len ?
			   r->conf->min - r->offset : len;
	if (r->offset + r->start < r->conf->min) {
		forget(r, len);
		return;
	}
	rc = match(r, len, options);
	if (rc == PCRE2_ERROR_PARTIAL)
		forget(r, at[0]);
	else if (rc == PCRE2_ERROR_NOMATCH)
		forget(r, len);
	else if (rc < 0)
		give_up(r, rc);
	else
		r->matched = r->decided = true;
	/* PCRE2 finds the first; where it may begin decides */
	if (r->matched)
		r->matched = r->offset + at[0] <= r->conf->max;
	if (r->offset + r->start > r->conf->max)
		r->decided = true;
}

/* Return: how much of it there was room for. */
static size_t fill(struct regex *r, const uint8_t *data, size_t n)
{
	while (r->size < REGEX_WINDOW && r->size - r->len < n)
		r->size *= 2;
	r->window = realloc(r->window, r->size);
	if (!r->window)
		abort();
	if (n > r->size - r->len)
		n = r->size - r->len;
	memcpy(r->window + r->len, data, n);
	r->len += n;
	return n;
}

void regex_add(struct regex *r, const void *data, size_t n)
{
	const uint8_t *from = data;
	size_t some;

	while (n && !r->decided) {
		some = fill(r, from, n);
		from += some;
		n -= some;
		try(r, whole(r), PCRE2_PARTIAL_HARD);
		if (r->decided || r->len < REGEX_WINDOW)
			continue;
		r->decided = true;
		snprintf(r->why, sizeof(r->why), TOO_LONG);
	}
}

/* There is no more of the page. */
void regex_end(struct regex *r)
{
	if (!r->decided)
		try(r, r->len, 0);
	r->decided = true;
}

/* Whether the rest of the page does not matter. */
bool regex_decided(const struct regex *r)
{
	return r->decided;
}

/* Return: NULL if the page is as it should be, else why not. */
const char *regex_judge(const struct regex *r)
{
	if (r->why[0])
		return r->why;
	if (r->matched == !r->conf->no_match)
		return NULL;
	return r->matched ? "its regex matches" : "its regex does not match";
}
