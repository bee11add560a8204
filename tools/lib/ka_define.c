// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Definitions: $NAME=text, over several lines where these end with a backslash,
 * and what ${NAME} or $NAME become.  Text is put in as it stands, also within
 * quotes; what nobody has defined stays.  Predefined: ${_PWD}, ${_INSTANCE},
 * ${_RANDOM [MIN] MAX}, ${_HASH}, ${_BANG}, ${_ENV NAME}.
 */
#include "ka_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct definition {
	struct definition *next;
	const char *name, *value;
	size_t name_len;
};

struct ka_definitions {
	struct ka_parser *p;
	struct definition *first;
	struct definition *open;	/* its last line ended with a backslash */
	size_t expanded;		/* bytes, in all */
	bool too_much;			/* has been said */
};

/* what ka_expand() writes to */
struct output {
	struct ka_definitions *d;
	const struct ka_line *line;
	const char *folder;
	struct ka_line made;
	size_t room;
	bool quoted, failed;
};

struct ka_definitions *ka_definitions_create(struct ka_parser *p)
{
	struct ka_definitions *d = ka_alloc(p->scratch, sizeof(*d));

	d->p = p;
	return d;
}

static size_t name_length(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

static struct definition *lookup(struct ka_definitions *d, const char *name,
				 size_t len)
{
	struct definition *def;

	for (def = d->first; def; def = def->next)
		if (def->name_len == len && !memcmp(def->name, name, len))
			return def;
	return NULL;
}

void ka_define(struct ka_definitions *d, const char *name, size_t name_len,
	       const char *value)
{
	struct definition *def = lookup(d, name, name_len);

	if (!def) {
		def = ka_alloc(d->p->scratch, sizeof(*def));
		def->name = ka_strndup(d->p->scratch, name, name_len);
		def->name_len = name_len;
		def->next = d->first;
		d->first = def;
	}
	def->value = ka_strdup(d->p->scratch, value);
}

static bool ends_open(const char *text, size_t *len)
{
	while (*len && isspace((unsigned char)text[*len - 1]))
		--*len;
	if (!*len || text[*len - 1] != '\\')
		return false;
	--*len;
	return true;
}

static void go_on(struct ka_definitions *d, const struct ka_line *line)
{
	size_t len = line->len;
	bool more = ends_open(line->text, &len);

	if (strlen(d->open->value) + len < KA_MAX_LINE)
		d->open->value = ka_printf(d->p->scratch, "%s\n%.*s",
					   d->open->value, (int)len, line->text);
	else
		ka_say_line(d->p, KA_ERROR, line, 0, 1,
			    "the rest of it is left out",
			    "a definition of more than %d bytes", KA_MAX_LINE);
	if (!more)
		d->open = NULL;
}

bool ka_define_line(struct ka_definitions *d, const struct ka_line *line)
{
	const char *name, *at;
	size_t name_len, len;
	bool more;

	if (d->open) {
		go_on(d, line);
		return true;
	}
	at = line->text + strspn(line->text, " \t");
	if (*at != '$')
		return false;
	name = at + 1;
	name_len = name_length(name);
	at = name + name_len;
	at += strspn(at, " \t");
	if (!name_len || *at != '=')
		return false;
	at++;
	at += strspn(at, " \t");
	len = line->len - (at - line->text);
	more = ends_open(at, &len);
	ka_define(d, name, name_len, ka_strndup(d->p->scratch, at, len));
	if (more)
		d->open = lookup(d, name, name_len);
	return true;
}

static void put(struct output *o, char c, unsigned int column)
{
	struct ka_line *made = &o->made;

	if (made->len + 1 >= o->room) {
		o->room = o->room ? 2 * o->room : 256;
		made->text = realloc(made->text, o->room);
		made->column = reallocarray(made->column, o->room,
					    sizeof(*made->column));
		if (!made->text || !made->column) {
			fputs("Memory allocation problem\n", stderr);
			exit(255);
		}
	}
	if (c == '"')
		o->quoted = !o->quoted;
	if (c == '\n')
		o->quoted = false;
	made->text[made->len] = c;
	made->column[made->len++] = column;
}

static bool spend(struct output *o)
{
	struct ka_definitions *d = o->d;

	if (d->expanded < KA_MAX_EXPANDED) {
		d->expanded++;
		return true;
	}
	if (!d->too_much)
		ka_say_line(d->p, KA_ERROR, o->line, 0, 1,
			    "no more definitions are put in",
			    "definitions become more than %u bytes in all",
			    KA_MAX_EXPANDED);
	d->too_much = true;
	return false;
}

static void fail_too_deep(struct output *o)
{
	ka_say_line(o->d->p, KA_ERROR, o->line, 0, 1, "the line is left out",
		    "definitions within definitions, too deep: one that uses itself?");
	o->failed = true;
	o->made.len = 0;
}

static const char *random_value(struct ka_definitions *d, const char *args)
{
	long min = 0, max = 32767, a, b;
	int n = sscanf(args, "%ld %ld", &a, &b);

	if (n == 1)
		max = a;
	if (n == 2) {
		min = a;
		max = b;
	}
	if (min < 0 || max < min || max > INT_MAX)
		return NULL;
	return ka_printf(d->p->scratch, "%ld",
			 min + arc4random_uniform(max - min + 1));
}

static const char *predefined(struct output *o, const char *name, size_t len,
			      const char *args)
{
	const struct ka_options *options = o->d->p->options;
	char env[256];

#define IS(word) (len == sizeof(word) - 1 && !memcmp(name, word, len))
	if (IS("_HASH"))
		return "#";
	if (IS("_BANG"))
		return "!";
	if (IS("_PWD"))
		return o->folder;
	if (IS("_INSTANCE"))
		return options->instance ? options->instance : "";
	if (IS("_RANDOM"))
		return random_value(o->d, args);
	if (IS("_ENV") && sscanf(args, "%255[A-Za-z0-9_]", env) == 1)
		return getenv(env);
#undef IS
	return NULL;
}

static void expand_text(struct output *o, const char *text, size_t len,
			const unsigned int *columns, unsigned int column,
			int depth);

/*
 * The definition that a '$' begins, or NULL; *used is the length of all of it.
 * A brace must be closed on the same line.  @top: this is the line's own text.
 */
static const char *value_at(struct output *o, const char *text, size_t len,
			    bool top, size_t *used)
{
	bool brace = len > 1 && text[1] == '{';
	const char *name = text + 1 + brace, *end, *args, *value;
	size_t name_len = name_length(name);
	struct definition *def;
	char arg[256] = "";

	if (!name_len || name + name_len > text + len)
		return NULL;
	*used = 1 + name_len;
	if (brace) {
		args = name + name_len;
		args += strspn(args, " \t");
		end = memchr(args, '}', text + len - args);
		if (!end || end - args >= (long)sizeof(arg) ||
		    memchr(args, '\n', end - args))
			return NULL;
		memcpy(arg, args, end - args);
		*used = end + 1 - text;
	}
	def = lookup(o->d, name, name_len);
	if (def)
		return def->value;
	value = predefined(o, name, name_len, arg);
	if (!value && brace && top && !o->quoted)
		ka_say_line(o->d->p, KA_WARNING, o->line, text - o->line->text,
			    *used, "it stays as it is",
			    "nothing defines '%.*s'", (int)name_len, name);
	return value;
}

static void expand_text(struct output *o, const char *text, size_t len,
			const unsigned int *columns, unsigned int column,
			int depth)
{
	const char *value;
	size_t i, used;

	for (i = 0; i < len && !o->failed; i++) {
		if (columns)
			column = columns[i];
		value = text[i] == '$' ?
			value_at(o, text + i, len - i, columns, &used) : NULL;
		if (value && depth >= KA_MAX_DEPTH) {
			fail_too_deep(o);
		} else if (value && spend(o)) {
			expand_text(o, value, strlen(value), NULL, column,
				    depth + 1);
			i += used - 1;
		} else if (columns || spend(o)) {
			put(o, text[i], column);
		} else {
			return;
		}
	}
}

/* Bytes from..to of a line as a line. */
struct ka_line ka_line_part(struct ka_parser *p, const struct ka_line *line,
			    size_t from, size_t to)
{
	struct ka_line part = *line;

	part.len = to - from;
	part.text = ka_strndup(p->line, line->text + from, part.len);
	part.column = ka_alloc(p->line, (part.len + 1) * sizeof(*part.column));
	memcpy(part.column, line->column + from,
	       (part.len + 1) * sizeof(*part.column));
	return part;
}

struct ka_line ka_expand(struct ka_definitions *d, const struct ka_line *line,
			 const char *folder)
{
	struct output o = { .d = d, .line = line, .folder = folder,
			    .made = *line };
	struct ka_line made;

	o.made.text = NULL;
	o.made.column = NULL;
	o.made.len = 0;
	expand_text(&o, line->text, line->len, line->column, 0, 0);
	put(&o, '\0', line->column[line->len]);
	o.made.len--;
	made = ka_line_part(d->p, &o.made, 0, o.made.len);
	free(o.made.text);
	free(o.made.column);
	return made;
}
