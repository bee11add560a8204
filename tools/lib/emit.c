// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emitter: a stack of open JSON containers, or a stream for text.  Keys
 * are ignored inside an array.
 */
#include "emit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#define MAX_DEPTH 8

struct dray_emit {
	FILE *out;
	json_t *root;			/* NULL: text */
	json_t *stack[MAX_DEPTH];
	int depth;
	bool one_line;
};

static void *checked(void *p)
{
	if (!p) {
		fputs("Memory allocation problem\n", stderr);
		exit(255);
	}
	return p;
}

/* Takes the reference; a string that is not UTF-8 ends up as null. */
static void add(struct dray_emit *e, const char *key, json_t *value)
{
	json_t *top = e->stack[e->depth];

	if (!value)
		value = json_null();
	if (json_is_array(top))
		json_array_append_new(top, value);
	else
		json_object_set_new(top, key ? key : "value", value);
}

static void push(struct dray_emit *e, const char *key, json_t *container)
{
	add(e, key, checked(container));
	if (e->depth + 1 >= MAX_DEPTH)
		abort();
	e->stack[++e->depth] = container;
}

/* Everything goes into "data" until the document is closed. */
struct dray_emit *dray_emit_open(FILE *out, bool json, const char *kind,
				 enum dray_emit_data data)
{
	struct dray_emit *e = checked(calloc(1, sizeof(*e)));

	e->out = out;
	if (!json)
		return e;
	e->root = checked(json_object());
	e->stack[0] = e->root;
	add(e, "schema", json_integer(DRAY_SCHEMA));
	add(e, "kind", json_string(kind));
	/* its place; the number is known only when the kernel has answered */
	add(e, "generation", json_null());
	push(e, "data", data == DRAY_EMIT_ARRAY ? json_array() : json_object());
	return e;
}

void dray_emit_generation(struct dray_emit *e, uint32_t generation)
{
	if (e->root)
		json_object_set_new(e->root, "generation",
				    json_integer(generation));
}

/* One document a line, for streams. */
void dray_emit_line(struct dray_emit *e)
{
	e->one_line = true;
}

bool dray_emit_json(const struct dray_emit *e)
{
	return e->root;
}

/* Return: 0, or -1 if the output could not be written. */
int dray_emit_close(struct dray_emit *e)
{
	size_t flags = (e->one_line ? JSON_COMPACT : JSON_INDENT(2)) |
		       JSON_REAL_PRECISION(6);
	int rc = 0;

	if (e->root) {
		rc = json_dumpf(e->root, e->out, flags);
		fputc('\n', e->out);
		json_decref(e->root);
	}
	if (fflush(e->out) || ferror(e->out))
		rc = -1;
	free(e);
	return rc;
}

void dray_emit_array(struct dray_emit *e, const char *key)
{
	if (e->root)
		push(e, key, json_array());
}

void dray_emit_object(struct dray_emit *e, const char *key)
{
	if (e->root)
		push(e, key, json_object());
}

void dray_emit_end(struct dray_emit *e)
{
	if (e->root && e->depth > 1)
		e->depth--;
}

/* The formats come from our own call sites, each next to its value's type. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void dray_emit_str(struct dray_emit *e, const char *key, const char *format,
		   const char *value)
{
	if (e->root)
		add(e, key, value ? json_string(value) : json_null());
	else if (format)
		fprintf(e->out, format, value ? value : "-");
}

void dray_emit_num(struct dray_emit *e, const char *key, const char *format,
		   uint64_t value)
{
	if (e->root)
		add(e, key, json_integer((json_int_t)value));
	else if (format)
		fprintf(e->out, format, value);
}

/* jansson takes no infinity and no NaN: add() makes them null */
void dray_emit_real(struct dray_emit *e, const char *key, double value)
{
	if (e->root)
		add(e, key, json_real(value));
}

/* text is printed when the value is true */
void dray_emit_bool(struct dray_emit *e, const char *key, const char *text,
		    bool value)
{
	if (e->root)
		add(e, key, json_boolean(value));
	else if (text && value)
		fputs(text, e->out);
}

void dray_emit_text(struct dray_emit *e, const char *format, ...)
{
	va_list args;

	if (e->root)
		return;
	va_start(args, format);
	vfprintf(e->out, format, args);
	va_end(args);
}
