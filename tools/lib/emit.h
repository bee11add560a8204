/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call, two outputs: text as it goes, or one JSON document at the end:
 *
 *	{ "schema": 1, "kind": "services", "generation": 7, "data": ... }
 *
 * Every value has a key for JSON and a printf format for text; a NULL format
 * keeps the value out of the text, dray_emit_text() is never in the JSON.
 * Names in the JSON do not change within a schema number.
 */
#ifndef DRAY_EMIT_H
#define DRAY_EMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define DRAY_SCHEMA 1

struct dray_emit;

enum dray_emit_data { DRAY_EMIT_OBJECT, DRAY_EMIT_ARRAY };

struct dray_emit *dray_emit_open(FILE *out, bool json, const char *kind,
				 enum dray_emit_data data);
void dray_emit_generation(struct dray_emit *e, uint32_t generation);
void dray_emit_line(struct dray_emit *e);
int dray_emit_close(struct dray_emit *e);
bool dray_emit_json(const struct dray_emit *e);

void dray_emit_array(struct dray_emit *e, const char *key);
void dray_emit_object(struct dray_emit *e, const char *key);
void dray_emit_end(struct dray_emit *e);

void dray_emit_str(struct dray_emit *e, const char *key, const char *format,
		   const char *value);
void dray_emit_num(struct dray_emit *e, const char *key, const char *format,
		   uint64_t value);
/* in the JSON only; what is no number is null */
void dray_emit_real(struct dray_emit *e, const char *key, double value);
void dray_emit_bool(struct dray_emit *e, const char *key, const char *text,
		    bool value);
void dray_emit_text(struct dray_emit *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
