// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of one configuration: every object is its own allocation, so that a
 * sanitizer sees each, and all are freed together.
 */
#include "ka_parse.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

union ka_piece {
	union ka_piece *next;
	max_align_t align;
};

struct ka_memory {
	union ka_piece *pieces;
};

static void *must(void *got)
{
	if (!got) {
		fputs("Memory allocation problem\n", stderr);
		exit(255);
	}
	return got;
}

struct ka_memory *ka_memory_create(void)
{
	return must(calloc(1, sizeof(struct ka_memory)));
}

void ka_memory_destroy(struct ka_memory *memory)
{
	union ka_piece *piece, *next;

	for (piece = memory->pieces; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
	free(memory);
}

void *ka_alloc(struct ka_memory *memory, size_t size)
{
	union ka_piece *piece = must(calloc(1, sizeof(*piece) + size));

	piece->next = memory->pieces;
	memory->pieces = piece;
	return piece + 1;
}

char *ka_strndup(struct ka_memory *memory, const char *text, size_t len)
{
	char *copy = ka_alloc(memory, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *ka_strdup(struct ka_memory *memory, const char *text)
{
	return ka_strndup(memory, text, strlen(text));
}

static char *vprintf_into(struct ka_memory *memory, const char *format,
			  va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = ka_alloc(memory, len + 1);
	vsnprintf(text, len + 1, format, args);
	return text;
}

char *ka_printf(struct ka_memory *memory, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = vprintf_into(memory, format, args);
	va_end(args);
	return text;
}

void *ka_grow(struct ka_memory *memory, void *array, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return array;
	grown = ka_alloc(memory, (n ? 2 * n : 1) * size);
	if (n)
		memcpy(grown, array, n * size);
	return grown;
}
