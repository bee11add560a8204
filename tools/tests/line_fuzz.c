// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what reads files and command lines: a whole input as a configuration
 * file, and each of its lines as a restore line.  What was understood must be
 * writable, and readable again as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "save.h"

static char *save(const struct dray_table *table, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	save_write(out, table, true, true);
	fclose(out);
	return text;
}

static void check_round_trip(const struct conf *conf)
{
	size_t size, again_size;
	char *text = save(&conf->table, &size), *again;
	FILE *in = fmemopen(text, size, "r");
	struct conf second;

	if (conf_read(in, "saved", &second))
		abort();
	again = save(&second.table, &again_size);
	if (size != again_size || memcmp(text, again, size))
		abort();
	fclose(in);
	conf_free(&second);
	free(again);
	free(text);
}

static void as_file(const uint8_t *data, size_t size)
{
	FILE *in = fmemopen((void *)data, size, "r");
	struct conf conf;

	if (!conf_read(in, "file", &conf))
		check_round_trip(&conf);
	fclose(in);
	conf_free(&conf);
}

static void as_lines(const uint8_t *data, size_t size)
{
	static struct line line;
	static struct statement st;
	FILE *in = fmemopen((void *)data, size, "r");
	struct usage u;
	int got;

	line.number = 0;
	while ((got = line_read(in, &line, "drayadm", &u)))
		if (got > 0 && line_parse(&line, &st, &u))
			line_column(&line, u.word);
	fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	as_file(data, size);
	as_lines(data, size);
	return 0;
}
