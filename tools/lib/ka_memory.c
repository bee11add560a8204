// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of one configuration, freed as a whole: pieces of chunks that grow, so
 * that thousands of servers cost what they are and what was only needed to read
 * them goes back.  With the address sanitizer every piece is a chunk of its own.
 */
#include "ka_parse.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ALONE
#endif
#endif
#ifdef ALONE
#define LEAST_CHUNK 0
#define MOST_CHUNK 0
#define ALIGN(size) (size)
#else
#define LEAST_CHUNK 1024
#define MOST_CHUNK (256 * 1024)
#define ALIGN(size) (((size) + sizeof(max_align_t) - 1) & \
		     ~(sizeof(max_align_t) - 1))
#endif

union chunk {
	union chunk *next;
	max_align_t align;
};

struct ka_memory {
	union chunk *chunks;
	char *at;		/* free, and zero */
	size_t left;
	size_t size;		/* of the next chunk */
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
	struct ka_memory *memory = must(calloc(1, sizeof(*memory)));

	memory->size = LEAST_CHUNK;
	return memory;
}

void ka_memory_destroy(struct ka_memory *memory)
{
	union chunk *chunk, *next;

	for (chunk = memory->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(memory);
}

static void add_chunk(struct ka_memory *memory, size_t least)
{
	size_t size = least > memory->size ? least : memory->size;
	union chunk *chunk = must(calloc(1, sizeof(*chunk) + size));

	chunk->next = memory->chunks;
	memory->chunks = chunk;
	memory->at = (char *)(chunk + 1);
	memory->left = size;
	if (memory->size < MOST_CHUNK)
		memory->size *= 2;
}

void *ka_alloc(struct ka_memory *memory, size_t size)
{
	char *piece;

	size = size ? ALIGN(size) : ALIGN(1);
	if (LEAST_CHUNK == 0 || memory->left < size)
		add_chunk(memory, size);
	piece = memory->at;
	memory->at += size;
	memory->left -= size;
	return piece;
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
